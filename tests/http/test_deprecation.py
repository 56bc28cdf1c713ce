"""Deprecation: headers and OpenAPI document, from one table."""

from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api.deprecation import mark_deprecated
from app.http.deprecation import Deprecation, DeprecationMiddleware

TABLE = {
    "oldWay": Deprecation(
        deprecated_at=datetime(2026, 1, 1, tzinfo=UTC),
        sunset_at=datetime(2027, 1, 1, tzinfo=UTC),
        docs_url="https://portal.example/docs/old-way",
    )
}


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(generate_unique_id_function=lambda route: route.name)

    @app.get("/old", name="oldWay")
    async def old() -> str:
        return "old"

    @app.get("/new", name="newWay")
    async def new() -> str:
        return "new"

    return app


def test_deprecation_is_in_headers_and_openapi(app: FastAPI) -> None:
    mark_deprecated(app, TABLE)
    client = TestClient(DeprecationMiddleware(app, TABLE))
    old, new = client.get("/old"), client.get("/new")
    assert old.headers["Deprecation"] == "@1767225600"
    assert old.headers["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert old.headers["Link"].startswith(
        '<https://portal.example/docs/old-way>; rel="deprecation"'
    )
    assert "Deprecation" not in new.headers
    paths = app.openapi()["paths"]
    assert paths["/old"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/new"]["get"]


def test_deprecation_of_unknown_operation_is_refused(app: FastAPI) -> None:
    with pytest.raises(LookupError, match="noWay"):
        mark_deprecated(app, {"noWay": TABLE["oldWay"]})
