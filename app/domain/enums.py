"""Enumerations of the domain: record types, states, roles, scopes."""

from enum import StrEnum
from typing import Self


class RecordType(StrEnum):
    """Types of records."""

    search_rank: int
    """Rank in search results, from 0 on; records of a higher rank come first.

    Index keys contain the rank: run `zarya reindex` after a change.
    """

    scheduled: bool
    """Records are public only from their date on."""

    def __new__(cls, value: str, search_rank: int = -1, scheduled: bool = False) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.search_rank = search_rank
        member.scheduled = scheduled
        return member

    MISSION = "mission", 9
    PERSON = "person", 7
    LAUNCH = "launch", 5
    ARTICLE = "article", 1, True
    MODULE = "module", 8
    STAY = "stay", 2
    SPACEWALK = "spacewalk", 6
    MEDIA = "media", 0
    AGENCY = "agency", 10
    VEHICLE = "vehicle", 11
    SPACECRAFT_TYPE = "spacecraft_type", 4
    SPACECRAFT = "spacecraft", 3
    SITE = "site", 12


class AuditTarget(StrEnum):
    """Type of the record that an audit log entry refers to."""

    __qualname__ = "Kind"  # the component of openapi.json

    MISSION = RecordType.MISSION.value
    PERSON = RecordType.PERSON.value
    LAUNCH = RecordType.LAUNCH.value
    ARTICLE = RecordType.ARTICLE.value
    WEBHOOK = "webhook"
    SOURCE = "source"
    PROPOSAL = "proposal"
    KEY = "key"
    ARCHIVE = "archive"
    HORIZON = "horizon"
    MODULE = RecordType.MODULE.value
    STAY = RecordType.STAY.value
    SPACEWALK = RecordType.SPACEWALK.value
    AGENCY = RecordType.AGENCY.value
    MEDIA = RecordType.MEDIA.value
    VEHICLE = RecordType.VEHICLE.value
    SPACECRAFT_TYPE = RecordType.SPACECRAFT_TYPE.value
    SPACECRAFT = RecordType.SPACECRAFT.value
    SITE = RecordType.SITE.value
    PREVIEW_LINK = "preview_link"


class Scope(StrEnum):
    """Permission of an API key."""

    ARTICLES_WRITE = "articles:write"
    LAUNCHES_WRITE = "launches:write"
    MISSIONS_WRITE = "missions:write"
    PEOPLE_WRITE = "people:write"
    WEBHOOKS_WRITE = "webhooks:write"
    SOURCES_WRITE = "sources:write"
    PROPOSALS_WRITE = "proposals:write"
    KEYS_ADMIN = "keys:admin"
    AUDIT_READ = "audit:read"
    MODULES_WRITE = "modules:write"
    STAYS_WRITE = "stays:write"
    SPACEWALKS_WRITE = "spacewalks:write"
    AGENCIES_WRITE = "agencies:write"
    MEDIA_WRITE = "media:write"
    VEHICLES_WRITE = "vehicles:write"
    SPACECRAFT_WRITE = "spacecraft:write"
    SITES_WRITE = "sites:write"
    ARTICLES_DRAFT = "articles:draft"
    DRAFTS_READ = "drafts:read"
    AUDIT_REDACT = "audit:redact"
    READ = "read"


class ArticleState(StrEnum):
    """Editorial state of an article; a published article is public from `published_at` on."""

    DRAFT = "draft"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    DELETED = "deleted"


class ProposalStatus(StrEnum):
    """Status of a proposal. `merged`: it is an existing record. `separate`: it became a new one."""

    OPEN = "open"
    MERGED = "merged"
    SEPARATE = "separate"


class LaunchStatus(StrEnum):
    """Status of a launch."""

    PLANNED = "planned"
    IN_FLIGHT = "in_flight"
    SUCCESS = "success"
    PARTIAL_FAILURE = "partial_failure"
    FAILURE = "failure"
    CANCELLED = "cancelled"


FLOWN_STATUSES = (LaunchStatus.IN_FLIGHT, LaunchStatus.SUCCESS, LaunchStatus.PARTIAL_FAILURE)
"""Statuses of launches that took their crews to space."""

LAUNCHED_STATUSES = (*FLOWN_STATUSES, LaunchStatus.FAILURE)
"""Statuses of launches that took place."""


class LaunchRelation(StrEnum):
    """Relation of a launch to a mission."""

    CREW_ARRIVAL = "crew_arrival"
    CREW_DEPARTURE = "crew_departure"
    CARGO = "cargo"
    MODULE = "module"


class SpacecraftKind(StrEnum):
    """Kind of spacecraft. `SC`: a crew spacecraft, crewed or not. `CV`: a cargo vehicle."""

    SC = "SC"
    CV = "CV"
    MODULE = "module"
    SATELLITE = "satellite"
    OTHER = "other"


class FlightEndKind(StrEnum):
    """End of a ship's flight. `deorbited`: it burned up on command. `lost`: by a failure."""

    LANDED = "landed"
    SPLASHDOWN = "splashdown"
    DEORBITED = "deorbited"
    LOST = "lost"


class LinkKind(StrEnum):
    """Kind of a link. `information`: a page about the launch."""

    WEBCAST = "webcast"
    INFORMATION = "information"
    PRESS_KIT = "press_kit"


class ModuleKind(StrEnum):
    """Kind of a station element. `module`: pressurised, without a more specific kind."""

    MODULE = "module"
    NODE = "node"
    AIRLOCK = "airlock"
    ADAPTER = "adapter"
    TRUSS = "truss"
    PLATFORM = "platform"
    ROBOTICS = "robotics"
    INSTRUMENT = "instrument"


class PortDirection(StrEnum):
    """Side of a module that a port is on, in the usual attitude of the station."""

    FORWARD = "forward"
    AFT = "aft"
    PORT = "port"
    STARBOARD = "starboard"
    ZENITH = "zenith"
    NADIR = "nadir"


class ArrivalKind(StrEnum):
    """Arrival of a ship at a port. `berthing`: by the arm. `capture`: only its grapple is known."""

    DOCKING = "docking"
    BERTHING = "berthing"
    CAPTURE = "capture"


class SpacewalkRole(StrEnum):
    """Role in a spacewalk; `ev1` leads it."""

    EV1 = "ev1"
    EV2 = "ev2"
    EV3 = "ev3"


class CrewRole(StrEnum):
    """Role aboard the station."""

    COMMANDER = "commander"
    FLIGHT_ENGINEER = "flight_engineer"


class ShipRole(StrEnum):
    """Role aboard the spacecraft. It may differ from the role aboard the station."""

    COMMANDER = "commander"
    PILOT = "pilot"
    FLIGHT_ENGINEER = "flight_engineer"
    MISSION_SPECIALIST = "mission_specialist"
    SPACEFLIGHT_PARTICIPANT = "spaceflight_participant"


class SourceFormat(StrEnum):
    """Format of a source."""

    FEED = "feed"
    SNAPI = "snapi"
    LAUNCH_LIBRARY = "launch-library"


class HorizonKind(StrEnum):
    """Kind of facts with a horizon of its own. `crews`: missions, their crews, and landings."""

    CREWS = "crews"
    LAUNCHES = "launches"
    DOCKINGS = "dockings"
    SPACEWALKS = "spacewalks"
    NEWS = "news"


class TimelineKind(StrEnum):
    """Kind of an event. `landing`: of people; `flight_end`: of a ship without people."""

    LAUNCH = "launch"
    DOCKING = "docking"
    UNDOCKING = "undocking"
    RELOCATION = "relocation"
    SPACEWALK = "spacewalk"
    MODULE_ATTACHED = "module_attached"
    MODULE_DETACHED = "module_detached"
    HANDOVER = "handover"
    MISSION_START = "mission_start"
    MISSION_END = "mission_end"
    LANDING = "landing"
    FLIGHT_END = "flight_end"


class TimelineStatus(StrEnum):
    """Status of an event. `unknown`: its time has passed, but the facts end before it."""

    HAPPENED = "happened"
    PLANNED = "planned"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class AgencyKind(StrEnum):
    """Kind of a space agency or company."""

    GOVERNMENT = "government"
    MULTINATIONAL = "multinational"
    COMMERCIAL = "commercial"
    ACADEMIC = "academic"


class Sex(StrEnum):
    """Sex of a person, as published."""

    FEMALE = "female"
    MALE = "male"
