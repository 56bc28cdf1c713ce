"""Locks of rows until the end of a transaction."""

from collections.abc import Collection

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.db.models import Person


def lock_people(connection: Connection | Session, ids: Collection[int]) -> None:
    """Lock the people `ids`, in ascending order, so that transactions do not block each other.

    Waits for the transactions that have locked one of them.
    """
    people = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id)
    connection.execute(people.with_for_update())
