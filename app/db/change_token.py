"""Change token of the database: a value that differs after every commit of any process."""

from threading import Lock
from typing import Any

from sqlalchemy.pool import PoolProxiedConnection

from app.db.engines import create_database_engine
from app.db.outages import OutageLog


class ChangeToken:
    """Connection that reads the change token and never writes.

    On SQLite the token is `PRAGMA data_version`, which counts commits of other connections. On
    PostgreSQL it is the current snapshot, the set of transactions that are visible.
    """

    def __init__(self, url: str, outages: OutageLog, database: str) -> None:
        self._engine = create_database_engine(url, pool_size=1)
        self.is_local = self._engine.dialect.name == "sqlite"
        """Reading takes microseconds and no network round trip."""
        self._query = (
            "PRAGMA data_version" if self.is_local else "SELECT pg_current_snapshot()::text"
        )
        self._outages = outages
        self._database = database
        """Name of the database in the log of outages."""
        self._connection: PoolProxiedConnection | None = None
        self._cursor: Any = None
        self._lock = Lock()

    def read(self) -> object:
        """Read the token; None if the database does not answer."""
        try:
            with self._lock:
                if self._cursor is None:
                    self._cursor = self._connect()
                self._cursor.execute(self._query)
                # Read to the end: an unfinished statement would hold its snapshot.
                ((token,),) = self._cursor.fetchall()
        except Exception as error:
            self._outages.record(error, database=self._database)
            self.close()
            return None
        return token

    def _connect(self) -> Any:
        self._connection = self._engine.raw_connection()
        connection: Any = self._connection.driver_connection
        if self.is_local:
            connection.execute("PRAGMA busy_timeout=0")
        else:
            connection.autocommit = True
        return connection.cursor()

    def close(self) -> None:
        """Close the connection; the next `read` opens another."""
        self._cursor = None
        if self._connection is not None:
            self._connection.invalidate()
        self._connection = None
