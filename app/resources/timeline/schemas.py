"""Timeline schemas: query parameters and read models."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from app.api.date_params import CalendarDay, MonthDay, Rfc3339OrDate, TimeZone
from app.api.embeds.launches import LaunchRef, SpacecraftRef
from app.api.embeds.missions import MissionRef
from app.api.embeds.modules import ModuleRef, PortRef, build_port_name, localize_module_name
from app.api.embeds.people import PersonRef
from app.api.links import PageUrl, Url, page_url, url_for_request
from app.api.lists.day_counts import ArchiveQuery
from app.api.lists.pagination import MAX_PAGE_ITEMS, ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import (
    CommaList,
    DecimalInt,
    MissionName,
    NameParam,
    Omittable,
    QueryModel,
    Slug,
)
from app.api.read_models import ReadModel, UtcInstant, instant_of
from app.domain import glossary
from app.domain.clock import has_passed
from app.domain.dates import Precision, period_end
from app.domain.enums import (
    LaunchStatus,
    PortDirection,
    SpacecraftKind,
    TimelineKind,
    TimelineStatus,
)
from app.domain.event_headlines import build_event_headline
from app.domain.headlines import build_launch_headline, describe_ship_en, describe_ship_ru
from app.domain.horizon import is_outdated
from app.domain.labels import TIMELINE_KIND_LABELS
from app.domain.languages import tr
from app.domain.text import join_list
from app.resources.horizon.schemas import KnownUntil


class TimelineSort(SortChoice):
    """Sort order of events."""

    NEWEST = "-at"
    OLDEST = "at"


class TimelineArchiveFilters(QueryModel):
    """Filters of events that the calendar supports too."""

    kind: Annotated[CommaList[TimelineKind], Example(["docking"])] = []
    """Kind of event."""
    mission: Annotated[CommaList[MissionName], Example(["iss-59"])] = []
    """Mission during which the event was, from its start to its end, by slug, name or number."""
    person: Annotated[CommaList[Slug], Example(["anne-mcclain"])] = []
    """Person in the event, by slug: see `people`."""
    spacecraft: Annotated[CommaList[NameParam], Example(["Progress MS-11"])] = []
    """Spacecraft in the event, by name or slug: `Progress MS-11` or `progress-ms-11`."""
    module: Annotated[CommaList[Slug], Example(["rassvet"])] = []
    """Module in the event, by slug: see `module`, `attached_to` and `port`; also its launch."""
    at_gte: Annotated[Omittable[Rfc3339OrDate], Example("2019-04-04T00:00:00Z")] = None
    """Events at or after this time. An inexact date matches if any part of its period does."""
    at_lt: Annotated[Omittable[Rfc3339OrDate], Example("2019-05-01")] = None
    """Events before this time."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of day and month boundaries. Default: the portal's time zone."""


class TimelineFilters(TimelineArchiveFilters):
    """Filters of events."""

    on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Events on this day, in the time zone `tz`. Excludes events without a known day."""
    on_this_day: Annotated[Omittable[MonthDay], Example("04-12")] = None
    """Day of every year, as MM-DD, in the time zone `tz`. Excludes events without a known day."""


class TimelineQuery(TimelineFilters, ListQuery):
    """Query parameters of the timeline."""

    sort: TimelineSort = TimelineSort.NEWEST
    """Sort by time; a vague time is last in its period. `-` means descending order."""


class TimelineFeedQuery(TimelineFilters):
    """Query parameters of the feed."""

    limit: DecimalInt = Field(default=20, ge=1, le=MAX_PAGE_ITEMS)
    """Maximum number of events in the feed."""


class TimelineArchiveQuery(TimelineArchiveFilters, ArchiveQuery):
    """Query parameters of the calendar."""


class TimelineItem(ReadModel):
    """Event of the station, derived from a record."""

    id: str = Field(examples=["arrival-81"])
    """Identifier of the event."""
    kind: TimelineKind
    """Kind of event. `relocation`: a ship left a port and arrived at another one, or again at the
    same one, within two days; `at` is its arrival. `landing`: a ship landed with people.
    `flight_end`: the flight of a ship without people ended."""
    kind_label: str = Field(examples=["Docking"])
    at: UtcInstant
    """Time of the event: the start of the period that `at_precision` gives."""
    at_precision: Precision
    at_uncertain: bool
    """True if the event may fall outside the period that `at_precision` gives."""
    title: str = Field(examples=["CV Progress MS-11 docks at Pirs nadir"])
    status: TimelineStatus
    """`planned`: its time is ahead. `unknown`: its time has passed, but it is not known whether it
    happened. A failed launch has happened."""
    launch: LaunchRef | None
    """The launch, or the launch of the spacecraft or module. Null for other kinds."""
    spacecraft: SpacecraftRef | None
    port: PortRef | None
    """Port at which the spacecraft arrives or which it leaves, or which the module occupies."""
    from_port: PortRef | None
    """Port that the spacecraft left, of a relocation."""
    module: ModuleRef | None
    """Module that is attached or detached, or that a spacewalk starts from."""
    attached_to: ModuleRef | None
    """Module that `module` is attached to or detached from."""
    mission: MissionRef | None
    """Mission that starts, ends or gets a commander, or the mission at the time of the event: of
    two, the one that ends first. Null if there was none."""
    people: list[PersonRef]
    """People of a spacewalk, crew of a launch, people who came with the ship that arrives, or who
    left with the ship that departs or lands, crew of a mission that starts or ends, or the new
    commander."""
    url: Url
    """URL of the record that the event is derived from."""
    html_url: PageUrl
    updated_at: UtcInstant
    """Time of the last change of that record."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        kind = TimelineKind(row["kind"])
        own_ship, launch = row["spacecraft"], row["launch"]
        ships = [own_ship] if own_ship else list_ships(launch)
        people = {person["slug"]: person for person in row["people"]}
        return {
            "kind_label": str(TIMELINE_KIND_LABELS[kind]),
            "title": _build_title(kind, row, ships),
            "status": _find_status(kind, row),
            "spacecraft": ships[0] if ships and kind in _SHIP_KINDS else None,
            "people": list(people.values()),
            "url": url_for_request(_COLLECTIONS[kind], row["slug"]),
            "html_url": _build_page_url(kind, row),
        }


def list_ships(launch: Mapping[str, Any] | None) -> list[Any]:
    """The spacecraft of a launch, or one with its slug as the name if none is recorded."""
    if launch is None:
        return []
    ships: list[Any] = launch["spacecraft"]
    return ships or [{"name": launch["slug"], "kind": SpacecraftKind.OTHER, "slug": None}]


_SHIP_KINDS = frozenset(
    {
        TimelineKind.LAUNCH,
        TimelineKind.DOCKING,
        TimelineKind.UNDOCKING,
        TimelineKind.RELOCATION,
        TimelineKind.LANDING,
        TimelineKind.FLIGHT_END,
    }
)

_COLLECTIONS: Mapping[TimelineKind, str] = {
    TimelineKind.LAUNCH: "launches",
    TimelineKind.DOCKING: "stays",
    TimelineKind.UNDOCKING: "stays",
    TimelineKind.RELOCATION: "stays",
    TimelineKind.SPACEWALK: "spacewalks",
    TimelineKind.MODULE_ATTACHED: "modules",
    TimelineKind.MODULE_DETACHED: "modules",
    TimelineKind.HANDOVER: "missions",
    TimelineKind.MISSION_START: "missions",
    TimelineKind.MISSION_END: "missions",
    TimelineKind.LANDING: "launches",
    TimelineKind.FLIGHT_END: "launches",
}
"""Collections of the records that events are derived from."""


def _build_page_url(kind: TimelineKind, row: Mapping[str, Any]) -> str:
    """URL of the page of an event's spacewalk, launch, module or mission."""
    if kind is TimelineKind.SPACEWALK:
        return page_url("spacewalks", row["slug"])
    if row["launch"]:
        return page_url("launches", row["launch"]["slug"])
    if row["module"]:
        return page_url("modules", row["module"]["slug"])
    return page_url("missions", row["mission"]["slug"])


def _find_status(kind: TimelineKind, row: Mapping[str, Any]) -> TimelineStatus:
    """Status of an event at the present, as far as facts are known."""
    at, precision = instant_of(row["at"]), Precision(row["at_precision"])
    if kind is TimelineKind.LAUNCH:
        match LaunchStatus(row["detail"]):
            case LaunchStatus.PLANNED:
                overdue = has_passed(period_end(at, precision))
                return TimelineStatus.UNKNOWN if overdue else TimelineStatus.PLANNED
            case LaunchStatus.CANCELLED:
                return TimelineStatus.CANCELLED
            case _:
                return TimelineStatus.HAPPENED
    if not has_passed(at):
        return TimelineStatus.PLANNED
    known_until: datetime | None = row["known_until"]
    is_behind = known_until is not None and at > known_until and is_outdated(known_until)
    return TimelineStatus.UNKNOWN if is_behind else TimelineStatus.HAPPENED


def _build_title(kind: TimelineKind, row: Mapping[str, Any], ships: list[Any]) -> str:
    """Headline of an event in the current language."""
    if kind is TimelineKind.LAUNCH:
        vehicle = row["launch"]["vehicle"]
        return build_launch_headline(
            LaunchStatus(row["detail"]), vehicle and vehicle["name"], ships
        )
    people = [glossary.person_name(each["name"], each["name_ru"]) for each in row["people"]]
    names = {"people": join_list(people, tr(" and ", " и "))}
    names |= {name: _name_port(row[name]) for name in ("port", "from_port") if row[name]}
    for name in ("module", "attached_to"):
        names |= {name: localize_module_name(row[name])} if row[name] else {}
    if mission := row["mission"]:
        names["mission"] = f"{glossary.station_name(mission['station'])}-{mission['number']}"
    if ships:
        names["ship"] = tr(describe_ship_en(ships[0]), describe_ship_ru(ships[0]))
    return build_event_headline(kind, row["detail"], **names)


def _name_port(port: Mapping[str, Any]) -> str:
    return build_port_name(port["module"], PortDirection(port["direction"]))


class TimelinePage(Page[TimelineItem]):
    """Page of the timeline."""

    known_until: KnownUntil
    """Times until which facts are known, by kind. Events after them may be missing."""
