"""Copies of the records of the archive, until each list has a given number of them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    cast,
    func,
    insert,
    inspect,
    null,
    select,
    text,
)

from app.db.database import Database
from app.db.models import Base, CrewAssignment
from app.db.timeouts import disable_timeouts
from app.domain.enums import RecordType
from app.resources.registry import RECORD_RESOURCES
from bench.bulk import optimize

_UNIQUE_TEXTS = frozenset({"key", "name_key", "slug", "translation_key"})
_UNIQUE_NUMBERS = frozenset({"number"})
_UNIQUE_OR_NULL = frozenset({"code", "cospar_id"})
_LISTED_PART = Base.metadata.tables[CrewAssignment.__tablename__]
"""Part of a record that has a list of its own."""


def fill_copies(database: Database, number: int, record_types: Collection[RecordType]) -> None:
    """Copy records of some types, with their parts, until there are `number` of each type.

    A copy refers to the same records as the original. Copies are not in the search index. Crew
    assignments, which have a list of their own, are fewer than `number`.
    """
    with database.engine.connect() as connection, connection.begin():
        disable_timeouts(connection)
        if connection.dialect.name == "postgresql":  # copies refer to what the originals refer to
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for record_type in record_types:
            table = inspect(RECORD_RESOURCES[record_type].model).local_table
            assert isinstance(table, Table)
            _fill_table(connection, table, dict(_list_parts(record_type)), number)
    optimize(database)


def _list_parts(record_type: RecordType) -> Iterator[tuple[Table, str]]:
    """Tables of the parts of records of a type, with the column of the record."""
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if getattr(model, "record_type", None) == record_type and model.record_key != "id":
            yield Base.metadata.tables[model.__tablename__], model.record_key


def _fill_table(
    connection: Connection, table: Table, parts: Mapping[Table, str], number: int
) -> None:
    """Copy all records of a table, again and again; the last time, as many as are missing."""
    step = 0
    while (missing := number - _count(connection, table)) > 0:
        step += 1
        chosen = select(table.c.id).order_by(table.c.id).limit(missing).subquery()
        last_id = connection.scalar(select(func.max(chosen.c.id)))
        offset = _find_last_id(connection, table)
        for each, key in {table: "id", **parts}.items():
            if each is _LISTED_PART and 2 * _count(connection, each) > number:
                continue
            moved = {"id": _find_last_id(connection, each), key: offset}
            columns = [_copy(column, moved, offset, step) for column in each.c]
            rows = select(*columns).where(each.c[key] <= last_id)
            connection.execute(insert(each).from_select([column.name for column in each.c], rows))


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _find_last_id(connection: Connection, table: Table) -> int:
    return (connection.scalar(select(func.max(table.c.id))) or 0) if "id" in table.c else 0


def _copy(
    column: Column[Any], moved: Mapping[str, int], offset: int, step: int
) -> ColumnElement[Any]:
    """Value of a column in the copy of a row."""
    if column.name in moved:
        return column + moved[column.name]
    if column.name in _UNIQUE_NUMBERS:
        return column + offset
    if column.name in _UNIQUE_TEXTS:
        return cast(column, String) + f"-c{step}"
    return null() if column.name in _UNIQUE_OR_NULL else column
