"""Prepared statements: compiled by SQLAlchemy once, then executed by the driver directly.

SQLAlchemy's part of an execution takes as long as the database's. The SQL text, the parameters and
the rows are the same as without it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, Connection, Dialect, Integer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from app.db.functions import AnySelect

Values = Mapping[str, Any]
"""Values of the named parameters of a statement; a list for `column.in_(bindparam(name))`."""

FormKey = tuple[int, ...]
"""Lengths of the lists among the values of a statement, and the numbers in its SQL text."""


class CompiledStatement:
    """Compiled statement: SQL text, parameters and result columns, but not the statement object.

    The SQL text has a parameter for each value of a list: it is for lists of the lengths of
    `values`. Numbers that are part of the text are those of `values`.
    """

    def __init__(
        self, statement: AnySelect, compiled: SQLCompiler, dialect: Dialect, values: Values
    ) -> None:
        expanded = compiled.construct_expanded_state(values, escape_names=False)
        self._sql = expanded.statement
        self._is_positional = compiled.positional
        positions = {
            name: (key, index)
            for key, names in expanded.parameter_expansion.items()
            for index, name in enumerate(names)
        }
        names = expanded.positiontup or list(expanded.parameters)
        self._names_in_text = [compiled.escaped_bind_names.get(name, name) for name in names]
        self._constants: list[Any] = []
        """Parameters for the driver, None for those below."""
        self._variables: list[tuple[int, BindParameter[Any], int | None, Any]] = []
        """Position, parameter of the statement, index in its list, processor of its values."""
        for position, name in enumerate(names):
            key, index = positions.get(name, (name, None))
            bind = compiled.binds[key]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            is_constant = bind.unique and not bind.callable and not bind.required
            self._constants.append(_get_value(bind, {}, index, process) if is_constant else None)
            if not is_constant:
                self._variables.append((position, bind, index, process))
        self._dialect = dialect
        self._types = [each["type"].dialect_impl(dialect) for each in statement.column_descriptions]
        self._result_processors: list[tuple[str, Any]] | None = None
        """Names of the columns whose values are converted, with their processors."""

    def fetch_rows(
        self, connection: Connection, values: Values, limit: int = -1
    ) -> list[dict[str, Any]]:
        """Fetch the rows, at most `limit` of them, as dicts by column name.

        Of two columns with one name, the last one counts. Raises KeyError if a required parameter
        is missing, and SQLAlchemy's DBAPIError.
        """
        if not connection.in_transaction():
            connection.begin()
        parameters = self._build_parameters(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, parameters)
            fetched = cursor.fetchall() if limit < 0 else cursor.fetchmany(limit)
            columns = cursor.description or ()
            cursor.close()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _convert_error(connection, error, self._sql, parameters, cursor) from error
        names = [column[0] for column in columns]
        rows = [dict(zip(names, row, strict=True)) for row in fetched]
        if self._result_processors is None:
            self._result_processors = self._build_result_processors(columns)
        for name, process in self._result_processors:
            for row in rows:
                row[name] = process(row[name])
        return rows

    def _build_result_processors(self, columns: Sequence[Any]) -> list[tuple[str, Any]]:
        """Build the processors of a result; `columns` describe it as the driver does.

        A processor of numbers depends on the type that the database sends.
        """
        processors = {
            column[0]: type_.result_processor(self._dialect, column[1])
            for column, type_ in zip(columns, self._types, strict=True)
        }
        return [(name, process) for name, process in processors.items() if process]

    def _build_parameters(self, values: Values) -> Any:
        parameters = self._constants.copy()
        for position, bind, index, process in self._variables:
            parameters[position] = _get_value(bind, values, index, process)
        if self._is_positional:
            return parameters
        return dict(zip(self._names_in_text, parameters, strict=True))


def _get_value(bind: BindParameter[Any], values: Values, index: int | None, process: Any) -> Any:
    """Value of a parameter for the driver: from `values` by name, else the statement's own."""
    has_own = bind.key not in values and not bind.required
    value: Any = bind.effective_value if has_own else values[bind.key]
    if index is not None:
        value = value[index]
    return process(value) if process else value


def _convert_error(
    connection: Connection, error: Any, sql: str, parameters: Any, cursor: Any
) -> Exception:
    """Convert an error of the driver to a DBAPIError. Closes the connection if it is lost."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
    if is_lost:
        connection.invalidate(error)
    converted: Exception = DBAPIError.instance(
        sql,
        parameters,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    return converted


def pad_lists(values: Values) -> dict[str, Any]:
    """Pad each list to the next power of two with its last item: few lengths, so few statements."""
    return {name: _pad(each) if isinstance(each, list) else each for name, each in values.items()}


def _pad(items: list[Any]) -> list[Any]:
    if not items or len(items) > _MAX_PADDED_ITEMS:
        return items
    return items + items[-1:] * ((1 << (len(items) - 1).bit_length()) - len(items))


_MAX_PADDED_ITEMS = 1024
"""Longer lists are not padded: drivers limit the number of parameters."""

_MAX_FORM_COUNT = 8
"""Forms of a statement for lists of different lengths and other numbers, which clients choose."""


class _Forms(dict[FormKey, CompiledStatement]):
    """Compiled forms of one statement."""

    numbers_in_text: tuple[str, ...] = ()
    """Names of the parameters whose values, all numbers, are part of the SQL text."""

    def key(self, values: Values) -> FormKey:
        """Build the key of the form for `values`."""
        lengths = [len(value) for value in values.values() if isinstance(value, list)]
        return *lengths, *[values[name] for name in self.numbers_in_text]


_FORMS_BY_DIALECT: dict[str, WeakKeyDictionary[AnySelect, _Forms | None]] = {
    "sqlite": WeakKeyDictionary(),
    "postgresql": WeakKeyDictionary(),
}
"""By dialect and statement: its forms, or None if its SQL text contains values of other types."""


def get_compiled_statement(
    statement: AnySelect, connection: Connection, values: Values
) -> CompiledStatement | None:
    """Get the compiled form of a statement from its second run on; None to run it by SQLAlchemy.

    Always None while the engine has listeners for executions, such as tracing.
    """
    events = connection.dispatch
    if events.before_cursor_execute or events.after_cursor_execute:
        return None
    dialect = connection.dialect
    statements = _FORMS_BY_DIALECT[dialect.name]
    if statement not in statements:
        statements[statement] = _Forms()
        return None
    forms = statements[statement]
    if forms is None:
        return None
    form = forms.get(forms.key(values))
    if form is None:
        compiled = statement.compile(dialect=dialect)
        in_text = compiled.literal_execute_params
        if not all(isinstance(bind.type, Integer) and bind.key in values for bind in in_text):
            statements[statement] = None
            return None
        if len(forms) == _MAX_FORM_COUNT:
            forms.clear()
        forms.numbers_in_text = tuple(sorted(bind.key for bind in in_text))
        form = CompiledStatement(statement, compiled, dialect, values)
        forms[forms.key(values)] = form
    return form
