"""Every table of the archive."""

from app.db.models.api_keys import ApiKey, KeptAnswer, Scope
from app.db.models.articles import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleState,
    ArticleTag,
)
from app.db.models.base import Base, Recorded
from app.db.models.changes import (
    AuditEntry,
    Change,
    FormerSlug,
    RecordType,
    Restoration,
    record_type,
)
from app.db.models.days import ArticleDay
from app.db.models.import_origins import Origin
from app.db.models.launches import (
    Launch,
    LaunchSlip,
    LaunchStatus,
    Site,
    Spacecraft,
    SpacecraftKind,
    Vehicle,
)
from app.db.models.missions import (
    CrewAssignment,
    CrewRole,
    LaunchRelation,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
)
from app.db.models.people import Flight, Person, ShipRole
from app.db.models.search import SearchDocument, SearchWord
from app.db.models.sources import Source, SourceFormat
from app.db.models.webhooks import Webhook

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
