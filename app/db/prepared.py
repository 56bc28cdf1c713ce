"""Prepared statements: compiled by SQLAlchemy once, then executed by the driver directly.

SQLAlchemy's part of an execution takes as long as the database's. The SQL text, the parameters and
the rows are the same as without it.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from app.db.functions import AnySelect
from app.db.sqlalchemy_internals import raise_dbapi_error, result_columns


class CompiledStatement:
    """Compiled statement: SQL text, parameters and result columns, but not the statement object."""

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
        columns = result_columns(compiled)
        self._column_names = tuple(column.keyname for column in columns)
        impls = (column.type.dialect_impl(dialect) for column in columns)
        processors = (impl.result_processor(dialect, None) for impl in impls)
        # Of two columns with one name, the last one counts.
        by_name = dict(zip(self._column_names, processors, strict=True))
        self._result_processors = [(name, process) for name, process in by_name.items() if process]

    def fetch_rows(
        self, connection: Connection, values: Mapping[str, Any], limit: int = -1
    ) -> list[dict[str, Any]]:
        """Fetch the rows, at most `limit` of them, as dicts by column name.

        Raises KeyError if a required parameter is missing, and SQLAlchemy's DBAPIError.
        """
        if not connection.in_transaction():
            connection.begin()
        parameters = self._build_parameters(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, parameters)
            fetched = cursor.fetchall() if limit < 0 else cursor.fetchmany(limit)
            cursor.close()
        except connection.dialect.loaded_dbapi.Error as error:
            raise_dbapi_error(connection, error, self._sql, parameters, cursor)
        rows = [dict(zip(self._column_names, row, strict=True)) for row in fetched]
        for name, process in self._result_processors:
            for row in rows:
                row[name] = process(row[name])
        return rows

    def _build_parameters(self, values: Mapping[str, Any]) -> Any:
        """Parameters for the driver: from `values` by name, else the statement's own value."""
        parameters = []
        for name, bind, process in self._bind_parameters:
            has_own = name not in values and not bind.required
            value = bind.effective_value if has_own else values[name]
            parameters.append(process(value) if process else value)
        return (
            tuple(parameters)
            if self._is_positional
            else dict(zip(self._parameter_keys, parameters, strict=True))
        )


_SEEN_ONCE, _NOT_CACHEABLE = object(), object()
"""Statements that ran once, and statements with SQL that depends on the values."""

_STATEMENTS_BY_DIALECT: dict[str, WeakKeyDictionary[AnySelect, Any]] = {
    "sqlite": WeakKeyDictionary(),
    "postgresql": WeakKeyDictionary(),
}
"""By dialect and statement: the compiled statement, or one of the markers above."""


def get_compiled_statement(
    statement: AnySelect, connection: Connection
) -> CompiledStatement | None:
    """Get the compiled form of a statement from its second run on; None to run it by SQLAlchemy.

    Always None while the engine has listeners for executions, such as tracing.
    """
    events = connection.dispatch
    if events.before_cursor_execute or events.after_cursor_execute:
        return None
    dialect = connection.dialect
    statements = _STATEMENTS_BY_DIALECT[dialect.name]
    cached = statements.get(statement)
    if cached is None:
        statements[statement] = _SEEN_ONCE
    elif cached is _SEEN_ONCE:
        compiled = statement.compile(dialect=dialect)
        by_value = compiled.post_compile_params or compiled.literal_execute_params
        statements[statement] = cached = (
            _NOT_CACHEABLE if by_value else CompiledStatement(compiled, dialect)
        )
    return cached if isinstance(cached, CompiledStatement) else None
