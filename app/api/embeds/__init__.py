"""Short forms of each resource, for embedding in others, and the selects that fill them.

Resources never import one another; what two of them show stands here.
"""

from app.api.embeds.articles import (
    ArticleRef,
    article_is_public,
    describe_referring_articles,
    select_article_ref,
)
from app.api.embeds.crew import CrewAssignmentRead, select_crew_assignments
from app.api.embeds.launch_events import list_launch_events
from app.api.embeds.launches import (
    LaunchRef,
    LaunchSummary,
    localize_outcome_note,
    select_launch_ref,
    select_launch_summary,
)
from app.api.embeds.missions import MissionRef, select_mission_ref
from app.api.embeds.people import PersonRef, select_person_ref
from app.api.read_models import ReadModel, Source, UtcInstant

__all__ = [
    "ArticleRef",
    "CrewAssignmentRead",
    "LaunchRef",
    "LaunchSummary",
    "MissionRef",
    "PersonRef",
    "ReadModel",
    "Source",
    "UtcInstant",
    "article_is_public",
    "describe_referring_articles",
    "list_launch_events",
    "localize_outcome_note",
    "select_article_ref",
    "select_crew_assignments",
    "select_launch_ref",
    "select_launch_summary",
    "select_mission_ref",
    "select_person_ref",
]
