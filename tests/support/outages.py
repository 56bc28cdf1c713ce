"""Outages of a database, and the log of a process about them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from app.db.database import Database
from app.http.logging import JsonFormatter

_TERMINATED = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
)


@contextmanager
def database_outage(database: Database) -> Iterator[None]:
    """Refuse new connections to `database` and close the one that reads the change token."""
    url = database.engine.url
    if database.change_token.is_local:
        folder = Path(url.database or "").parent
        aside = folder.with_suffix(".aside")
        folder.rename(aside)  # a job that opened the missing file alone would create it
        database.change_token.close()
        try:
            yield
        finally:
            aside.rename(folder)
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


@contextmanager
def captured_lines() -> Iterator[list[dict[str, Any]]]:
    """Lines that the logger of the service writes."""
    lines: list[dict[str, Any]] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(self.format(record)))

    handler = Recorder()
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("zarya")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
