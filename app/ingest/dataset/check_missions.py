"""Consistency check of missions, their crews, and flights."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.database import Reader, Row
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person, Vehicle
from app.domain.dates import now, period_bounds
from app.domain.enums import CrewRole

_FIRST_CONTIGUOUS_EXPEDITION = 19
"""The first expedition that did not overlap with its successor."""

_SHUTTLE = "Space Shuttle"
_MAX_SHUTTLE_RETURN_DURATION = timedelta(days=5)
_MAX_RETURN_DURATION = timedelta(days=2)
"""Maximum time from the end of a person's last mission to the landing. Space Shuttles stayed in
orbit longer."""

_MAX_DESCENT_DURATION = timedelta(hours=12)
"""Maximum time from the undocking that ends a mission to the landing, except for Space Shuttles."""

_MAX_ASCENT_DURATION = timedelta(days=3)
"""Maximum time from the launch to the docking that ends a mission."""

_ENDED_WITHOUT_CREW = frozenset({"iss-68"})
"""Missions that ended when a ship without people undocked: Soyuz MS-22."""

_MAX_HANDOVER_DURATION = timedelta(days=11)
"""Maximum time in orbit during a mission of people who are not in its crew, because they relieve
it, or have just left it."""


def check_missions(reader: Reader, known_until: datetime) -> Iterator[str]:
    """Describe the inconsistencies of missions; `known_until` is the horizon of crews."""
    missions = reader.all(
        select(
            Mission.id,
            Mission.slug,
            Mission.number,
            Mission.starts_at,
            Mission.ends_at,
            Mission.ends_at_precision,
        ).order_by(Mission.number)
    )
    contiguous = [it for it in missions if it["number"] >= _FIRST_CONTIGUOUS_EXPEDITION]
    flights = _list_member_flights(reader)
    yield from _check_mission_intervals(contiguous)
    yield from _check_open_missions(missions, known_until)
    yield from _check_mission_ends(missions, flights)
    yield from _check_crew_lists(contiguous, flights)
    yield from _check_commanders(reader, missions)
    yield from _check_former_commanders(reader)
    yield from _check_crew_assignments(reader)
    yield from _check_flights(reader)


def _check_mission_intervals(missions: list[Row]) -> Iterator[str]:
    """Exactly one mission at any time: each one ends when the next one starts."""
    for mission, successor in pairwise(missions):
        if successor["number"] != mission["number"] + 1:
            yield f"no mission between {mission['slug']} and {successor['slug']}"
        if mission["ends_at"] != successor["starts_at"]:
            yield f"{mission['slug']} does not end when {successor['slug']} starts"
    for mission in missions:
        if mission["ends_at"] and mission["ends_at"] <= mission["starts_at"]:
            yield f"{mission['slug']} ends before it starts"


def _check_open_missions(missions: list[Row], known_until: datetime) -> Iterator[str]:
    """Of the missions that had begun by the horizon of crews, only the last one has no end."""
    begun = [mission for mission in missions if mission["starts_at"] <= known_until]
    for mission in begun[:-1]:
        if mission["ends_at"] is None:
            yield f"{mission['slug']} has no end, but {begun[-1]['slug']} has begun"


def _list_member_flights(reader: Reader) -> list[Row]:
    """Flights of crew members to space: a row for each of their missions."""
    ship = aliased(Launch)
    return reader.all(
        select(
            CrewAssignment.mission_id,
            Flight.id,
            Person.slug.label("person"),
            Launch.launch_at,
            Flight.landed_at,
            Flight.landed_at_precision,
            Vehicle.family.label("landed_with_family"),
        )
        .distinct()
        .join_from(CrewAssignment, Flight, Flight.id == CrewAssignment.flight_id)
        .join(Person, Person.id == Flight.person_id)
        .join(Launch, Launch.id == Flight.launch_id)
        .outerjoin(ship, ship.id == Flight.landed_with_id)
        .outerjoin(Vehicle, Vehicle.id == ship.vehicle_id)
        .order_by(Launch.launch_at, Person.slug)
    )


def _check_mission_ends(missions: list[Row], flights: list[Row]) -> Iterator[str]:
    """Each mission ends when members undock, or when members of the next mission dock.

    Members who leave land soon after the end, and members who arrive were launched shortly before;
    `check_stays` compares the end with the undocking.
    """
    by_mission: dict[int, list[Row]] = defaultdict(list)
    for flight in flights:
        by_mission[flight["mission_id"]].append(flight)
    for mission, successor in pairwise(missions):
        if mission["ends_at"] is None or mission["slug"] in _ENDED_WITHOUT_CREW:
            continue
        first, after = period_bounds(mission["ends_at"], mission["ends_at_precision"])
        leave = any(_lands_after(flight, first, after) for flight in by_mission[mission["id"]])
        arrive = any(
            first - _MAX_ASCENT_DURATION <= flight["launch_at"] < after
            for flight in by_mission[successor["id"]]
        )
        if not leave and not arrive:
            yield f"{mission['slug']} does not end with a departure or an arrival of its crew"


def _lands_after(flight: Row, first: datetime, after: datetime) -> bool:
    """Return true if a ship that undocks between `first` and `after` lands as in the flight."""
    if flight["landed_at"] is None:
        return False
    landed, landed_until = period_bounds(flight["landed_at"], flight["landed_at_precision"])
    is_shuttle = flight["landed_with_family"] == _SHUTTLE
    descent = _MAX_SHUTTLE_RETURN_DURATION if is_shuttle else _MAX_DESCENT_DURATION
    return landed_until > first and landed <= after + descent


def _check_crew_lists(missions: list[Row], flights: list[Row]) -> Iterator[str]:
    """The crew of a mission has all members of other missions who were aboard during it."""
    latest = datetime.max.replace(tzinfo=UTC)
    listed = {(flight["mission_id"], flight["id"]) for flight in flights}
    for flight in {flight["id"]: flight for flight in flights}.values():
        for mission in missions:
            start = max(flight["launch_at"], mission["starts_at"])
            end = min(flight["landed_at"] or latest, mission["ends_at"] or latest)
            missing = (mission["id"], flight["id"]) not in listed
            if missing and end - start > _MAX_HANDOVER_DURATION:
                yield f"{flight['person']} was aboard during {mission['slug']}, but not in its crew"


def _check_commanders(reader: Reader, missions: list[Row]) -> Iterator[str]:
    """One commander on each day of a mission, two on the day of a handover."""
    rows = reader.all(
        select(Mission.slug, CrewAssignment.from_on, CrewAssignment.to_on)
        .join(Mission, Mission.id == CrewAssignment.mission_id)
        .where(CrewAssignment.role == CrewRole.COMMANDER)
        .order_by(CrewAssignment.ordinal)
    )
    commands: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in rows:
        commands[row["slug"]].append((row["from_on"] or date.min, row["to_on"] or date.max))
    for mission in missions:
        first, last = mission["starts_at"].date(), (mission["ends_at"] or now()).date()
        for n in range((last - first).days + 1):
            day = first + timedelta(n)
            terms = [term for term in commands[mission["slug"]] if term[0] <= day <= term[1]]
            handover = len(terms) == 2 and terms[0][1] == day == terms[1][0]
            if len(terms) != 1 and not handover:
                yield f"{mission['slug']} has {len(terms)} commanders on {day}"
                break


def _check_former_commanders(reader: Reader) -> Iterator[str]:
    """Check that a commander who hands over during a mission remains in its crew."""
    later = aliased(CrewAssignment)
    stays = (
        select(1)
        .where(
            later.mission_id == CrewAssignment.mission_id,
            later.person_id == CrewAssignment.person_id,
            later.from_on == CrewAssignment.to_on,
        )
        .exists()
    )
    rows = reader.all(
        select(Mission.slug, Person.slug.label("person"))
        .join_from(CrewAssignment, Mission, Mission.id == CrewAssignment.mission_id)
        .join(Person, Person.id == CrewAssignment.person_id)
        .where(CrewAssignment.role == CrewRole.COMMANDER, CrewAssignment.to_on.is_not(None), ~stays)
        .order_by(Mission.number, CrewAssignment.ordinal)
    )
    for row in rows:
        yield f"{row['person']} in {row['slug']}: not in the crew after the handover"


def _check_crew_assignments(reader: Reader) -> Iterator[str]:
    """Check that roles lie within their mission, and match a flight of the same person."""
    rows = reader.all(
        select(
            Mission.slug,
            Mission.starts_at,
            Mission.ends_at,
            Person.slug.label("person"),
            CrewAssignment.from_on,
            CrewAssignment.to_on,
            CrewAssignment.person_id,
            Flight.person_id.label("flight_person_id"),
            Flight.landed_at,
            Launch.launch_at,
        )
        .join_from(CrewAssignment, Mission, Mission.id == CrewAssignment.mission_id)
        .join(Person, Person.id == CrewAssignment.person_id)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id)
        .outerjoin(Launch, Launch.id == Flight.launch_id)
        .order_by(Mission.number, CrewAssignment.ordinal)
    )
    for row in rows:
        role = f"{row['person']} in {row['slug']}"
        ends_at = row["ends_at"] or datetime.max.replace(tzinfo=UTC)
        first, last = row["starts_at"].date(), ends_at.date()
        if any(day and not first <= day <= last for day in (row["from_on"], row["to_on"])):
            yield f"{role}: the role exceeds the mission"
        if row["flight_person_id"] is None:
            continue
        if row["flight_person_id"] != row["person_id"]:
            yield f"{role}: the flight belongs to another person"
        if row["launch_at"] >= ends_at:
            yield f"{role}: launched after the mission"
        if row["landed_at"] and row["landed_at"] < row["starts_at"]:
            yield f"{role}: landed before the mission"


def _check_flights(reader: Reader) -> Iterator[str]:
    """Check that landings follow launches and missions, and that no person's flights overlap."""
    ended = (
        select(Mission.ends_at)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.flight_id == Flight.id)
        .order_by(Mission.number.desc())
        .limit(1)
        .correlate(Flight)
        .scalar_subquery()
    )
    ship = aliased(Launch)
    rows = reader.all(
        select(
            Person.slug.label("person"),
            Launch.slug.label("launch"),
            Launch.launch_at,
            Flight.landed_at,
            Vehicle.family,
            ended.label("ended_at"),
        )
        .join_from(Flight, Launch, Launch.id == Flight.launch_id)
        .outerjoin(ship, ship.id == Flight.landed_with_id)
        .outerjoin(Vehicle, Vehicle.id == ship.vehicle_id)
        .join(Person, Person.id == Flight.person_id)
        .order_by(Person.slug, Launch.launch_at)
    )
    for row in rows:
        landed_at, flight = row["landed_at"], f"{row['person']} on {row['launch']}"
        if landed_at and landed_at <= row["launch_at"]:
            yield f"{flight} landed before the launch"
        is_shuttle = row["family"] == _SHUTTLE
        longest = _MAX_SHUTTLE_RETURN_DURATION if is_shuttle else _MAX_RETURN_DURATION
        if landed_at and row["ended_at"] and landed_at > row["ended_at"] + longest:
            yield f"{flight} landed long after the last mission"
    for row, following in pairwise(rows):
        same = row["person"] == following["person"]
        if same and (row["landed_at"] is None or row["landed_at"] > following["launch_at"]):
            yield f"{row['person']}: flights {row['launch']} and {following['launch']} overlap"
