"""Database engines, configured for durable commits and bounded waits."""

from importlib import import_module
from typing import Any

from sqlalchemy import Engine, make_url

QUERY_CACHE_ITEMS = 200
"""Compiled statements per engine; each costs the garbage collector thousands of objects."""


def create_database_engine(
    url: str, pool_size: int, target_session_attrs: str = "read-write"
) -> Engine:
    """Create the engine for `url`, with connections that keep every acknowledged commit.

    `target_session_attrs` is libpq's: the kind of server to choose if `url` names several hosts.
    """
    parsed = make_url(url)
    # Imported on demand: PostgreSQL's driver takes 9 MB.
    module: Any = import_module(f"app.db.engines.{parsed.get_backend_name()}")
    engine: Engine = module.build_engine(parsed, pool_size, target_session_attrs)
    return engine
