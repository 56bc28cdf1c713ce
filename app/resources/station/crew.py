"""Mission under way, its commander, and the people aboard."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.launches import select_launch_ref
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.people import select_person_ref
from app.api.read_models import instant_of
from app.db.aboard import (
    ABOARD_FROM,
    ABOARD_FROM_PRECISION,
    ABOARD_TO,
    ABOARD_TO_PRECISION,
    ABOARD_UNTIL,
    was_in_space,
)
from app.db.database import Reader, Row
from app.db.functions import AnySelect, json_object_subquery
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person
from app.db.types import UTCDateTime
from app.domain.dates import Precision
from app.domain.enums import CrewRole
from app.resources.station.moment import Moment, is_at, is_there


def find_mission_under_way(reader: Reader, moment: Moment) -> Row | None:
    """Find the mission under way, with its commander."""
    row = reader.first(_select_mission(), at=moment.last, day=moment.day)
    if row is None or row["starts_at"] > moment.last:
        return None
    return row


def list_people_aboard(reader: Reader, moment: Moment) -> list[Row]:
    """List the people aboard, with their missions."""
    values = moment.bounds._asdict() | {"at": moment.last, "day": moment.day}
    return reader.all(_select_aboard(), **values)


def find_commander(
    mission: Row | None, aboard: list[Row] | None, at: datetime
) -> dict[str, Any] | None:
    """Fields of a `Commander`, of the commander of `mission` if that person is aboard."""
    commander = mission and mission["commander"]
    present = {row["person"]["slug"] for row in aboard or () if is_at(row, "aboard_until", at)}
    if mission is None or commander is None or commander["slug"] not in present:
        return None
    since, precision = mission["starts_at"], mission["starts_at_precision"]
    if mission["previous_ends_at"] and mission["previous_ends_at"] > since:
        since, precision = mission["previous_ends_at"], mission["previous_ends_at_precision"]
    if commander["from_on"]:
        since, precision = instant_of(commander["from_on"]), Precision.DAY
    return {"person": commander, "since": since, "since_precision": precision}


def _has_role_on(assignment: type[CrewAssignment]) -> ColumnElement[bool]:
    day = bindparam("day", type_=CrewAssignment.from_on.type)
    return and_(
        or_(assignment.from_on.is_(None), assignment.from_on <= day),
        or_(assignment.to_on.is_(None), assignment.to_on >= day),
    )


@cache
def _select_mission() -> AnySelect:
    """Select the first mission to end from `at` on."""
    previous, assignment, person = aliased(Mission), aliased(CrewAssignment), aliased(Person)
    commander = (
        select_person_ref(person)
        .add_columns(assignment.from_on)
        .join(assignment, assignment.person_id == person.id)
        .where(
            assignment.mission_id == Mission.id,
            assignment.role == CrewRole.COMMANDER,
            _has_role_on(assignment),
        )
        # The last one to take command on the day.
        .order_by(assignment.from_on.is_not(None).desc(), assignment.from_on.desc())
        .limit(1)
    )
    before = previous.number == Mission.number - 1
    ends = {
        "previous_ends_at": previous.ends_at,
        "previous_ends_at_precision": previous.ends_at_precision,
    }
    return (
        select_mission_ref()
        .add_columns(
            Mission.id,
            Mission.starts_at,
            Mission.starts_at_precision,
            json_object_subquery(commander).label("commander"),
            *(column.label(name) for name, column in ends.items()),
        )
        .outerjoin(previous, before)
        .where(Mission.ends_sort_at >= bindparam("at", type_=UTCDateTime()))
        .order_by(Mission.ends_sort_at, Mission.number)
        .limit(1)
    )


@cache
def _select_aboard() -> AnySelect:
    """Select the people aboard, each with the first mission to end that they are in."""
    assignment, person, mission = aliased(CrewAssignment), aliased(Person), aliased(Mission)
    at = bindparam("at", type_=UTCDateTime())
    role = (
        select_mission_ref(mission)
        .add_columns(assignment.role)
        .join(assignment, assignment.mission_id == mission.id)
        .where(
            assignment.person_id == Flight.person_id,
            mission.starts_sort_at <= at,
            mission.ends_sort_at >= at,
            _has_role_on(assignment),
        )
        .order_by(
            mission.ends_sort_at,
            assignment.from_on.is_not(None).desc(),
            assignment.from_on.desc(),
        )
        .limit(1)
    )
    ref, up = select_person_ref(person), aliased(Launch)
    first, end = (bindparam(name, type_=UTCDateTime()) for name in ("low", "high"))
    return (
        select(
            json_object_subquery(ref.where(person.id == Flight.person_id)).label("person"),
            json_object_subquery(select_launch_ref(up).where(up.id == Flight.launch_id)).label(
                "launch"
            ),
            json_object_subquery(role).label("mission"),
            ABOARD_FROM.label("since"),
            ABOARD_FROM_PRECISION.label("since_precision"),
            ABOARD_TO.label("until"),
            ABOARD_TO_PRECISION.label("until_precision"),
            ABOARD_UNTIL.label("aboard_until"),
        )
        .join(Launch, Launch.id == Flight.launch_id)
        .where(
            was_in_space(first, end),
            is_there(
                ABOARD_FROM, ABOARD_FROM_PRECISION, ABOARD_TO, ABOARD_UNTIL, ABOARD_TO_PRECISION
            ),
        )
        .order_by(ABOARD_FROM, Launch.launch_sort_at, Flight.ordinal, Flight.id)
    )
