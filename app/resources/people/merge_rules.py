"""Rules of merges of people: spacewalks, flights and missions of one person do not overlap."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.validation_errors import raise_field_error
from app.db.functions import AnySelect
from app.db.models import (
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
    Spacewalk,
    SpacewalkMember,
    stored_id,
)
from app.domain.enums import FLOWN_STATUSES, LaunchStatus
from app.domain.languages import tr
from app.domain.spacewalks import SpacewalkPeriod
from app.resources.launches.crew_commands import is_flight_over
from app.resources.missions.crew_rules import exceeds_handover, get_role_date_range


def check_merge(session: Session, duplicate: Person, remaining: Person) -> None:
    """Raise InvalidRequest if one person cannot have the records of both.

    The rules are those of writes: of spacewalks, of crews of launches and of missions.
    """
    for check in (_check_spacewalks, _check_flights, _check_missions):
        check(session, duplicate, remaining)


def _check_spacewalks(session: Session, *people: Person) -> None:
    members = select(SpacewalkMember.person_id, Spacewalk)
    rows = members.join(Spacewalk, Spacewalk.id == SpacewalkMember.spacewalk_id)
    for (first,), (second,) in _list_pairs(session, rows, SpacewalkMember.person_id, people):
        periods = [SpacewalkPeriod.of(vars(walk)) for walk in (first, second)]
        if first is not second and periods[0].certainly_overlaps(periods[1]):
            _refuse("in-another-spacewalk", first.slug, second.slug)


def _check_flights(session: Session, *people: Person) -> None:
    flights = select(Flight.person_id, Flight, Launch)
    rows = flights.join(Launch, Launch.id == Flight.launch_id).where(
        Launch.status.in_([*FLOWN_STATUSES, LaunchStatus.PLANNED])
    )
    for pair in _list_pairs(session, rows, Flight.person_id, people):
        (flight, earlier), (_, later) = sorted(pair, key=lambda each: each[1].launch_at)
        has_flown = not {earlier.status, later.status}.isdisjoint(FLOWN_STATUSES)
        is_over = is_flight_over(earlier, flight.landed_at, later)
        if earlier is not later and has_flown and not is_over:
            _refuse("in-space", earlier.slug, later.slug)


def _check_missions(session: Session, *people: Person) -> None:
    assignments = select(CrewAssignment.person_id, CrewAssignment, Mission)
    rows = assignments.join(Mission, Mission.id == CrewAssignment.mission_id)
    for pair in _list_pairs(session, rows, CrewAssignment.person_id, people):
        (_, first), (_, second) = pair
        date_ranges = (
            get_role_date_range(mission, assignment.from_on, assignment.to_on)
            for assignment, mission in pair
        )
        if first is not second and exceeds_handover(*date_ranges):
            _refuse("overlap", first.slug, second.slug)


def _list_pairs(
    session: Session, rows: AnySelect, person_id: Any, people: tuple[Person, ...]
) -> Iterator[tuple[Any, ...]]:
    """Pairs of rows, without the id of the person: one of each of two people."""
    found = session.execute(rows.where(person_id.in_(list(map(stored_id, people))))).all()
    return product(*([row[1:] for row in found if row[0] == stored_id(each)] for each in people))


def _refuse(code: str, first: str, second: str) -> NoReturn:
    detail = tr(
        f"One person cannot take part in both {first!r} and {second!r}, which overlap in time. "
        "These are two people, or one of the two records is wrong.",
        f"Один человек не может участвовать и в {first!r}, и в {second!r}: они пересекаются во "
        "времени. Это два человека, или одна из этих записей неверна.",
    )
    raise_field_error("/into", code, detail)
