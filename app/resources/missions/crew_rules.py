"""How long roles last, and which of them nobody can have at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.validation_errors import raise_field_error
from app.db.models import CrewAssignment, Mission, Person
from app.domain.languages import tr

MAX_HANDOVER_DURATION = timedelta(days=21)
"""For how long somebody may be in two missions that overlap, when one crew relieves the other."""

DateRange = tuple[date, date]
"""The first and the last day."""


def get_mission_date_range(mission: Mission) -> DateRange:
    """The days that a mission may have, as far as its dates are known."""
    end = mission.ends_until
    last = (end - timedelta(seconds=1)).astimezone(UTC).date() if end else date.max
    return mission.starts_at.astimezone(UTC).date(), last


def get_role_date_range(mission: Mission, from_on: date | None, to_on: date | None) -> DateRange:
    """The days of a role in `mission`: all of its days where none are given."""
    first, last = get_mission_date_range(mission)
    return from_on or first, to_on or last


def ranges_overlap(one: DateRange, other: DateRange) -> bool:
    """Whether two spans have more in common than the day of a handover."""
    return one == other or (one[0] < other[1] and other[0] < one[1])


@dataclass(frozen=True)
class AssignmentDates:
    """Somebody's days in a mission as they are to be, and what of the body says so."""

    person_id: int
    person_slug: str
    date_range: DateRange
    start_pointer: str
    """The pointer to what is at fault where they begin too early."""
    end_pointer: str
    """The same where they end too late."""


def check_not_in_other_missions(
    session: Session, mission: Mission, roles: Collection[AssignmentDates]
) -> None:
    """Nobody is in two missions at once, but for the weeks of a handover."""
    people = sorted({role.person_id for role in roles})
    # Held, so that no other request puts them into another mission meanwhile.
    session.execute(
        select(Person.id).where(Person.id.in_(people)).order_by(Person.id).with_for_update()
    )
    held = session.execute(
        select(CrewAssignment, Mission)
        .join(Mission, Mission.id == CrewAssignment.mission_id)
        .where(CrewAssignment.person_id.in_(people), CrewAssignment.mission_id != mission.id)
        .order_by(CrewAssignment.id)
    )
    for assignment, elsewhere in held:
        there = get_role_date_range(elsewhere, assignment.from_on, assignment.to_on)
        for role in roles:
            both = min(role.date_range[1], there[1]) - max(role.date_range[0], there[0])
            if role.person_id == assignment.person_id and both > MAX_HANDOVER_DURATION:
                pointer = role.start_pointer if there[0] < role.date_range[0] else role.end_pointer
                detail = tr(
                    f"{role.person_slug!r} is in {elsewhere.slug!r} at that time.",
                    f"{role.person_slug!r} в это время в {elsewhere.slug!r}.",
                )
                raise_field_error(pointer, "overlap", detail)
