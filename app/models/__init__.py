"""Every table of the archive."""

from app.models.articles import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleState,
    ArticleTag,
)
from app.models.base import Base, Recorded
from app.models.changes import AuditEntry, Change, FormerSlug, RecordType, Restoration, record_type
from app.models.days import ArticleDay
from app.models.keys import ApiKey, KeptAnswer, Scope
from app.models.launches import (
    Launch,
    LaunchSlip,
    LaunchStatus,
    Site,
    Spacecraft,
    SpacecraftKind,
    Vehicle,
)
from app.models.missions import (
    CrewAssignment,
    CrewRole,
    LaunchRelation,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
)
from app.models.origins import Origin
from app.models.people import Flight, Person, ShipRole
from app.models.search import SearchDocument, SearchWord
from app.models.sources import Source, SourceFormat
from app.models.webhooks import Webhook

__all__ = [
    "ApiKey",
    "Article",
    "ArticleDay",
    "ArticleLaunch",
    "ArticleMission",
    "ArticlePerson",
    "ArticleState",
    "ArticleTag",
    "AuditEntry",
    "Base",
    "Change",
    "CrewAssignment",
    "CrewRole",
    "Flight",
    "FormerSlug",
    "KeptAnswer",
    "Launch",
    "LaunchRelation",
    "LaunchSlip",
    "LaunchStatus",
    "Mission",
    "MissionAlias",
    "MissionLaunch",
    "MissionTask",
    "Origin",
    "Person",
    "RecordType",
    "Recorded",
    "Restoration",
    "Scope",
    "SearchDocument",
    "SearchWord",
    "ShipRole",
    "Site",
    "Source",
    "SourceFormat",
    "Spacecraft",
    "SpacecraftKind",
    "Vehicle",
    "Webhook",
    "record_type",
]
