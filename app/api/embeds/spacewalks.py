"""Short forms of a spacewalk: a reference, and a summary."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import AgencyRef, select_agency_name, select_agency_ref
from app.api.embeds.missions import MissionRef, select_mission_ref
from app.api.embeds.modules import ModuleRef, select_module_ref
from app.api.embeds.people import PersonRef, select_person_ref
from app.api.links import PageUrl, Url, record_urls
from app.api.read_models import ReadModel, UtcInstant
from app.db.functions import AnySelect, json_array_subquery, json_object_subquery
from app.db.models import Mission, Module, Person, Spacewalk, SpacewalkMember
from app.domain import glossary
from app.domain.dates import Precision
from app.domain.enums import SpacewalkRole
from app.domain.labels import SPACEWALK_ROLE_LABELS
from app.domain.languages import tr


class SpacewalkMemberRead(ReadModel):
    """Person in a spacewalk."""

    person: PersonRef
    role: SpacewalkRole
    """Role in the spacewalk; `ev1` leads it."""
    role_label: str = Field(examples=["Lead spacewalker"])

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"person": dict(row), "role_label": localize_spacewalk_role(row["role"])}


class SpacewalkRef(ReadModel):
    """Reference to a spacewalk."""

    slug: str
    number: int | None = Field(
        description="Number in the order of time, or null before it is made.", examples=[54]
    )
    title: str = Field(examples=["Spacewalk 214: Anne McClain, Nick Hague"])
    starts_at: UtcInstant
    """Start: the hatch is open, or the spacesuits are on battery power."""
    starts_at_precision: Precision
    duration_seconds: int | None
    """Duration in seconds, or null if not known."""
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "title": _build_title(row["number"], row["crew"]),
            **record_urls("spacewalks", row["slug"]),
        }


class SpacewalkSummary(SpacewalkRef):
    """Spacewalk in a list."""

    id: int
    starts_at_uncertain: bool
    """True if it may start outside the period that `starts_at_precision` gives."""
    ends_at: UtcInstant | None
    """End, or null if not known."""
    ends_at_precision: Precision | None
    operator: str | None = Field(
        description="Space agency whose suits were used, or null if not known.",
        examples=["Roscosmos"],
    )
    operator_ref: AgencyRef | None
    """The record of this agency."""
    airlock: ModuleRef | None
    """Module with the hatch. Null: the airlock of a Space Shuttle, or not known."""
    mission: MissionRef | None
    """Mission during which it was made. Null before the first mission."""
    crew: list[SpacewalkMemberRead]
    """People outside, the leader first."""
    purpose: str | None
    """Main tasks done, or null if not known."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        purpose: str | None = row["purpose"]
        return super().computed_fields(row) | {
            "purpose": purpose and tr(purpose, row["purpose_ru"] or purpose)
        }


def localize_spacewalk_role(role: str) -> str:
    """Label of a role in the current language."""
    return str(SPACEWALK_ROLE_LABELS[SpacewalkRole(role)])


def _build_title(number: int | None, crew: list[Mapping[str, Any]]) -> str:
    """Title in the current language: "Spacewalk 214: Anne McClain, Nick Hague"."""
    title = tr("Spacewalk", "Выход в открытый космос")
    if number is not None:
        title += tr(f" {number}", f" № {number}")
    names = [glossary.person_name(person["name"], person["name_ru"]) for person in crew]
    return f"{title}: {', '.join(names)}" if names else title


@cache
def select_spacewalk_ref() -> AnySelect:
    """Columns of a `SpacewalkRef`; callers may join any table."""
    person, member = aliased(Person), aliased(SpacewalkMember)
    crew = (
        select_person_ref(person)
        .add_columns(member.role)
        .join(member, member.person_id == person.id)
        .where(member.spacewalk_id == Spacewalk.id)
    )
    return select(
        Spacewalk.slug,
        Spacewalk.number,
        Spacewalk.starts_at,
        Spacewalk.starts_at_precision,
        Spacewalk.duration_seconds,
        json_array_subquery(crew, member.ordinal).label("crew"),
    )


@cache
def select_spacewalk_summary() -> AnySelect:
    """Columns of a `SpacewalkSummary`; callers may join any table."""
    airlock, mission = aliased(Module), aliased(Mission)
    return select_spacewalk_ref().add_columns(
        Spacewalk.id,
        Spacewalk.starts_at_uncertain,
        Spacewalk.ends_at,
        Spacewalk.ends_at_precision,
        select_agency_name(Spacewalk.operator_id).label("operator"),
        json_object_subquery(select_agency_ref(Spacewalk.operator_id)).label("operator_ref"),
        json_object_subquery(
            select_module_ref(airlock).where(airlock.id == Spacewalk.airlock_id)
        ).label("airlock"),
        json_object_subquery(
            select_mission_ref(mission).where(mission.id == Spacewalk.mission_id)
        ).label("mission"),
        Spacewalk.purpose,
        Spacewalk.purpose_ru,
        Spacewalk.updated_at,
        Spacewalk.version,
    )
