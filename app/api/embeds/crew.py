"""Crew assignments, embedded in missions and in people."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import select_agency_name
from app.api.embeds.launches import LaunchRef, select_launch_ref
from app.api.embeds.media import Image, select_image
from app.api.embeds.missions import MissionRef, select_mission_ref
from app.api.embeds.people import PersonRef, select_person_ref
from app.api.read_models import ReadModel, UtcInstant, instant_of
from app.db.functions import AnySelect, json_object_subquery
from app.db.horizon import known_until_subquery
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person, Stay
from app.domain import glossary
from app.domain.dates import Precision, days_since
from app.domain.enums import CrewRole, HorizonKind, LaunchStatus
from app.domain.flights import FlightSpan
from app.domain.labels import CREW_ROLE_LABELS


class Ride(ReadModel):
    """Transport of a crew member to or from the station."""

    spacecraft: str = Field(examples=["Soyuz MS-12"])
    launch: LaunchRef
    """Launch of the spacecraft."""
    at: UtcInstant
    """Launch time of an arrival, or landing time of a departure."""
    at_precision: Precision
    station_at: UtcInstant | None
    """Arrival of the spacecraft at the station, or its departure from there, by its stays. Null if
    not known."""
    station_at_precision: Precision | None


class CrewAssignmentRead(ReadModel):
    """Role of a person in a mission."""

    id: int
    mission: MissionRef
    person: PersonRef
    image: Image | None
    """Portrait of the person, or null."""
    role: CrewRole
    role_label: str = Field(examples=["Flight engineer"])
    agency: str | None
    """Agency that the person flew for."""
    position: str | None = Field(description="Crew position.", examples=["FE-1"])
    ordinal: int
    """Position in the crew list: commanders first, then flight engineers by `position`."""
    credited_as: str
    """Name as a source spells it in this mission, or the name in the language of the response."""
    from_on: date | None
    """First day in the role. Null: the start of the mission."""
    to_on: date | None
    """Last day in the role. Null: the end of the mission."""
    arrived_with: Ride | None
    departed_with: Ride | None
    """Transport home. Null while the person is aboard, or if the landing is not known."""
    aboard: bool | None
    """True while the person is aboard on this flight: from launch to landing, as times of docking
    are not known. Null if not known: the person was aboard at the horizon, or the flight is not
    recorded."""
    days_in_role: int = Field(ge=0)
    """Full days in this role, within the mission and the flight, up to the horizon. 0 without a
    launch that reached space."""
    days_aboard: Annotated[int, Field(ge=0, deprecated=True)]
    """The former name of `days_in_role`."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        flight = row["flight"] or {}
        span = _build_flight_span(row, flight)
        days = _count_days_in_role(row, span)
        return {
            "image": row["person"]["image"],
            "role_label": str(CREW_ROLE_LABELS[CrewRole(row["role"])]),
            "agency": flight.get("agency") or row["person"]["agency"],
            "credited_as": _format_credited_name(row),
            "arrived_with": _build_ride(
                flight.get("launch"), flight.get("launch"), "launch_at", flight.get("arrival")
            ),
            "departed_with": _build_ride(
                flight.get("landed_with"), flight, "landed_at", flight.get("departure")
            ),
            "aboard": span.is_aboard if span else None,
            "days_in_role": days,
            "days_aboard": days,
        }


def _format_credited_name(row: Mapping[str, Any]) -> str:
    """Name as credited on the English page, or the Russian name of the person."""
    person = row["person"]
    name: str = row["credited_as"] or person["name"]
    return glossary.person_name(name, person["name_ru"])


def _build_ride(launch: Any, times: Any, name: str, at_station: Any) -> dict[str, Any] | None:
    """Fields of a `Ride`; None without a launch or the time `name` in `times`."""
    if not launch or not times[name]:
        return None
    ships = launch["spacecraft"]
    return {
        "spacecraft": glossary.spacecraft_name(ships[0]["name"]) if ships else launch["slug"],
        "launch": launch,
        "at": times[name],
        "at_precision": times[f"{name}_precision"],
        "station_at": at_station and at_station["at"],
        "station_at_precision": at_station and at_station["precision"],
    }


def _build_flight_span(row: Mapping[str, Any], flight: Mapping[str, Any]) -> FlightSpan | None:
    """The flight of an assignment; None if it is not known."""
    launch = flight.get("launch")
    if launch is None:
        return None
    return FlightSpan(
        LaunchStatus(launch["status"]),
        instant_of(launch["launch_at"]),
        instant_of(flight["landed_at"]),
        instant_of(row["known_until"]),
    )


def _count_days_in_role(row: Mapping[str, Any], span: FlightSpan | None) -> int:
    """Full days in the overlap of mission, flight and role, up to the present and the horizon."""
    if span is None or not span.has_flown:
        return 0
    mission = row["mission"]
    role = [instant_of(row[name]) for name in ("from_on", "to_on")]
    starts_at, ends_at = instant_of(mission["starts_at"]), instant_of(mission["ends_at"])
    start = max(filter(None, [starts_at, span.launch_at, role[0]]))
    return days_since(start, ends_at, span.landed_at, role[1], span.known_until)


def _select_arrival(flight: type[Flight]) -> AnySelect:
    """Arrival at the station of the ship that the person came with."""
    stay = aliased(Stay)
    times = select(stay.arrived_at.label("at"), stay.arrived_at_precision.label("precision"))
    stays = times.where(stay.launch_id == flight.launch_id)
    return stays.order_by(stay.arrived_sort_at, stay.id).limit(1)


def _select_departure(flight: type[Flight]) -> AnySelect:
    """Departure from the station of the ship that the person lands with."""
    stay = aliased(Stay)
    times = select(stay.departed_at.label("at"), stay.departed_at_precision.label("precision"))
    stays = times.where(stay.launch_id == flight.landed_with_id)
    return stays.order_by(stay.arrived_sort_at.desc(), stay.id.desc()).limit(1)


@cache
def select_crew_assignments() -> AnySelect:
    """Columns of a `CrewAssignmentRead`; callers may join any table."""
    mission, person, flight = aliased(Mission), aliased(Person), aliased(Flight)
    launch, landed_with = aliased(Launch), aliased(Launch)
    rides = select(
        json_object_subquery(select_launch_ref(launch).where(launch.id == flight.launch_id)).label(
            "launch"
        ),
        json_object_subquery(
            select_launch_ref(landed_with).where(landed_with.id == flight.landed_with_id)
        ).label("landed_with"),
        json_object_subquery(_select_arrival(flight)).label("arrival"),
        json_object_subquery(_select_departure(flight)).label("departure"),
        select_agency_name(flight.agency_id).label("agency"),
        flight.landed_at,
        flight.landed_at_precision,
    )
    dates = select_mission_ref(mission).add_columns(mission.starts_at, mission.ends_at)
    return select(
        CrewAssignment.id,
        CrewAssignment.role,
        CrewAssignment.position,
        CrewAssignment.ordinal,
        CrewAssignment.credited_as,
        CrewAssignment.from_on,
        CrewAssignment.to_on,
        known_until_subquery(HorizonKind.CREWS).label("known_until"),
        json_object_subquery(dates.where(mission.id == CrewAssignment.mission_id)).label("mission"),
        json_object_subquery(
            select_person_ref(person)
            .add_columns(select_image(person.image_media_id))
            .where(person.id == CrewAssignment.person_id)
        ).label("person"),
        json_object_subquery(rides.where(flight.id == CrewAssignment.flight_id)).label("flight"),
    )
