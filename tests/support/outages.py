"""Outages of a database, and the log of a process about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from app.db.database import Database

_TERMINATED = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
)


@contextmanager
def database_outage(database: Database) -> Iterator[None]:
    """Refuse new connections to `database` and close the one that reads the change token."""
    url = database.engine.url
    if database.change_token.is_local:
        file = Path(url.database or "")
        aside = file.with_suffix(".aside")
        file.rename(aside)
        file.mkdir()
        database.change_token.close()
        try:
            yield
        finally:
            file.rmdir()
            aside.rename(file)
        return
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        connection.execute(_TERMINATED, {"name": url.database})
        try:
            yield
        finally:
            connection.exec_driver_sql(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")
    server.dispose()
