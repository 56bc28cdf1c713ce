"""Every table of the archive."""

from app.db.models.api_keys import ApiKey, IdempotentResponse, Scope
from app.db.models.articles import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleState,
    ArticleTag,
)
from app.db.models.base import Base, VersionedRecord
from app.db.models.changes import (
    AuditEntry,
    FormerSlug,
    RecordChange,
    RecordType,
    Restoration,
    get_record_type,
)
from app.db.models.days import ArticleDailyCounts
from app.db.models.import_origins import ImportOrigin
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
from app.db.models.sources import FeedSource, SourceFormat
from app.db.models.webhooks import Webhook

__all__ = [
    "ApiKey",
    "Article",
    "ArticleDailyCounts",
    "ArticleLaunch",
    "ArticleMission",
    "ArticlePerson",
    "ArticleState",
    "ArticleTag",
    "AuditEntry",
    "Base",
    "CrewAssignment",
    "CrewRole",
    "FeedSource",
    "Flight",
    "FormerSlug",
    "IdempotentResponse",
    "ImportOrigin",
    "Launch",
    "LaunchRelation",
    "LaunchSlip",
    "LaunchStatus",
    "Mission",
    "MissionAlias",
    "MissionLaunch",
    "MissionTask",
    "Person",
    "RecordChange",
    "RecordType",
    "Restoration",
    "Scope",
    "SearchDocument",
    "SearchWord",
    "ShipRole",
    "Site",
    "SourceFormat",
    "Spacecraft",
    "SpacecraftKind",
    "Vehicle",
    "VersionedRecord",
    "Webhook",
    "get_record_type",
]
