"""Totals of the flights and the spacewalks of each person, by which people are sorted.

A spacewalk counts from the time that its end or its duration is known; an unknown duration counts
as 0. A flight counts if its launch reached space; its duration counts when the person has landed.
The totals of the people concerned are computed again at commit, not incremented, so that neither a
savepoint rolled back nor a wrong total remains. They are no part of the record of a person: its
version stays.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Update,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.functions import SecondsBetween
from app.db.models import Flight, Launch, Person, Spacewalk, SpacewalkMember, stored_id
from app.db.row_locks import lock_people
from app.db.timeouts import disable_timeouts
from app.db.tracking.steps import Writes, has_changed
from app.domain.batching import batched
from app.domain.enums import FLOWN_STATUSES

_BATCH_ROWS = 500

_SPACEWALK_COLUMNS = ("ends_at", "duration_seconds")
"""Columns of a spacewalk that decide whether and how much it counts."""
_LAUNCH_COLUMNS = ("status", "launch_at")
"""Columns of a launch that decide whether and how much its flights count."""


def note_touched_totals(session: Session, writes: Writes) -> None:
    """Record the people with a flight or spacewalk that is written, before its rows are."""
    written = (*writes.saved, *writes.deleted)
    writes.touched_people |= {
        each.person_id for each in written if isinstance(each, Flight | SpacewalkMember)
    }
    touched = (
        (_find_touched(session, writes, Spacewalk, _SPACEWALK_COLUMNS), _SELECT_WALKERS),
        (_find_touched(session, writes, Launch, _LAUNCH_COLUMNS), _SELECT_FLYERS),
    )
    for ids, people in touched:
        if ids:
            writes.touched_people |= set(session.connection().scalars(people, {"ids": ids}))


_IDS = bindparam("ids", type_=Integer(), expanding=True)
_SELECT_WALKERS = select(SpacewalkMember.person_id).where(SpacewalkMember.spacewalk_id.in_(_IDS))
_SELECT_FLYERS = select(Flight.person_id).where(Flight.launch_id.in_(_IDS))


def _find_touched(
    session: Session, writes: Writes, model: type[Spacewalk | Launch], columns: tuple[str, ...]
) -> list[int]:
    """The ids of stored records of `model` that are deleted, or change in one of `columns`."""
    changed = (
        each
        for each in writes.saved
        if isinstance(each, model) and each not in session.new and has_changed(each, columns)
    )
    deleted = (each for each in writes.deleted if isinstance(each, model))
    return [stored_id(each) for each in (*deleted, *changed)]


def update_touched_totals(session: Session, writes: Writes) -> None:
    """Compute the totals of the recorded people again, or of all after a bulk write."""
    counted = {Flight, Launch, Spacewalk, SpacewalkMember}
    if counted & (writes.bulk_saved | writes.bulk_deleted):
        rebuild_person_totals(session)
        return
    recount_person_totals(session, writes.touched_people)


def rebuild_person_totals(session: Session) -> None:
    """Compute the totals of all people again."""
    disable_timeouts(session.connection())
    session.connection().execute(_update_statement())


def recount_person_totals(session: Session, person_ids: Collection[int]) -> None:
    """Compute the totals of the people `person_ids` again."""
    connection = session.connection()
    for ids in batched(sorted(person_ids), _BATCH_ROWS):
        # Waits for the transactions that write what is counted, and sees what those commit.
        lock_people(connection, ids)
        connection.execute(_update_statement(Person.id.in_(ids)))


def find_wrong_person_totals(reader: Reader) -> list[int]:
    """Find the people whose totals differ from their flights or spacewalks, by id."""
    wrong = select(Person.id).where(_is_wrong()).order_by(Person.id)
    return [row["id"] for row in reader.all(wrong)]


def _totals() -> dict[str, ColumnElement[Any]]:
    """Expressions for the totals of a person, by column."""

    def of_walks(value: ColumnElement[int]) -> ColumnElement[Any]:
        walks = (
            select(value)
            .select_from(Spacewalk)
            .join(SpacewalkMember, SpacewalkMember.spacewalk_id == Spacewalk.id)
            .where(or_(Spacewalk.ends_at.is_not(None), Spacewalk.duration_seconds.is_not(None)))
        )
        return of_person(walks, SpacewalkMember.person_id)

    def of_flights(value: ColumnElement[int]) -> ColumnElement[Any]:
        flights = (
            select(value)
            .select_from(Flight)
            .join(Launch, Launch.id == Flight.launch_id)
            .where(Launch.status.in_(FLOWN_STATUSES))
        )
        return of_person(flights, Flight.person_id)

    def of_person(statement: Select[Any], person_id: Any) -> ColumnElement[Any]:
        return statement.where(person_id == Person.id).correlate(Person).scalar_subquery()

    has_landed = Flight.landed_at > Launch.launch_at
    in_flight = case((has_landed, SecondsBetween(Launch.launch_at, Flight.landed_at)), else_=0)
    return {
        "spacewalks_count": of_walks(func.count()),
        "spacewalk_seconds": of_walks(func.coalesce(func.sum(Spacewalk.duration_seconds), 0)),
        "flights_count": of_flights(func.count()),
        "flight_seconds": of_flights(func.coalesce(func.sum(in_flight), 0)),
    }


def _is_wrong() -> ColumnElement[bool]:
    return or_(*(getattr(Person, name) != value for name, value in _totals().items()))


def _update_statement(*where: ColumnElement[bool]) -> Update:
    # `updated_at` is set to itself: its default on updates is the present.
    values: dict[str, Any] = _totals() | {"updated_at": Person.updated_at}
    return update(Person).where(_is_wrong(), *where).values(values)
