"""Rules of crews: the days of a role, and overlaps with other missions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.validation_errors import raise_field_error
from app.db.models import CrewAssignment, Mission, stored_id
from app.db.row_locks import lock_people
from app.domain.languages import tr

_MAX_HANDOVER_DURATION = timedelta(days=21)
"""The longest overlap of two missions of one person, when a crew relieves another."""

DateRange = tuple[date, date]
"""The first and the last day."""


def get_mission_date_range(mission: Mission) -> DateRange:
    """The first and last possible day of a mission; `date.max` without an end."""
    end = mission.ends_until
    last = (end - timedelta(seconds=1)).astimezone(UTC).date() if end else date.max
    return mission.starts_at.astimezone(UTC).date(), last


def get_role_date_range(mission: Mission, from_on: date | None, to_on: date | None) -> DateRange:
    """The first and last day of a role; by default those of the mission."""
    first, last = get_mission_date_range(mission)
    return from_on or first, to_on or last


def ranges_overlap(first: DateRange, second: DateRange) -> bool:
    """Return true if two ranges overlap; ranges that share only a boundary day do not."""
    return first == second or (first[0] < second[1] and second[0] < first[1])


def exceeds_handover(first: DateRange, second: DateRange) -> bool:
    """Return true if two ranges overlap for longer than a handover."""
    return min(first[1], second[1]) - max(first[0], second[0]) > _MAX_HANDOVER_DURATION


@dataclass(frozen=True)
class AssignmentDates:
    """The dates of a role to be saved, and their pointers in the body."""

    person_id: int
    person_slug: str
    date_range: DateRange
    start_pointer: str
    """Pointer of the field that causes an overlap at the start."""
    end_pointer: str
    """Pointer of the field that causes an overlap at the end."""


def check_not_in_other_missions(
    session: Session, mission: Mission, roles: Collection[AssignmentDates]
) -> None:
    """Raise InvalidRequest if a person is in another mission for longer than a handover."""
    people = {role.person_id for role in roles}
    # Locked, so that no other request assigns them to another mission meanwhile.
    lock_people(session, people)
    assignments = session.execute(
        select(CrewAssignment, Mission)
        .join(Mission, Mission.id == CrewAssignment.mission_id)
        .where(
            CrewAssignment.person_id.in_(people), CrewAssignment.mission_id != stored_id(mission)
        )
        .order_by(CrewAssignment.id)
    )
    for assignment, other in assignments:
        date_range = get_role_date_range(other, assignment.from_on, assignment.to_on)
        for role in roles:
            if role.person_id != assignment.person_id:
                continue
            if exceeds_handover(role.date_range, date_range):
                is_at_start = date_range[0] < role.date_range[0]
                pointer = role.start_pointer if is_at_start else role.end_pointer
                detail = tr(
                    f"{role.person_slug!r} is in the mission {other.slug!r} at that time.",
                    f"{role.person_slug!r} в это время в экспедиции {other.slug!r}.",
                )
                raise_field_error(pointer, "overlap", detail)
