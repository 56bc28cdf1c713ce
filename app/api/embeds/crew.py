"""Crew assignments: they belong to a mission and to a person alike, and show in both."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.embeds.launches import LaunchRef, launch_ref
from app.api.embeds.missions import MissionRef, mission_ref
from app.api.embeds.people import PersonRef, person_ref
from app.api.read_models import At, Shape
from app.db.functions import Rows, nested_one
from app.db.models import CrewAssignment, CrewRole, Flight, Launch, Mission, Person
from app.domain import glossary
from app.domain.dates import Precision, days_since
from app.domain.labels import ROLES


class Ride(Shape):
    """A way up to the station or down from it."""

    spacecraft: str = Field(examples=["Soyuz MS-12"])
    launch: LaunchRef
    """The launch of that ship."""
    at: At
    """Up: when it left the ground. Down: when it landed."""
    at_precision: Precision


class CrewAssignmentRead(Shape):
    """A role that somebody held in a mission."""

    id: int
    mission: MissionRef
    person: PersonRef
    role: CrewRole
    role_label: str = Field(examples=["Flight engineer"])
    position: str | None = Field(description="The number of the seat.", examples=["FE-1"])
    ordinal: int
    """The place in the crew list: commanders first, then flight engineers by position."""
    credited_as: str
    """The name as the mission's page in this language prints it."""
    from_on: date | None
    """The first day in the role, null where the mission began with it."""
    to_on: date | None
    """The last day in the role, null where the mission ended with it."""
    arrived_with: Ride | None
    departed_with: Ride | None
    """Null while they are aboard."""
    days_aboard: int
    """Full days in space in this role: within the mission, and between launch and landing."""

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        flight = row["flight"] or {}
        return {
            "role_label": str(ROLES[CrewRole(row["role"])]),
            "credited_as": _credited_as(row),
            "arrived_with": _ride(flight.get("launch"), flight.get("launch")),
            "departed_with": _ride(flight.get("landed_with"), flight, "landed_at"),
            "days_aboard": _days_aboard(row, flight),
        }


def _credited_as(row: Mapping[str, Any]) -> str:
    """The pages in English have spellings of their own; those in Russian have the name."""
    person = row["person"]
    name: str = row["credited_as"] or person["name"]
    return glossary.person(name, person["name_ru"])


def _ride(launch: Any, times: Any, name: str = "launch_at") -> dict[str, Any] | None:
    if not launch or not times[name]:
        return None
    ships = launch["spacecraft"]
    return {
        "spacecraft": glossary.craft(ships[0]["name"]) if ships else launch["slug"],
        "launch": launch,
        "at": times[name],
        "at_precision": times[f"{name}_precision"],
    }


def _instant(value: str | date | None) -> datetime | None:
    """An instant or a day, as a column or out of JSON, as an instant; a day is its start."""
    if value is None or isinstance(value, datetime):
        return value
    at = datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _days_aboard(row: Mapping[str, Any], flight: Mapping[str, Any]) -> int:
    """The overlap of mission, flight and role."""
    mission, launch = row["mission"], flight.get("launch") or {}
    starts = [mission["starts_at"], launch.get("launch_at"), row["from_on"]]
    ends = [mission["ends_at"], flight.get("landed_at"), row["to_on"]]
    start = max(at for value in starts if (at := _instant(value)))
    return days_since(start, *(at for value in ends if (at := _instant(value))))


@cache
def crew_assignments() -> Rows:
    """What a `CrewAssignmentRead` is filled from; callers may join any table to it."""
    mission, person, flight = aliased(Mission), aliased(Person), aliased(Flight)
    launch, landed_with = aliased(Launch), aliased(Launch)
    ride = select(
        nested_one(launch_ref(launch).where(launch.id == flight.launch_id)).label("launch"),
        nested_one(launch_ref(landed_with).where(landed_with.id == flight.landed_with_id)).label(
            "landed_with"
        ),
        flight.landed_at,
        flight.landed_at_precision,
    )
    dates = mission_ref(mission).add_columns(mission.starts_at, mission.ends_at)
    return select(
        CrewAssignment.id,
        CrewAssignment.role,
        CrewAssignment.position,
        CrewAssignment.ordinal,
        CrewAssignment.credited_as,
        CrewAssignment.from_on,
        CrewAssignment.to_on,
        nested_one(dates.where(mission.id == CrewAssignment.mission_id)).label("mission"),
        nested_one(person_ref(person).where(person.id == CrewAssignment.person_id)).label("person"),
        nested_one(ride.where(flight.id == CrewAssignment.flight_id)).label("flight"),
    )
