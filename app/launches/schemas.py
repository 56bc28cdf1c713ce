"""What launches look like, and how they can be asked for."""

from collections.abc import Mapping
from typing import Any

from app.archive import ArchiveQuery
from app.dates import Precision
from app.models import LaunchRelation, LaunchStatus, ShipRole, SpacecraftKind
from app.pagination import Page, ViewQuery
from app.parameters import (
    AnyOf,
    Country,
    Day,
    Instant,
    Maybe,
    Month,
    Name,
    Parameters,
    Slug,
    Words,
    Zone,
)
from app.refs import At, LaunchRef, LaunchSummary, MissionRef, PersonRef, Shape, Source
from app.sorting import SortChoice


class LaunchSort(SortChoice):
    """The orders that launches can be listed in."""

    NEWEST = "-launch_at"
    OLDEST = "launch_at"


class LaunchCalendarFilters(Parameters):
    """Which launches a calendar counts; which days it shows is its own to say."""

    status: AnyOf[LaunchStatus] = []
    """How far it has come, and with what outcome."""
    status_not: AnyOf[LaunchStatus] = []
    """What its status must not be."""
    vehicle: AnyOf[Name] = []
    """The launch vehicle, by name or slug: `Soyuz-2.1a` or `soyuz-2-1a`."""
    vehicle_family: AnyOf[Name] = []
    """The family of the launch vehicle, such as Soyuz."""
    spacecraft: AnyOf[Name] = []
    """A ship or module it carried, by name or slug: `Progress MS-11` or `progress-ms-11`."""
    kind: AnyOf[SpacecraftKind] = []
    """A kind of thing it carried."""
    site: AnyOf[Name] = []
    """The site it left from, by name, slug or code."""
    country: AnyOf[Country] = []
    """The country where that site lies, ISO 3166-1 alpha-2."""
    crewed: Maybe[bool] = None
    """Whether people were aboard."""
    mission: AnyOf[Slug] = []
    """A mission that it served, by slug."""
    person: AnyOf[Slug] = []
    """Somebody who was aboard, by slug."""
    q: Maybe[Words] = None
    """Words that the names of its vehicle, ships and site hold, all of them."""
    launch_month: Maybe[Month] = None
    """The month it left, in the zone `tz`; only launches whose day is known."""
    launch_at_gte: Maybe[Instant] = None
    """Left at this instant or later; a date that is not exact counts with all it may be."""
    launch_at_lt: Maybe[Instant] = None
    """Left before this instant."""
    tz: Maybe[Zone] = None
    """The IANA time zone that days are days of; otherwise the portal's own."""


class LaunchFilters(LaunchCalendarFilters):
    """Which launches."""

    launch_on: Maybe[Day] = None
    """The day it left, in the zone `tz`; only launches whose day is known."""


class LaunchQuery(LaunchFilters, ViewQuery):
    """A page of launches."""

    sort: LaunchSort = LaunchSort.NEWEST
    """The order: by launch time, newest first with the minus."""


class LaunchArchiveQuery(LaunchCalendarFilters, ArchiveQuery):
    """A calendar of launches."""


class MissionServed(Shape):
    """A mission that a launch served."""

    relation: LaunchRelation
    mission: MissionRef

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"mission": dict(row)}


class LaunchCrewRead(Shape):
    """Somebody aboard at launch."""

    person: PersonRef
    role: ShipRole
    """The role aboard the ship, which need not be the one aboard the station."""
    landed_at: At | None
    """Null while they are in space."""
    landed_at_precision: Precision | None
    landed_with: LaunchRef | None
    """The launch of the ship they came home with."""


class LaunchRead(LaunchSummary):
    """A launch with all that belongs to it."""

    missions: list[MissionServed]
    crew: list[LaunchCrewRead]
    """The ship's commander first."""
    outcome_note: str | None
    """What went other than planned."""
    sources: list[Source]
    created_at: At


class LaunchPage(Page[LaunchSummary]):
    """A page of launches in short."""


class LaunchFullPage(Page[LaunchRead]):
    """A page of whole launches."""
