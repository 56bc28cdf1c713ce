"""Recording of the SQL statements that the service executes."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any, NamedTuple

from sqlalchemy import event

from app.db.database import Database


@contextmanager
def _reads_in_threads(database: Database) -> Iterator[None]:
    """Run reads in threads: one that is slow for the event loop would run, and count, twice."""
    loop_reader, database._loop_reader = database._loop_reader, None
    yield
    database._loop_reader = loop_reader


@contextmanager
def record_sql(database: Database) -> Iterator[list[str]]:
    """Record all statements run on `database`, in order of execution."""
    statements: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", record)
    with _reads_in_threads(database):
        yield statements
    event.remove(database.engine, "before_cursor_execute", record)


@contextmanager
def record_selects(database: Database) -> Iterator[list[str]]:
    """Record the SELECT statements run on `database`, in order of execution.

    Leaves out the statement that runs once for each version of the archive, not once a request.
    """
    selects: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        of_version = "min(articles.published_at)" in statement
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and not of_version:
            selects.append(statement)

    event.listen(database.engine, "before_cursor_execute", record)
    with _reads_in_threads(database):
        yield selects
    event.remove(database.engine, "before_cursor_execute", record)


class Statement(NamedTuple):
    """A statement, its parameters, and the thread that ran it.

    A read that takes too long for the event loop is run again in another thread.
    """

    sql: str
    parameters: str
    thread: int


@contextmanager
def record_dml(database: Database) -> Iterator[list[Statement]]:
    """Record the SELECT, INSERT, UPDATE and DELETE statements run on `database`, in order.

    Leaves out the statement that runs once for each version of the archive, not once a request.
    """
    statements: list[Statement] = []

    def record(_connection: object, _cursor: object, sql: str, parameters: Any, *_: object) -> None:
        kinds = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
        if sql.lstrip().upper().startswith(kinds) and "min(articles.published_at)" not in sql:
            statements.append(Statement(sql, repr(parameters), get_ident()))

    event.listen(database.engine, "before_cursor_execute", record)
    yield statements
    event.remove(database.engine, "before_cursor_execute", record)
