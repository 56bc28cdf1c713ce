"""Station schemas: query parameters and read models."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from app.api.date_params import CalendarDay, Rfc3339, TimeZone
from app.api.embeds.launches import LaunchRef, SpacecraftRef
from app.api.embeds.missions import MissionRef
from app.api.embeds.modules import ModuleRef, PortRef
from app.api.embeds.people import PersonRef
from app.api.embeds.spacewalks import SpacewalkSummary
from app.api.embeds.stays import StaySummary
from app.api.fields import FieldPath, RecordQuery
from app.api.openapi.examples import Example
from app.api.params import CommaList, Omittable
from app.api.read_models import ReadModel, UtcInstant
from app.domain.dates import Precision
from app.domain.enums import CrewRole, HorizonKind, ModuleKind
from app.domain.labels import CREW_ROLE_LABELS
from app.domain.languages import tr
from app.resources.horizon.schemas import KnownUntil
from app.resources.timeline.schemas import TimelineItem, list_ships


class StationFacts(StrEnum):
    """Kind of facts about the station that have a horizon."""

    CREWS = HorizonKind.CREWS
    DOCKINGS = HorizonKind.DOCKINGS


class StationQuery(RecordQuery):
    """Query parameters of the station."""

    fields: Annotated[CommaList[FieldPath], Example(["aboard.person.name"])] = []
    """Fields to return, such as `mission.name,aboard.person.name`. Default: all."""
    on: Annotated[Omittable[CalendarDay], Example("2019-04-04")] = None
    """Day, in the time zone `tz`. Not with `at`. Default: the present."""
    at: Annotated[Omittable[Rfc3339], Example("2019-04-04T12:00:00Z")] = None
    """Instant. Not with `on`. Default: the present."""
    last_known: Annotated[CommaList[StationFacts], Example(["crews"])] = []
    """The last day of which these facts are known: `crews`, `dockings`. Not with `on` or `at`."""
    tz: Omittable[TimeZone] = None
    """IANA time zone of the day. Default: the portal's time zone."""

    @model_validator(mode="after")
    def _check_one_time(self) -> Self:
        if self.last_known and (self.on or self.at):
            raise ValueError(
                tr(
                    "`last_known` is a day of its own. Omit `on` and `at`.",
                    "`last_known` сам задаёт день. Уберите `on` и `at`.",
                )
            )
        if self.on and self.at:
            raise ValueError(
                tr(
                    "`on` is a day, `at` is an instant. Omit one of them.",
                    "`on` — день, `at` — момент. Уберите один из них.",
                )
            )
        return self


class Commander(ReadModel):
    """Commander of the station."""

    person: PersonRef
    since: UtcInstant
    """Time at which the person took command in the mission: the start of the period that
    `since_precision` gives."""
    since_precision: Precision


class PersonAboard(ReadModel):
    """Person aboard."""

    person: PersonRef
    mission: MissionRef | None
    """Mission of the person, or null for a visitor. During a handover, the crew of the next one is
    aboard too."""
    role: CrewRole | None
    """Role in that mission, or null for a visitor."""
    role_label: str = Field(examples=["Flight engineer"])
    spacecraft: SpacecraftRef
    """Spacecraft that the person came with."""
    launch: LaunchRef
    """Launch of that spacecraft."""
    since: UtcInstant
    """Arrival of that spacecraft, or its launch if the arrival is not known."""
    since_precision: Precision
    until: UtcInstant | None
    """Departure of the spacecraft that the person lands with, or the landing if the departure is
    not known. Null while the person is aboard."""
    until_precision: Precision | None

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        role = CrewRole(row["mission"]["role"]) if row["mission"] else None
        label = CREW_ROLE_LABELS[role] if role else tr("Visitor", "Экспедиция посещения")
        return {
            "role": role,
            "role_label": str(label),
            "spacecraft": list_ships(row["launch"])[0],
        }


class ModuleAttached(ReadModel):
    """Module of the station at its place."""

    module: ModuleRef
    kind: ModuleKind
    mass_kg: int | None
    """Mass at launch, in kilograms, or null if not known."""
    attached_to: ModuleRef | None
    """Module that it is attached to, or null for the first module."""
    port: PortRef | None
    """Port that it occupies, or null if ships never use the place."""
    attached_at: UtcInstant
    attached_at_precision: Precision
    detached_at: UtcInstant | None
    """Time of its removal or relocation, or null while it is there."""
    detached_at_precision: Precision | None


class StationRead(ReadModel):
    """The station on a day, at an instant or at the present.

    On a day: all that was there at any time of it. `mission`, `commander`, `free_ports` and
    `mass_kg` are those of the instant `at`.
    """

    on: date | None
    """Day of the answer, or null for an instant."""
    at: UtcInstant | None
    """Instant of the answer: of a past day, its last second. Null: the present."""
    time_zone: str
    """IANA time zone of the day."""
    known_until: KnownUntil
    """Times until which facts are known, by kind."""
    mission: MissionRef | None
    """Mission under way: of two, the one that ends first. Null: none, or not known."""
    commander: Commander | None
    """Commander of the mission. Null: none, not known, or no longer aboard."""
    aboard: list[PersonAboard] | None
    """People aboard, the first to arrive first. Null: not known."""
    ships: list[StaySummary] | None
    """Ships at the ports, the first to arrive first. Null: not known."""
    modules: list[ModuleAttached]
    """Modules attached, the first one first."""
    free_ports: list[PortRef] | None
    """Ports in service without a ship or a module. Null: not known."""
    mass_kg: int
    """Sum of the known masses of the modules at launch, in kilograms. Excludes ships and cargo."""
    unknown_mass_count: int = Field(ge=0)
    """Number of modules of unknown mass."""
    spacewalks: list[SpacewalkSummary] | None
    """Spacewalks of the day. Null: not known."""
    next: list[TimelineItem]
    """First events of the timeline after the answer, at most 5."""
