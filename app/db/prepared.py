"""Statements that are run again and again: compiled by SQLAlchemy once, then run by the driver.

What SQLAlchemy does for each run takes as long as the database does. The text, the parameters and
the rows are the same as without.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from app.db.functions import AnySelect


class CompiledStatement:
    """A statement as the driver takes it. It holds nothing of the statement itself."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self._sql = compiled.string
        self._is_positional = compiled.positional
        binds = compiled.binds
        names = compiled.positiontup or list(binds)
        self._parameter_keys = [compiled.escaped_bind_names.get(name, name) for name in names]
        self._bind_parameters = [
            (name, binds[name], binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in names
        ]
        self._column_names = tuple(column.keyname for column in compiled._result_columns)
        impls = (column.type.dialect_impl(dialect) for column in compiled._result_columns)
        readers = (impl.result_processor(dialect, None) for impl in impls)
        by_name = dict(
            zip(self._column_names, readers, strict=True)
        )  # of two with one name the last
        self._result_processors = [(name, read) for name, read in by_name.items() if read]

    def fetch_rows(
        self, connection: Connection, values: Mapping[str, Any], most: int = -1
    ) -> list[dict[str, Any]]:
        """The rows, each by its column names, or so many of them at the most."""
        if not connection.in_transaction():
            connection.begin()
        given = self._build_parameters(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, given)
            found = cursor.fetchall() if most < 0 else cursor.fetchmany(most)
            cursor.close()
        except connection.dialect.loaded_dbapi.Error as error:
            # As of any other statement: with its type, and with what it says of the connection.
            connection._handle_dbapi_exception(error, self._sql, given, cursor, None)
        rows = [dict(zip(self._column_names, row, strict=True)) for row in found]
        for name, read in self._result_processors:
            for row in rows:
                row[name] = read(row[name])
        return rows

    def _build_parameters(self, values: Mapping[str, Any]) -> Any:
        """The parameters: those in `values` by name, and those that the statement has itself."""
        given = []
        for name, bind, written in self._bind_parameters:
            own = name not in values and not bind.required
            value = bind.effective_value if own else values[name]
            given.append(written(value) if written else value)
        return (
            tuple(given)
            if self._is_positional
            else dict(zip(self._parameter_keys, given, strict=True))
        )


_SEEN_ONCE, _NOT_CACHEABLE = object(), object()
"""What is known of statements that have been run once, and that are spelt anew for their values."""

_STATEMENTS_BY_DIALECT: dict[str, WeakKeyDictionary[AnySelect, Any]] = {
    "sqlite": WeakKeyDictionary(),
    "postgresql": WeakKeyDictionary(),
}
"""What is known of statements, by dialect."""


def get_compiled_statement(
    statement: AnySelect, connection: Connection
) -> CompiledStatement | None:
    """`statement` as it is run, where it has been before; None where SQLAlchemy is to run it.

    Whoever listens to statements, as traces do, hears of them from SQLAlchemy.
    """
    events = connection.dispatch
    if events.before_cursor_execute or events.after_cursor_execute:
        return None
    dialect = connection.dialect
    statements = _STATEMENTS_BY_DIALECT[dialect.name]
    known = statements.get(statement)
    if known is None:
        statements[statement] = _SEEN_ONCE
    elif known is _SEEN_ONCE:
        compiled = statement.compile(dialect=dialect)
        anew = compiled.post_compile_params or compiled.literal_execute_params
        statements[statement] = known = (
            _NOT_CACHEABLE if anew else CompiledStatement(compiled, dialect)
        )
    return known if isinstance(known, CompiledStatement) else None
