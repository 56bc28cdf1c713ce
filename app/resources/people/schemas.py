"""What people look like, and how they can be asked for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from app.api.embeds import At, CrewAssignmentRead, LaunchRef, PersonRef, Shape, Source
from app.api.links import Url
from app.api.lists.pagination import Page, ViewQuery
from app.api.lists.sorting import SortChoice
from app.api.params import AnyOf, Country, Day, Maybe, Moment, Name, Parameters, Slug, Words
from app.api.write_models import Document, ProperName, SourceWrite, Title, example
from app.db.models import CrewRole, LaunchStatus, ShipRole
from app.domain.clock import has_come, holds_until, present
from app.domain.dates import DAY, Precision
from app.domain.labels import SHIP_ROLES


class PersonSort(SortChoice):
    """The orders that people can be listed in."""

    A_TO_Z = "name"
    Z_TO_A = "-name"


class PersonFilters(Parameters):
    """Which people."""

    q: Maybe[Words] = None
    """Words that they have, all of them, in any spelling and form; as `/v1/search` finds them."""
    agency: AnyOf[Name] = []
    """The agency they fly for."""
    agency_not: AnyOf[Name] = []
    """An agency they must not fly for."""
    nationality: AnyOf[Country] = []
    """ISO 3166-1 alpha-2."""
    nationality_not: AnyOf[Country] = []
    """A nationality they must not have."""
    role: AnyOf[CrewRole] = []
    """A role that they held aboard the station, in `mission` where that is given too."""
    mission: AnyOf[Slug] = []
    """A mission in whose crew they were, by slug."""
    aboard_on: Maybe[Day] = None
    """A day, in UTC, on which they were in space for the station, from launch to landing."""


class PersonQuery(PersonFilters, ViewQuery):
    """A page of people."""

    sort: PersonSort = PersonSort.A_TO_Z
    """The order: by name."""


class PersonSummary(PersonRef):
    """A person as lists show them."""

    id: int
    missions_count: int
    """Missions in whose crew they were, however many roles they held."""
    days_aboard: int
    """Full days in space on flights to the station, launch to landing or to now."""
    aboard: bool
    """Whether they are in space for the station now, as far as is on record."""
    updated_at: At
    version: int

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        moment = present()
        flown = [f for f in row["flights"] if f["launch"]["status"] != LaunchStatus.FAILURE]
        spans = [(_instant(f["launch"]["launch_at"]), _instant(f["landed_at"])) for f in flown]
        aboard = [up for up, down in spans if up and down is None]
        total = sum(((down or moment) - up for up, down in spans if up), start=timedelta())
        if aboard:
            holds_until(moment + (DAY - total % DAY) / len(aboard))
        return super().complete(row) | {
            "days_aboard": total.days,
            "aboard": any(map(has_come, aboard)),
        }


class FlightRead(Shape):
    """A way up to the station and down again."""

    role: ShipRole
    """The role aboard the ship."""
    role_label: str = Field(examples=["Flight engineer"])
    launch: LaunchRef
    landed_with: LaunchRef | None
    """The launch of the ship they came home with, null while they are in space."""
    landed_at: At | None
    landed_at_precision: Precision | None

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"role_label": str(SHIP_ROLES[ShipRole(row["role"])])}


class PersonRead(PersonSummary):
    """A person with all that is on record."""

    aliases: list[str]
    """Other spellings of the name."""
    assignments: list[CrewAssignmentRead]
    """The roles they held in missions, newest first."""
    flights: list[FlightRead]
    """Their flights, newest first: with a mission's crew or as visitors."""
    sources: list[Source]
    created_at: At


class PersonWrite(Document):
    """A person as editors write them."""

    model_config = example(
        name="Yuri Example",
        name_ru="Юрий Пример",
        agency="Roscosmos",
        nationality="RU",
        aliases=["Example Yuri"],
    )

    slug: Slug | None = None
    """The name in the address; made of the name where none is given."""
    name: Annotated[ProperName, Field(max_length=120)]
    name_ru: Annotated[Title, Field(max_length=120)] | None = None
    """The name in Russian."""
    name_native: Annotated[Title, Field(max_length=120)] | None = None
    """The name in the person's own spelling, null where that is `name`."""
    agency: Annotated[ProperName, Field(max_length=60)] | None = None
    nationality: Country | None = None
    """ISO 3166-1 alpha-2."""
    aliases: Annotated[list[Annotated[Title, Field(max_length=120)]], Field(max_length=20)] = []
    """Other spellings of the name."""
    sources: Annotated[list[SourceWrite], Field(max_length=20)] = []


class PersonRecord(PersonWrite):
    """All that is kept of a person."""

    id: int
    url: Url
    created_at: Moment
    updated_at: Moment
    version: int


class PersonPage(Page[PersonSummary]):
    """A page of people in short."""


class PersonFullPage(Page[PersonRead]):
    """A page of people with all that is on record."""


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
