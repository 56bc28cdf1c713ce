"""Number and total duration of the spacewalks of each person, by which people are sorted.

A spacewalk counts from the time that its end or its duration is known; an unknown duration counts
as 0. The totals of the people concerned are computed again at commit, not incremented, so that
neither a savepoint rolled back nor a wrong total remains. They are no part of the record of a
person: its version stays.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Update, func, or_, select, update
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.models import Person, Spacewalk, SpacewalkMember, stored_id
from app.db.timeouts import disable_timeouts
from app.db.tracking.steps import Writes, has_changed
from app.domain.batching import batched

_BATCH_ROWS = 500

_COUNTED_COLUMNS = ("ends_at", "duration_seconds")
"""Columns of a spacewalk that decide whether and how much it counts."""


def note_touched_totals(session: Session, writes: Writes) -> None:
    """Record the people with a spacewalk that is saved or deleted, before its rows are."""
    new = session.new
    walks = [stored_id(each) for each in writes.deleted if isinstance(each, Spacewalk)]
    walks += [
        stored_id(each)
        for each in writes.saved
        if isinstance(each, Spacewalk) and each not in new and has_changed(each, _COUNTED_COLUMNS)
    ]
    writes.touched_people |= {
        member.person_id
        for member in (*writes.saved, *writes.deleted)
        if isinstance(member, SpacewalkMember)
    }
    if walks:
        members = select(SpacewalkMember.person_id).where(SpacewalkMember.spacewalk_id.in_(walks))
        writes.touched_people |= set(session.connection().execute(members).scalars())


def update_touched_totals(session: Session, writes: Writes) -> None:
    """Compute the totals of the recorded people again, or of all after a bulk write."""
    if {Spacewalk, SpacewalkMember} & (writes.bulk_saved | writes.bulk_deleted):
        rebuild_spacewalk_totals(session)
        return
    recount_spacewalks(session, writes.touched_people)


def rebuild_spacewalk_totals(session: Session) -> None:
    """Compute the totals of all people again."""
    disable_timeouts(session.connection())
    session.connection().execute(_update_statement())


def recount_spacewalks(session: Session, person_ids: Collection[int]) -> None:
    """Compute the totals of the people `person_ids` again."""
    connection = session.connection()
    for ids in batched(sorted(person_ids), _BATCH_ROWS):
        # Waits for the transactions that write their spacewalks, and sees what those commit.
        locked = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id)
        connection.execute(locked.with_for_update())
        connection.execute(_update_statement(Person.id.in_(ids)))


def find_wrong_spacewalk_totals(reader: Reader) -> list[int]:
    """Find the people whose totals differ from their spacewalks, by id."""
    wrong = select(Person.id).where(_is_wrong()).order_by(Person.id)
    return [row["id"] for row in reader.all(wrong)]


def _totals() -> dict[str, ColumnElement[Any]]:
    """Expressions for the totals of a person, by column."""

    def total(value: ColumnElement[int]) -> ColumnElement[Any]:
        return (
            select(value)
            .select_from(Spacewalk)
            .join(SpacewalkMember, SpacewalkMember.spacewalk_id == Spacewalk.id)
            .where(
                SpacewalkMember.person_id == Person.id,
                or_(Spacewalk.ends_at.is_not(None), Spacewalk.duration_seconds.is_not(None)),
            )
            .correlate(Person)
            .scalar_subquery()
        )

    return {
        "spacewalks_count": total(func.count()),
        "spacewalk_seconds": total(func.coalesce(func.sum(Spacewalk.duration_seconds), 0)),
    }


def _is_wrong() -> ColumnElement[bool]:
    return or_(*(getattr(Person, name) != value for name, value in _totals().items()))


def _update_statement(*where: ColumnElement[bool]) -> Update:
    # `updated_at` is set to itself: its default on updates is the present.
    values: dict[str, Any] = _totals() | {"updated_at": Person.updated_at}
    return update(Person).where(_is_wrong(), *where).values(values)
