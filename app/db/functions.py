"""What statements are made of beside SQLAlchemy's own: said here as each database says it.

Queries use it without knowing which database they will be asked of.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    Label,
    ScalarSelect,
    Select,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

from app.db.types import UTCDateTime
from app.domain.clock import current_second

AnySelect = Select[*tuple[Any, ...]]
"""A select of any columns."""

ColumnExpression = ColumnElement[Any] | InstrumentedAttribute[Any]


def compile_arguments(
    element: FunctionElement[Any], compiler: Any, kw: dict[str, Any]
) -> list[str]:
    """Compile the arguments of a function to SQL."""
    return [compiler.process(argument, **kw) for argument in element.clauses]


def current_time_param(instant: Callable[[], datetime] = current_second) -> BindParameter[datetime]:
    """What `instant` tells whenever a statement runs, so that one made before holds later."""
    return bindparam(None, callable_=instant, type_=UTCDateTime(), unique=True)


def hide_from_planner(column: ColumnExpression) -> ColumnElement[Any]:
    """`column` in a condition that holds for nearly every row, so that no index is taken for it.

    SQLite takes one bound of a range for its index, and not always the one that bounds anything.
    """
    return func.coalesce(column, column)


# --- Rows within rows: what belongs to a row, as JSON in one of its columns ----------------------
#
# A list then takes one statement however much each of its rows holds, on either database.


def json_array_subquery(statement: AnySelect, *order: ColumnExpression) -> ScalarSelect[Any]:
    """The rows of `statement`, correlated to the one around it, as a list of dicts by `order`."""
    rows = _JsonArrayAgg(_row_to_json(statement), *order)
    return statement.with_only_columns(rows, maintain_column_froms=True).scalar_subquery()


def json_values_subquery(
    column: ColumnExpression, *where: ColumnElement[bool]
) -> ScalarSelect[Any]:
    """The values of one column where all of `where` holds, as a sorted list."""
    return select(_JsonArrayAgg(column, column)).where(*where).scalar_subquery()


def json_object_subquery(statement: AnySelect) -> ScalarSelect[Any]:
    """The one row of `statement` as a dict, None where there is none."""
    row = _row_to_json(statement)
    return statement.with_only_columns(row, maintain_column_froms=True).scalar_subquery()


class _JsonArrayAgg(GenericFunction[Any]):
    """An aggregate: the first argument of each row, ordered by the other ones."""

    type = JSON()
    inherit_cache = True


class _JsonBuildObject(GenericFunction[Any]):
    """An object made of alternating keys and values."""

    type = JSON()
    inherit_cache = True


class _JsonValue(GenericFunction[Any]):
    """A column as JSON says it: instants in RFC 3339, JSON as it is."""

    inherit_cache = True


def _row_to_json(statement: AnySelect) -> ColumnElement[Any]:
    pairs: list[ColumnElement[Any]] = []
    for column in statement.selected_columns:
        value = column.element if isinstance(column, Label) else column
        if isinstance(value.type, UTCDateTime | JSON):
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


@compiles(_JsonValue)
def _(element: _JsonValue, compiler: Any, **kw: Any) -> str:
    (value,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name != "sqlite":
        return value
    (argument,) = element.clauses
    if isinstance(argument.type, JSON):
        return f"json({value})"
    return f"(replace({value}, ' ', 'T') || 'Z')"


# --- What each database says of itself -----------------------------------------------------------


class LastSequenceValue(GenericFunction[int]):
    """The last number that was given to a row, though it may have been deleted since."""

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


class IsWritable(FunctionElement[bool]):
    """Whether writers are let in; a read-only transaction, as of a `Reader`, is not meant."""

    type = Boolean()
    inherit_cache = True


@compiles(ServerVersion)
def _(_element: ServerVersion, compiler: Any, **_kw: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "sqlite_version()"
    return "current_setting('server_version')"


@compiles(IsWritable)
def _(_element: IsWritable, compiler: Any, **_kw: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "1"
    return "(NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off')"


class CurrentTransactionId(FunctionElement[int]):
    """Id of the present transaction; 0 on SQLite, which has one writer at a time."""

    inherit_cache = True


@compiles(CurrentTransactionId)
def _(_element: CurrentTransactionId, compiler: Any, **_kw: Any) -> str:
    sqlite = compiler.dialect.name == "sqlite"
    return "0" if sqlite else "(pg_current_xact_id()::text::bigint)"


class SnapshotXmin(FunctionElement[int]):
    """The number of the oldest transaction that may still write: those before it have ended.

    Numbers are given before commits are made, so only what lies below is known to be complete.
    SQLite writes one transaction at a time: what can be seen there is complete.
    """

    inherit_cache = True


@compiles(SnapshotXmin)
def _(_element: SnapshotXmin, compiler: Any, **_kw: Any) -> str:
    if compiler.dialect.name == "sqlite":
        return "9223372036854775807"
    return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


# --- Rows from outside: a table made of one parameter --------------------------------------------
#
# However many rows it has, the statement is the same: compiled once, and kept.


def timestamp_rows_cte(parameter: str, *names: str) -> CTE:
    """A `parameter` made by `encode_timestamp_rows` as a table: the columns `names`, and `n`,
    counted from 0.
    """
    given = bindparam(parameter, type_=JSON())
    row = _JsonEach(given).table_valued("value", name="given").c.value

    def item(place: int) -> ColumnElement[Any]:
        return row.op("->>")(literal_column(str(place)))

    columns = [
        _CastToTimestamp(item(place)).label(name) for place, name in enumerate(names, start=1)
    ]
    return select(cast(item(0), Integer).label("n"), *columns).cte("period")


def encode_timestamp_rows(rows: Iterable[Sequence[datetime]]) -> list[list[Any]]:
    """`rows` as the value of the parameter of `timestamp_rows_cte`."""
    # Four times as fast as strftime.
    written = ([at.replace(tzinfo=None).isoformat(" ", "microseconds") for at in r] for r in rows)
    return [[n, *row] for n, row in enumerate(written)]


class _JsonEach(GenericFunction[Any]):
    """The items of a JSON list as rows."""

    inherit_cache = True


class _CastToTimestamp(GenericFunction[Any]):
    """Text in the form that SQLite keeps instants in, as an instant."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(_JsonEach)
def _(element: _JsonEach, compiler: Any, **kw: Any) -> str:
    name = "json_each" if compiler.dialect.name == "sqlite" else "json_array_elements"
    return f"{name}({', '.join(compile_arguments(element, compiler, kw))})"


@compiles(_CastToTimestamp)
def _(element: _CastToTimestamp, compiler: Any, **kw: Any) -> str:
    (text,) = compile_arguments(element, compiler, kw)
    return text if compiler.dialect.name == "sqlite" else f"CAST({text} AS TIMESTAMPTZ)"
