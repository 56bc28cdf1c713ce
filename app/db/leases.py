"""Leases: a row is processed by one process at a time.

The table has a column `leased_until`. A process that dies holds its lease until it expires. None of
these updates is an edit, so they leave `updated_at` unchanged.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, update

from app.db.database import Database, Row
from app.domain.dates import now


def lease_is_free(model: Any) -> ColumnElement[bool]:
    """SQL condition: no process holds the lease of the row."""
    return or_(model.leased_until.is_(None), model.leased_until <= now())


def acquire_lease(
    database: Database, model: Any, id_: int, duration: timedelta, *conditions: ColumnElement[bool]
) -> Row | None:
    """Lease the row `id_` if it is free and meets `conditions`. Returns the row, or None."""
    where = (model.id == id_, lease_is_free(model), *conditions)
    return _update_row(database, model, where, {"leased_until": now() + duration})


def renew_lease(
    database: Database, model: Any, row: Row, duration: timedelta, values: Mapping[str, Any]
) -> Row | None:
    """Update a leased row and extend its lease. Returns the row, or None if the lease is lost."""
    values = {**values, "leased_until": now() + duration}
    return _update_row(database, model, _still_leased(model, row), values)


def release_lease(
    database: Database, model: Any, row: Row, values: Mapping[str, Any] | None = None
) -> Row | None:
    """Update a leased row and end its lease. Returns the row, or None if the lease is lost."""
    return _update_row(
        database, model, _still_leased(model, row), {**(values or {}), "leased_until": None}
    )


def _still_leased(model: Any, row: Row) -> tuple[ColumnElement[bool], ...]:
    return model.id == row["id"], model.leased_until == row["leased_until"]


def _update_row(
    database: Database,
    model: Any,
    where: tuple[ColumnElement[bool], ...],
    values: Mapping[str, Any],
) -> Row | None:
    statement = update(model).where(*where).values({"updated_at": model.updated_at, **values})
    with database.session() as session:
        columns = model.__table__.columns
        row = session.execute(statement.returning(*columns)).mappings().first()
        return None if row is None else dict(row)
