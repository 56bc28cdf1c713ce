"""Tables of the database."""

from app.db.models.agencies import Agency, AgencyName, agency_key, agency_keys
from app.db.models.api_keys import ApiKey, IdempotentResponse
from app.db.models.articles import (
    ARTICLE_LINKS,
    Article,
    ArticleLaunch,
    ArticleLink,
    ArticleMission,
    ArticlePerson,
    ArticlePicture,
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
    Payload,
)
from app.db.models.media import IllustratedRecord, Media
from app.db.models.missions import (
    CrewAssignment,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
    mission_number,
)
from app.db.models.modules import Module, ModuleAttachment, ModuleOwner, Port
from app.db.models.people import Flight, Person, PersonNationality
from app.db.models.preview_links import PreviewLink
from app.db.models.search import SearchDocument, SearchWord
from app.db.models.sites import Pad, Site, name_slugs
from app.db.models.sources import FeedSource, SourceHost
from app.db.models.spacecraft import Spacecraft, SpacecraftType
from app.db.models.spacewalks import Spacewalk, SpacewalkMember
from app.db.models.stays import Stay
from app.db.models.user_sessions import UserSession
from app.db.models.vehicles import Vehicle, vehicle_slug
from app.db.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "ARTICLE_LINKS",
    "Agency",
    "AgencyName",
    "ApiKey",
    "Article",
    "ArticleDailyCounts",
    "ArticleLaunch",
    "ArticleLink",
    "ArticleMission",
    "ArticlePerson",
    "ArticlePicture",
    "ArticleTag",
    "AuditEntry",
    "Base",
    "CrewAssignment",
    "FeedSource",
    "Flight",
    "FormerSlug",
    "Horizon",
    "IdempotentResponse",
    "IllustratedRecord",
    "ImportOrigin",
    "Launch",
    "LaunchSlip",
    "Media",
    "Mission",
    "MissionAlias",
    "MissionLaunch",
    "MissionTask",
    "Module",
    "ModuleAttachment",
    "ModuleOwner",
    "Pad",
    "Payload",
    "Person",
    "PersonNationality",
    "Port",
    "PreviewLink",
    "Proposal",
    "RecordChange",
    "Restoration",
    "SearchDocument",
    "SearchWord",
    "Site",
    "SourceHost",
    "Spacecraft",
    "SpacecraftType",
    "Spacewalk",
    "SpacewalkMember",
    "Stay",
    "UserSession",
    "Vehicle",
    "VersionedRecord",
    "Webhook",
    "WebhookDelivery",
    "agency_key",
    "agency_keys",
    "mission_number",
    "name_slugs",
    "stored_id",
    "vehicle_slug",
]
