"""Writes of the crew of a launch, with the rules of their flights."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.slugs import resolve_slugs
from app.api.validation_errors import raise_field_error
from app.api.write_models import default_precision
from app.api.writes.agencies import find_optional_agency_id, load_agency_ids
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person, stored_id
from app.db.row_locks import lock_people
from app.domain.dates import period_bounds, period_end
from app.domain.enums import FLOWN_STATUSES, LaunchStatus
from app.domain.languages import tr
from app.resources.launches.schemas import LaunchWrite, SeatWrite


def set_launch_crew(session: Session, launch: Launch, document: LaunchWrite, is_new: bool) -> None:
    """Set the crew of `launch` to that of `document`. Raises InvalidRequest."""
    people = resolve_slugs(
        session, Person, [seat.person for seat in document.crew], "/crew/{}/person"
    )
    _check_on_ground(session, launch, document.crew, people)
    agencies = load_agency_ids(session, [seat.agency for seat in document.crew])
    own = select(Flight).where(Flight.launch_id == stored_id(launch))
    surplus = {} if is_new else {flight.person_id: flight for flight in session.scalars(own)}
    for index, (seat, person) in enumerate(zip(document.crew, people, strict=True)):
        if person in people[:index]:
            detail = tr(
                "This person is in the crew twice.", "Этот человек указан в экипаже дважды."
            )
            raise_field_error(f"/crew/{index}/person", "repeated", detail)
        landed_with_id = _find_landing_launch_id(session, index, seat)
        landed_at = seat.landed_at
        precision = default_precision(landed_at, seat.landed_at_precision)
        if landed_at and precision and period_bounds(landed_at, precision)[1] <= launch.launch_at:
            detail = tr("The landing is before the launch.", "Посадка раньше запуска.")
            raise_field_error(f"/crew/{index}/landed_at", "returns-before-launch", detail)
        flight = surplus.pop(person, None) or Flight(launch_id=launch.id, person_id=person)
        flight.role, flight.ordinal = seat.role, index + 1
        agency = find_optional_agency_id(session, agencies, seat.agency, f"/crew/{index}/agency")
        flight.agency_id = agency
        flight.landed_with_id = landed_with_id
        flight.landed_at, flight.landed_at_precision = landed_at, precision
        session.add(flight)
    for flight in surplus.values():
        _check_not_assigned(session, flight)
        session.delete(flight)


def _check_on_ground(
    session: Session, launch: Launch, seats: Sequence[SeatWrite], people: Sequence[int]
) -> None:
    """Raise InvalidRequest if a person would be in space twice at one time.

    A flight without a landing lasts on, unless its launch is planned.
    """
    if launch.status in {LaunchStatus.CANCELLED, LaunchStatus.FAILURE} or not people:
        return
    # Locked, so that no other request launches them meanwhile.
    lock_people(session, people)
    flights = session.execute(
        select(Flight, Launch)
        .join(Launch, Launch.id == Flight.launch_id)
        .where(
            Flight.person_id.in_(people),
            Flight.launch_id != stored_id(launch),
            Launch.status.in_(FLOWN_STATUSES),
        )
        .order_by(Launch.launch_at, Launch.id)
    )
    for flight, other in flights:
        index = people.index(flight.person_id)
        if other.launch_at <= launch.launch_at:
            is_over = is_flight_over(other, flight.landed_at, launch)
        else:
            is_over = is_flight_over(launch, seats[index].landed_at, other)
        if not is_over:
            person = seats[index].person
            detail = tr(
                f"{person!r} is in space with the launch {other.slug!r} at that time.",
                f"{person!r} в это время в полёте, запуск {other.slug!r}.",
            )
            raise_field_error(f"/crew/{index}/person", "in-space", detail)


def is_flight_over(earlier: Launch, landed_at: datetime | None, later: Launch) -> bool:
    """Return true if a flight may have ended before the launch `later`."""
    if landed_at is None:
        return LaunchStatus.PLANNED in {earlier.status, later.status}
    return landed_at < period_end(later.launch_at, later.launch_at_precision)


def _find_landing_launch_id(session: Session, index: int, seat: SeatWrite) -> int | None:
    if seat.landed_with is None:
        return None
    return resolve_slugs(session, Launch, [seat.landed_with], f"/crew/{index}/landed_with")[0]


def _check_not_assigned(session: Session, flight: Flight) -> None:
    crews = (
        select(Mission.slug)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.flight_id == stored_id(flight))
    )
    if mission := session.scalar(crews):
        person = session.scalar(select(Person.slug).where(Person.id == flight.person_id))
        detail = tr(
            f"{person!r} arrived at {mission!r} with this launch. Change that crew first.",
            f"Этим запуском {person!r} прибывает в {mission!r}. Сначала измените тот экипаж.",
        )
        raise_field_error("/crew", "in-use", detail)
