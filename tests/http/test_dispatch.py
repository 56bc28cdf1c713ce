"""Dispatch: OPTIONS, Allow, CORS headers and request ids."""

import re
from itertools import product
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.support.clients import clear_response_cache

ANSWERS = [
    ("GET", "/v1/missions/iss-59", 200),
    ("GET", "/v1/missions/nobody", 404),
    ("GET", "/v1/missions?limit=0", 422),
    ("GET", "/v1/missions/expedition-59", 308),
    ("GET", "/nowhere", 404),
    ("POST", "/v1/missions", 401),
    ("POST", "/v1/missions/iss-59", 405),
    ("OPTIONS", "/v1/missions", 204),
    ("HEAD", "/v1/missions", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_cors_headers_are_on_every_response(
    archive: TestClient, method: str, path: str, status: int
) -> None:
    for headers in ({}, {"Origin": "https://portal.example"}):
        answer = archive.request(method, path, headers=headers)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        for name in ("ETag", "Link", "Retry-After", "X-Request-ID"):
            assert name in answer.headers["Access-Control-Expose-Headers"]


def test_internal_error_has_common_headers(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    clear_response_cache(archive)
    monkeypatch.setattr("app.resources.missions.queries.get_mission", broken)
    answer = archive.get("/v1/missions/iss-59")
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["instance"] == f"urn:uuid:{answer.headers['X-Request-ID']}"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/missions", "GET, HEAD, OPTIONS, POST"),
        ("/v1/missions/iss-59", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/v1/missions/iss-59/crew", "GET, HEAD, OPTIONS, PUT"),
        ("/v1/missions/iss-59/tasks", "OPTIONS, PUT"),
        ("/v1/articles/a/publish", "OPTIONS, POST"),
        ("/v1/articles/feed.rss", "GET, HEAD, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_and_405_list_every_method(archive: TestClient, path: str, methods: str) -> None:
    options = archive.options(path)
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["Allow"] == methods
    for method in {"PROPFIND", "TRACE", "PATCH", "DELETE"} - set(methods.split(", ")):
        refused = archive.request(method, path)
        assert refused.status_code == refused.json()["status"] == 405, method
        assert refused.headers["Allow"] == methods
        assert refused.headers["Cache-Control"] == "no-store"


def test_dispatcher_finds_every_route(archive: TestClient) -> None:
    """No route shadows another one, as `/v1/keys/{id}` would shadow a later `/v1/keys/{slug}`."""
    app = archive.app
    assert isinstance(app, FastAPI)
    routes = [route for route in app.routes if isinstance(route, Route)]
    assert len(routes) > 80
    for route in routes:
        address = re.sub(r"\{[^}]*\}", "a-1", route.path)
        allowed = archive.options(address).headers["Allow"].split(", ")
        assert set(route.methods or ()) <= set(allowed), route.path


def test_encoded_slash_is_no_separator(archive: TestClient) -> None:
    """It matches the same routes as another character in its place, not those of the slash."""
    app = archive.app
    assert isinstance(app, FastAPI)

    def methods(path: str) -> str | None:
        return archive.options(path).headers.get("Allow")

    differences = 0
    for template in {route.path for route in app.routes if isinstance(route, Route)}:
        path = re.sub(r"\{[^}]*\}", "a-1", template)
        slashes = [match.start() for match in re.finditer("/", path)][1:]
        for at, encoded in product(slashes, ("%2F", "%2f")):
            before, after = path[:at], path[at + 1 :]
            assert methods(before + encoded + after) == methods(f"{before}-{after}")
            differences += methods(before + encoded + after) != methods(path)
    assert differences > 150
    assert methods("/%76%31/missions") == methods("/v1/missions")


def test_encoded_slash_is_not_answered_from_the_cache(archive: TestClient) -> None:
    for path, status in (("/v1/missions", 200), ("/v1%2Fmissions", 404), ("/v1/missions", 200)):
        for method in ("GET", "HEAD"):
            assert archive.request(method, path).status_code == status


def test_options_of_unknown_path_is_404(archive: TestClient) -> None:
    answer = archive.options("/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_preflight_is_allowed(archive: TestClient) -> None:
    answer = archive.options(
        "/v1/missions",
        headers={
            "Origin": "https://portal.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"
    assert answer.headers["Access-Control-Allow-Headers"] == "if-none-match"
    assert answer.headers["Access-Control-Max-Age"] == "86400"


def test_request_id_of_the_client_is_returned(archive: TestClient) -> None:
    request_id = "0190d3a2-7c1e-7b3e-9d52-3c1f5a2b4c6d"
    answer = archive.get("/nowhere", headers={"X-Request-ID": request_id})
    assert answer.headers["X-Request-ID"] == request_id
    assert answer.json()["instance"] == f"urn:uuid:{request_id}"


@pytest.mark.parametrize("request_id", ["", "x", "a" * 5000, "'; DROP TABLE", "{uuid}"])
def test_request_id_that_is_not_a_uuid_is_replaced(archive: TestClient, request_id: str) -> None:
    answer = archive.get("/v1/missions/iss-59", headers={"X-Request-ID": request_id})
    assert UUID(answer.headers["X-Request-ID"]).version == 4
