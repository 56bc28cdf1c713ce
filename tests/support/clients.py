"""Test clients of the service, in process, over a given database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.config import Settings
from app.db.database import Database
from app.domain.enums import Scope
from app.http.request_context import RequestContextMiddleware
from app.main import create_app
from tests.support.databases import alembic_config
from tests.support.openapi import committed_openapi

TEST_SETTINGS: dict[str, Any] = {
    "rate_limit": 0,
    "key_rate_limit": 0,
    "read_key_rate_limit": 0,
    "wrong_keys": 0,
    "empty": True,
    "request_seconds": 60,
    "clock": "host",
}
"""No rate limits, ready without records, a request timeout that suits a busy machine, and the clock
of the host, which tests move."""


@contextmanager
def open_client(url: str) -> Iterator[TestClient]:
    """Migrate the database at `url` and open a client of the service over it."""
    command.upgrade(alembic_config(url), "head")
    app = create_app(Settings(**TEST_SETTINGS, database_url=url))
    with start_blocking_portal() as portal:
        client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
        client.portal = portal  # one event loop for all requests; a new one for each is slow
        yield client
    app.state.services.database.close()


def second_app(client: TestClient, **settings: Any) -> FastAPI:
    """Another application over the database of `client`, with other settings."""
    url = database_of(client).engine.url.render_as_string(hide_password=False)
    defaults = TEST_SETTINGS | {"database_url": url.replace("+psycopg", ""), "log_requests": False}
    return create_app(Settings(**(defaults | settings)))


def client_with_key(client: TestClient, *scopes: Scope) -> TestClient:
    """Client of the same application as `client`, with a new API key that has `scopes`."""
    stored, key = generate_api_key("Test", scopes)
    with database_of(client).session() as session:
        session.add(stored)
    keyed = TestClient(
        client.app,
        headers={"Authorization": f"Bearer {key}"},
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    keyed.portal = client.portal
    return keyed


def database_of(client: TestClient) -> Database:
    """Database of the application behind `client`."""
    database: Database = client.app.state.services.database  # type: ignore[attr-defined]  # FastAPI
    return database


def database_url_of(client: TestClient) -> str:
    """URL of that database."""
    url: str = client.app.state.services.settings.database_url  # type: ignore[attr-defined]  # FastAPI
    return url


@contextmanager
def override_settings(client: TestClient, **settings: Any) -> Iterator[None]:
    """Change what `current_settings()` returns in requests to the application behind `client`."""
    app = client.app
    assert isinstance(app, FastAPI)
    app.middleware_stack = app.middleware_stack or app.build_middleware_stack()
    outermost = app.middleware_stack
    assert isinstance(outermost, RequestContextMiddleware)
    previous = outermost.settings
    outermost.settings = Settings(**(previous.model_dump() | settings))
    clear_response_cache(client)
    try:
        yield
    finally:
        outermost.settings = previous
        clear_response_cache(client)


def clear_response_cache(client: TestClient) -> None:
    """Drop all cached responses of the application behind `client`."""
    client.app.state.services.response_cache.clear()  # type: ignore[attr-defined]  # FastAPI


def public_paths() -> Iterator[str]:
    """Paths of all documented GET operations without a key, with the parameters of the examples."""
    for path, methods in committed_openapi()["paths"].items():
        operation = methods.get("get", {"security": True})
        if operation["security"] or operation["operationId"] in {"getCrewAssignment", "getMedia"}:
            continue
        if operation["operationId"] == "streamEvents":  # which has no end
            continue
        parameters = [p for p in operation.get("parameters", []) if p["in"] == "path"]
        yield path.format(**{parameter["name"]: parameter["example"] for parameter in parameters})
