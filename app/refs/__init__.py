"""Short forms of each resource, for embedding in others, and the selects that fill them.

Resources never import one another; what two of them show stands here.
"""

from app.refs.articles import ArticleRef, article_ref, public
from app.refs.base import At, Shape, Source
from app.refs.calendar import launch_events
from app.refs.crew import CrewAssignmentRead, crew_assignments
from app.refs.launches import (
    LaunchRef,
    LaunchSummary,
    launch_ref,
    launch_summary,
    outcome_note,
)
from app.refs.missions import MissionRef, mission_ref
from app.refs.people import PersonRef, person_ref

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
    "crew_assignments",
    "launch_events",
    "launch_ref",
    "launch_summary",
    "mission_ref",
    "outcome_note",
    "person_ref",
    "public",
]
