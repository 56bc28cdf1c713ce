"""Tables of the database."""

from app.db.models.api_keys import ApiKey, IdempotentResponse
from app.db.models.articles import (
    ARTICLE_LINKS,
    Article,
    ArticleLaunch,
    ArticleLink,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
)
from app.db.models.base import Base, VersionedRecord, stored_id
from app.db.models.changes import AuditEntry, FormerSlug, RecordChange, Restoration
from app.db.models.day_counts import ArticleDailyCounts
from app.db.models.horizon import Horizon
from app.db.models.import_origins import ImportOrigin, Proposal
from app.db.models.launches import (
    Launch,
    LaunchSlip,
    Spacecraft,
    Vehicle,
    vehicle_slug,
)
from app.db.models.missions import (
    CrewAssignment,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
    mission_number,
)
from app.db.models.modules import Module, ModuleAttachment, Port
from app.db.models.people import Flight, Person, agency_slug
from app.db.models.search import SearchDocument, SearchWord
from app.db.models.sites import Pad, Site, name_slugs
from app.db.models.sources import FeedSource, SourceHost
from app.db.models.spacewalks import Spacewalk, SpacewalkMember, operator_slug
from app.db.models.stays import Stay
from app.db.models.webhooks import Webhook

__all__ = [
    "ARTICLE_LINKS",
    "ApiKey",
    "Article",
    "ArticleDailyCounts",
    "ArticleLaunch",
    "ArticleLink",
    "ArticleMission",
    "ArticlePerson",
    "ArticleTag",
    "AuditEntry",
    "Base",
    "CrewAssignment",
    "FeedSource",
    "Flight",
    "FormerSlug",
    "Horizon",
    "IdempotentResponse",
    "ImportOrigin",
    "Launch",
    "LaunchSlip",
    "Mission",
    "MissionAlias",
    "MissionLaunch",
    "MissionTask",
    "Module",
    "ModuleAttachment",
    "Pad",
    "Person",
    "Port",
    "Proposal",
    "RecordChange",
    "Restoration",
    "SearchDocument",
    "SearchWord",
    "Site",
    "SourceHost",
    "Spacecraft",
    "Spacewalk",
    "SpacewalkMember",
    "Stay",
    "Vehicle",
    "VersionedRecord",
    "Webhook",
    "agency_slug",
    "mission_number",
    "name_slugs",
    "operator_slug",
    "stored_id",
    "vehicle_slug",
]
