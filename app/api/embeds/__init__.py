"""Short forms of each resource, for embedding in others, and the selects that fill them.

Resources never import one another; what two of them show stands here.
"""

from app.api.embeds.articles import ArticleRef, article_ref, articles_about, public
from app.api.embeds.crew import CrewAssignmentRead, crew_assignments
from app.api.embeds.launch_events import launch_events
from app.api.embeds.launches import (
    LaunchRef,
    LaunchSummary,
    launch_ref,
    launch_summary,
    outcome_note,
)
from app.api.embeds.missions import MissionRef, mission_ref
from app.api.embeds.people import PersonRef, person_ref
from app.api.read_models import At, Shape, Source

__all__ = [
    "ArticleRef",
    "At",
    "CrewAssignmentRead",
    "LaunchRef",
    "LaunchSummary",
    "MissionRef",
    "PersonRef",
    "Shape",
    "Source",
    "article_ref",
    "articles_about",
    "crew_assignments",
    "launch_events",
    "launch_ref",
    "launch_summary",
    "mission_ref",
    "outcome_note",
    "person_ref",
    "public",
]
