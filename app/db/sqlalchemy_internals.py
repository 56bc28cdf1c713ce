"""Private names of SQLAlchemy that the service uses; `tests/test_prepared.py` checks each.

`pyproject.toml` bounds SQLAlchemy to the minor version they were checked with.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection
from sqlalchemy.sql.compiler import SQLCompiler

ROWS_BY_NAME = {"_result_disable_adapt_to_context": True}
"""Execution option: do not map the columns of a cached statement to those of the present one.

The mapping takes as long as the rest of an execution; rows that are read by name do not need it.
"""


def result_columns(compiled: SQLCompiler) -> Sequence[Any]:
    """Columns of the rows of a compiled statement, with `keyname` and `type`."""
    return compiled._result_columns


def raise_dbapi_error(
    connection: Connection, error: Exception, sql: str, parameters: Any, cursor: Any
) -> NoReturn:
    """Raise a driver error as SQLAlchemy would for a statement that it executes itself.

    Raises DBAPIError, and closes the connection if `error` means that it is lost.
    """
    connection._handle_dbapi_exception(error, sql, parameters, cursor, None)
