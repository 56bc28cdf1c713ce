"""SQL functions and expressions with a form for each database, so that queries are the same."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    Label,
    ScalarSelect,
    Select,
    String,
    TableValuedAlias,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy import column as sql_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

from app.db.types import UTCDateTime
from app.domain.clock import current_second

AnySelect = Select[*tuple[Any, ...]]
"""SELECT of any columns."""

ColumnExpression = ColumnElement[Any] | InstrumentedAttribute[Any]


def compile_arguments(
    element: FunctionElement[Any], compiler: Any, kw: dict[str, Any]
) -> list[str]:
    """Compile the arguments of a function to SQL."""
    return [compiler.process(argument, **kw) for argument in element.clauses]


def current_time_param(instant: Callable[[], datetime] = current_second) -> BindParameter[datetime]:
    """Build a parameter with the value of `instant()` at each run of a statement."""
    return bindparam(None, callable_=instant, type_=UTCDateTime(), unique=True)


def row_limit_param(name: str) -> ColumnElement[int]:
    """Build a parameter for LIMIT; on PostgreSQL its value becomes part of the SQL text.

    PostgreSQL's planner estimates an unknown LIMIT at a tenth of all rows. Such a plan looks more
    expensive than one for the value, so that a prepared statement would be planned at each run.
    """
    return _RowLimit(bindparam(name, type_=Integer()))


def hide_from_planner(column: ColumnExpression) -> ColumnElement[Any]:
    """Wrap `column` so that a condition that most rows fulfil does not use an index.

    SQLite uses an index for one bound of a range, and not always for the selective one.
    """
    return func.coalesce(column, column)


class SqliteShortcut(FunctionElement[bool]):
    """Condition for an OR whose other part includes it: it saves reads on SQLite.

    False on PostgreSQL, whose planner would count the rows of both parts.
    """

    type = Boolean()
    inherit_cache = True


@compiles(SqliteShortcut)
def _(element: SqliteShortcut, compiler: Any, **kw: Any) -> str:
    (condition,) = element.clauses
    return (
        f"({compiler.process(condition, **kw)})" if compiler.dialect.name == "sqlite" else "false"
    )


def has_row(statement: AnySelect) -> ColumnElement[bool]:
    """Condition: a correlated `statement` of a column that is not null selects a row.

    It is tested row by row, in the order in which an index is read. Of EXISTS, PostgreSQL makes a
    join, which reads all rows before the first one is returned.
    """
    return statement.limit(1).scalar_subquery().is_not(None)


@cache
def select_distinct_values(
    column: ColumnExpression, where: tuple[ColumnElement[bool], ...] = ()
) -> AnySelect:
    """Select the first `number` different values of `column` from `start` on, in order.

    By an index that begins with the column, with one seek for each value, however many rows have
    it. `where` are conditions of the rows.
    """
    ordered = select(column).where(*where).order_by(column).limit(1)
    start = bindparam("start", type_=column.type)
    first = select(ordered.where(column >= start).scalar_subquery().label("value"))
    found = first.cte("found", recursive=True)
    after = ordered.where(column > found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(select(after).where(found.c.value.is_not(None)))
    number = bindparam("number", type_=Integer())
    return select(found.c.value).where(found.c.value.is_not(None)).limit(number)


# --- Nested rows as JSON columns, so that a list with its parts is one statement ------------------


def json_array_subquery(statement: AnySelect, *order: ColumnExpression) -> ScalarSelect[Any]:
    """Build a subquery for the rows of a correlated `statement`: a list of dicts in `order`."""
    rows = _JsonArrayAgg(_row_to_json(statement), *order)
    return statement.with_only_columns(rows, maintain_column_froms=True).scalar_subquery()


def json_values_subquery(
    column: ColumnExpression, *where: ColumnElement[bool]
) -> ScalarSelect[Any]:
    """Build a subquery for the sorted values of one column where all of `where` holds."""
    return select(_JsonArrayAgg(column, column)).where(*where).scalar_subquery()


def json_object_subquery(statement: AnySelect) -> ScalarSelect[Any]:
    """Build a subquery for the only row of `statement`: a dict, None if there is no row."""
    row = _row_to_json(statement)
    return statement.with_only_columns(row, maintain_column_froms=True).scalar_subquery()


def has_json_value(column: ColumnExpression, name: str) -> ColumnElement[bool]:
    """Condition: a JSON array of texts has one of the values of the parameter `name`."""
    value = _json_array_values(column).columns["value"]
    return select(value).where(value.in_(bindparam(name))).exists()


def select_json_values(
    id_: InstrumentedAttribute[int], column: InstrumentedAttribute[Any]
) -> AnySelect:
    """Select the `id` of each row with each `value` of a JSON array of texts in its table."""
    values = _json_array_values(column)
    rows = select(id_.label("id"), values.columns["value"].label("value"))
    return rows.join_from(id_.class_, values, true())


def _json_array_values(column: ColumnExpression) -> TableValuedAlias:
    return _JsonArrayValues(column).table_valued(sql_column("value", String))


class _JsonArrayAgg(GenericFunction[Any]):
    """JSON array of the first argument of each row, ordered by the other arguments."""

    type = JSON()
    inherit_cache = True


class _RowLimit(FunctionElement[int]):
    inherit_cache = True


class _JsonBuildObject(GenericFunction[Any]):
    """JSON object of alternating keys and values."""

    type = JSON()
    inherit_cache = True


class _JsonArrayValues(GenericFunction[Any]):
    """Rows of the texts in a JSON array."""

    inherit_cache = True


class _JsonValue(GenericFunction[Any]):
    """Column as a JSON value: instants in RFC 3339, true and false, JSON unchanged."""

    inherit_cache = True


def _row_to_json(statement: AnySelect) -> ColumnElement[Any]:
    pairs: list[ColumnElement[Any]] = []
    for column in statement.selected_columns:
        value = column.element if isinstance(column, Label) else column
        if isinstance(value.type, Boolean | UTCDateTime | JSON):
            value = _JsonValue(value)
        pairs += [literal_column(f"'{column.key}'"), value]
    return _JsonBuildObject(*pairs)


@compiles(_JsonArrayAgg)
def _(element: _JsonArrayAgg, compiler: Any, **kw: Any) -> str:
    value, *order = compile_arguments(element, compiler, kw)
    rows = f"{value} ORDER BY {', '.join(order)}"
    if compiler.dialect.name == "sqlite":
        return f"json_group_array({rows})"
    return f"coalesce(json_agg({rows}), '[]'::json)"


@compiles(_JsonBuildObject)
def _(element: _JsonBuildObject, compiler: Any, **kw: Any) -> str:
    name = "json_object" if compiler.dialect.name == "sqlite" else "json_build_object"
    return f"{name}({', '.join(compile_arguments(element, compiler, kw))})"


@compiles(_RowLimit)
def _(element: _RowLimit, compiler: Any, **kw: Any) -> str:
    options = kw if compiler.dialect.name == "sqlite" else {**kw, "literal_execute": True}
    (number,) = compile_arguments(element, compiler, options)
    return number


@compiles(_JsonArrayValues)
def _(element: _JsonArrayValues, compiler: Any, **kw: Any) -> str:
    (array,) = compile_arguments(element, compiler, kw)
    sqlite = compiler.dialect.name == "sqlite"
    return f"json_each({array})" if sqlite else f"json_array_elements_text({array})"


@compiles(_JsonValue)
def _(element: _JsonValue, compiler: Any, **kw: Any) -> str:
    (value,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name != "sqlite":
        return value
    (argument,) = element.clauses
    if isinstance(argument.type, JSON):
        return f"json({value})"
    if isinstance(argument.type, Boolean):
        return f"json(CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
    return f"(replace({value}, ' ', 'T') || 'Z')"


# --- Texts ---------------------------------------------------------------------------------------


class PositionOf(FunctionElement[int]):
    """Position of the second text in the first, from 1, by case; 0 if it is not there.

    LIKE ignores the case of Latin letters on SQLite alone.
    """

    type = Integer()
    inherit_cache = True


@compiles(PositionOf)
def _(element: PositionOf, compiler: Any, **kw: Any) -> str:
    text, part = compile_arguments(element, compiler, kw)
    name = "instr" if compiler.dialect.name == "sqlite" else "strpos"
    return f"{name}({text}, {part})"


# --- State of the database -----------------------------------------------------------------------


class LastSequenceValue(GenericFunction[int]):
    """Last value generated for a primary key, also if its row has been deleted."""

    type = Integer()
    inherit_cache = False


@compiles(LastSequenceValue)
def _(element: LastSequenceValue, compiler: Any, **_kw: Any) -> str:
    table, column = (argument.value for argument in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"(SELECT seq FROM sqlite_sequence WHERE name = '{table}')"  # noqa: S608 - ours
    return f"pg_sequence_last_value(pg_get_serial_sequence('{table}', '{column}'))"


class ServerVersion(FunctionElement[str]):
    inherit_cache = True


@compiles(ServerVersion)
def _(_element: ServerVersion, compiler: Any, **_kw: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "sqlite_version()"
    return "current_setting('server_version')"


class CurrentTransactionId(FunctionElement[int]):
    """Id of the present transaction; 0 on SQLite, which has one writer at a time."""

    inherit_cache = True


@compiles(CurrentTransactionId)
def _(_element: CurrentTransactionId, compiler: Any, **_kw: Any) -> str:
    sqlite = compiler.dialect.name == "sqlite"
    return "0" if sqlite else "(pg_current_xact_id()::text::bigint)"


class SnapshotXmin(FunctionElement[int]):
    """Id of the oldest transaction in progress: all transactions with a lower id have ended.

    Sequence numbers are assigned before the commit, so only rows of lower transaction ids are known
    to be complete. On SQLite all visible rows are: it has one writer at a time.
    """

    inherit_cache = True


@compiles(SnapshotXmin)
def _(_element: SnapshotXmin, compiler: Any, **_kw: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "9223372036854775807"
    return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


# --- Parts of instants ----------------------------------------------------------------------------


class StartOfHour(GenericFunction[datetime]):
    """Start of the hour of an instant."""

    type = UTCDateTime()
    inherit_cache = True


class StartOfDay(GenericFunction[datetime]):
    """Start of the day of an instant, in UTC."""

    type = UTCDateTime()
    inherit_cache = True


class AddDays(GenericFunction[datetime]):
    """Instant a number of days after another one, both full seconds."""

    type = UTCDateTime()
    inherit_cache = True


class SecondsBetween(GenericFunction[int]):
    """Seconds from one instant to a later one, both full seconds."""

    type = Integer()
    inherit_cache = True


class CollapseMidMonth(GenericFunction[Any]):
    """Replace instants of the days 2 to 27 of a month, in UTC, by the start of day 2."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(StartOfHour)
def _(element: StartOfHour, compiler: Any, **kw: Any) -> str:
    (at,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"(substr({at}, 1, 13) || ':00:00.000000')"
    return f"date_trunc('hour', {at})"


@compiles(StartOfDay)
def _(element: StartOfDay, compiler: Any, **kw: Any) -> str:
    (at,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"(substr({at}, 1, 10) || ' 00:00:00.000000')"
    return f"date_trunc('day', {at}, 'UTC')"


@compiles(AddDays)
def _(element: AddDays, compiler: Any, **kw: Any) -> str:
    at, days = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"(strftime('%Y-%m-%d %H:%M:%S', {at}, {days} || ' days') || '.000000')"
    return f"({at} + {days} * interval '24 hours')"


@compiles(SecondsBetween)
def _(element: SecondsBetween, compiler: Any, **kw: Any) -> str:
    start, end = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"(strftime('%s', {end}) - strftime('%s', {start}))"
    return f"CAST(extract(epoch FROM {end} - {start}) AS INTEGER)"


@compiles(CollapseMidMonth)
def _(element: CollapseMidMonth, compiler: Any, **kw: Any) -> str:
    (at,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        middle = f"substr({at}, 9, 2) BETWEEN '02' AND '27'"
        second = f"substr({at}, 1, 8) || '02 00:00:00.000000'"
    else:
        middle = f"extract(day FROM {at}) BETWEEN 2 AND 27"
        second = f"date_trunc('month', {at}) + interval '1 day'"
    return f"(CASE WHEN {middle} THEN {second} ELSE {at} END)"
