"""Long writes: transactions bounded in time, with pauses for the other writers of SQLite."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import ColumnElement, delete, literal, select, tuple_
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.errors import is_lock_timeout
from app.db.models import Base
from app.db.write_turns import WriteTurns

_DELETED_ROWS = 500
"""Rows in one transaction of `LongWriter.delete_rows`."""


class LongWriter:
    """Consecutive transactions of one long write, such as an import.

    The write has to be cut into transactions that take a fraction of `MAX_LOCK_SECONDS`, or end
    when `is_time_up`. On SQLite the long writers of all processes take turns, with pauses.
    PostgreSQL locks rows only, so there is no pause.
    """

    def __init__(self, database: Database, on_wait: Callable[[], object] | None = None) -> None:
        """Wait for the lock of SQLite as long as it takes, and call `on_wait` every 5 seconds.

        Without `on_wait`, a transaction that cannot get it for 5 seconds raises OperationalError.
        """
        self._database = database
        self._on_wait = on_wait
        self._turns = WriteTurns(database.file)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a write transaction like `Database.session`, after a pause if one is due."""
        with self._turns.turn(self._on_wait):
            with ExitStack() as stack:
                session = self._begin(stack)
                self._turns.begin()
                yield session
            self._turns.end()

    def is_time_up(self) -> bool:
        """True if the present transaction should end, to leave the lock to others."""
        return self._turns.is_time_up()

    def delete_rows(self, model: type[Base], *where: ColumnElement[bool]) -> None:
        """Delete the rows that meet `where`, in batches."""
        key = tuple_(*model.__table__.primary_key)
        batch = select(*model.__table__.primary_key).where(*where).limit(_DELETED_ROWS)
        is_done = False
        while not is_done:
            with self.transaction() as session:
                statement = delete(model).where(key.in_(batch)).returning(literal(1))
                is_done = len(session.scalars(statement).all()) < _DELETED_ROWS

    def _begin(self, stack: ExitStack) -> Session:
        while True:
            try:
                return stack.enter_context(self._open_locked_session())
            except OperationalError as error:
                if self._on_wait is None or not is_lock_timeout(error):
                    raise
                self._on_wait()

    @contextmanager
    def _open_locked_session(self) -> Iterator[Session]:
        with self._database.session() as session:
            session.connection()  # begins the transaction
            yield session
