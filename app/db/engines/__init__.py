"""How connections are made, so that a commit acknowledged is kept and nobody waits for ever."""

from importlib import import_module

from sqlalchemy import Engine, make_url


def create_database_engine(url: str, pool_size: int, server: str = "read-write") -> Engine:
    """An engine for `url`, its connections set so that a commit acknowledged is a commit kept.

    Where `url` names several hosts, and not which of them it wants, it is a `server` of this kind
    (libpq's `target_session_attrs`).
    """
    parsed = make_url(url)
    # The other one is not loaded: PostgreSQL's driver alone takes 9 MB.
    of_kind = import_module(f"app.db.engines.{parsed.get_backend_name()}")
    engine: Engine = of_kind.build_engine(parsed, pool_size, server)
    return engine
