"""Database engines, configured for durable commits and bounded waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from sqlalchemy import Engine, make_url

QUERY_CACHE_ITEMS = 200
"""Compiled statements per engine; each costs the garbage collector thousands of objects."""

_TEST_IS_SKIPPED = ContextVar("test of connections is skipped", default=False)


@contextmanager
def untested_connections() -> Iterator[None]:
    """Within this context, connections that were in use a moment ago are not tested before use.

    For transactions that can be run again if the connection is lost.
    """
    token = _TEST_IS_SKIPPED.set(True)
    try:
        yield
    finally:
        _TEST_IS_SKIPPED.reset(token)


def is_test_skipped() -> bool:
    """True within `untested_connections`."""
    return _TEST_IS_SKIPPED.get()


def create_database_engine(
    url: str, pool_size: int, target_session_attrs: str = "read-write"
) -> Engine:
    """Create the engine for `url`, with connections that keep every acknowledged commit.

    `target_session_attrs` is libpq's: the kind of server to choose if `url` names several hosts.
    """
    parsed = make_url(url)
    module = _import_dialect(parsed.get_backend_name())
    engine: Engine = module.build_engine(parsed, pool_size, target_session_attrs)
    return engine


def check_writable(engine: Engine) -> None:
    """Check that the database accepts writes and has space for them, by one without a change.

    Raises the error that a write would raise.
    """
    with engine.connect() as connection:  # closed without a commit
        _import_dialect(engine.dialect.name).try_write(connection)


def _import_dialect(name: str) -> Any:
    # On demand: PostgreSQL's driver takes 9 MB.
    return import_module(f"app.db.engines.{name}")
