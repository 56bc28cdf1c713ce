"""Connections to SQLite."""

from pathlib import Path
from typing import Any

from pydantic_core import from_json
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from app.engines.settings import STATEMENTS


def engine(url: URL, pool_size: int, _server: str) -> Engine:
    """An engine for the file that `url` names; its folder is made where there is none."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        url,
        module=sqlite,
        pool_size=pool_size,
        max_overflow=0,
        query_cache_size=STATEMENTS,
        json_deserializer=from_json,
    )

    @event.listens_for(made, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # "begin" below says how each transaction starts
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once where another one writes:
        # the busy timeout does not apply to it. So writers take the lock when they begin.
        reads = connection.get_execution_options().get("zarya_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return made
