"""The event loop: no request holds it for more than 50 ms of CPU time, on any route."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from time import thread_time
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx2 import Response
from pydantic import BaseModel
from starlette.testclient import TestClient

from app.api.json_bodies import MAX_JSON_LEVEL_COUNT, MAX_JSON_VALUE_COUNT
from app.api.routing import Route
from app.domain.enums import Scope
from app.http.request_body import MAX_REQUEST_BODY_BYTES
from bench.public_reads import SEARCHES, ReadOperation, read_operations
from tests.support.clients import clear_response_cache, client_with_key
from tests.support.loop_cost import MAX_CALLBACK_CPU_SECONDS, longest_callback_seconds

HOSTILE_VALUES = ["a," * 3500, "a" * 7000, "-" * 7000, quote("天" * 700)]

LARGE_PAGES = ["limit=100", "limit=100&with_total=true", "limit=100&view=full"]

FORMATS = ["format=csv", "format=ndjson", "format=csv&view=full"]


def routes_of(client: TestClient) -> list[Route]:
    app = client.app
    assert isinstance(app, FastAPI)
    return [route for route in app.routes if isinstance(route, Route)]


def hostile_queries(operation: ReadOperation, seen: set[str]) -> Iterator[str]:
    """Hostile query strings; parameters in `seen` with one value, as other routes have them too."""
    names = [parameter["name"] for parameter in operation.parameters]
    yield "&".join(f"x{number}=1" for number in range(900))
    for parameter in operation.parameters:
        definition = json.dumps(parameter, sort_keys=True)
        values = HOSTILE_VALUES[:1] if definition in seen else HOSTILE_VALUES
        yield from (f"{parameter['name']}={value}" for value in values)
        seen.add(definition)
    if "q" in names:
        size = "&limit=20" if operation.path == "/v1/suggest" else "&limit=100"
        yield from (f"q={quote(text)}{size}" for text in SEARCHES)
    if "cursor" in names:
        yield from LARGE_PAGES
    if "cursor" in names and "format" in names:
        yield from FORMATS


@pytest.mark.slow
def test_reads_do_not_hold_the_event_loop(archive: TestClient) -> None:
    """Reads with and without a key, pages of the portal and of the documentation."""
    slow, count = {}, 0
    app = archive.app
    assert isinstance(app, FastAPI)
    keyed, seen = client_with_key(archive, *Scope), set[str]()
    for operation in read_operations(app):
        client = keyed if operation.needs_key else archive
        for query in ["", *hostile_queries(operation, seen)]:

            def read(
                client: TestClient = client, address: str = f"{operation.path}?{query}"
            ) -> None:
                clear_response_cache(archive)
                response = client.get(address)
                assert response.status_code < 500, address[:200]
                assert response.status_code not in {401, 403}, address[:200]

            if (seconds := longest_callback_seconds(read)) >= MAX_CALLBACK_CPU_SECONDS:
                slow[f"{operation.path}?{query[:60]}"] = seconds
            count += 1
    assert slow == {}
    assert count > 900


@pytest.mark.slow
def test_first_request_of_the_openapi_document_does_not_hold_the_event_loop(
    archive: TestClient,
) -> None:
    def read() -> None:
        vars(archive.app).pop("openapi_json", None)
        clear_response_cache(archive)
        assert archive.get("/openapi.json").json()["info"]["title"] == "Zarya"

    assert longest_callback_seconds(read) < MAX_CALLBACK_CPU_SECONDS


def hostile_documents(model: Any) -> Iterator[str]:
    size = MAX_REQUEST_BODY_BYTES - 100
    yield json.dumps({f"k{number}": 0 for number in range(80_000)})
    yield json.dumps({f"k{number}": 0 for number in range(MAX_JSON_VALUE_COUNT)})
    yield "[" * size
    yield '{"a":' * MAX_JSON_LEVEL_COUNT + "1" + "}" * MAX_JSON_LEVEL_COUNT
    yield '"' * size
    yield '{"title": "' + "\\u0430" * (size // 6) + '"}'
    fields = list(model.model_fields) if issubclass(model, BaseModel) else ["title", "tags"]
    for field in fields:
        for text in ("天" * (size // 3), " " * size + "a"):
            yield json.dumps({field: text}, ensure_ascii=False)
        yield json.dumps({field: [f"a{number}" for number in range(MAX_JSON_VALUE_COUNT - 1)]})
        yield json.dumps({field: [{"a": 1, "b": 2}] * (MAX_JSON_VALUE_COUNT // 4)})


@pytest.mark.slow
def test_bodies_do_not_hold_the_event_loop(editor: TestClient) -> None:
    slow, count = {}, 0
    for route in routes_of(editor):
        if route.body_field is None:
            continue
        (method,) = route.methods or {"POST"}
        path = re.sub(r"{id[^}]*}", "1", re.sub(r"{slug[^}]*}", "any", route.path))
        model = route.body_field.field_info.annotation
        for document in hostile_documents(model if isinstance(model, type) else dict):
            send = partial(editor.request, method, path, content=document.encode())

            def write(send: Callable[..., Response] = send) -> None:
                answer = send(headers={"Content-Type": "application/json", "If-Match": "*"})
                assert answer.status_code < 500, answer.text

            if (seconds := longest_callback_seconds(write)) >= MAX_CALLBACK_CPU_SECONDS:
                slow[f"{method} {path} {document[:40]}"] = seconds
            count += 1
    assert slow == {}
    assert count > 150


def test_route_that_holds_the_event_loop_is_found(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burn(_page: object) -> None:
        end = thread_time() + 2 * MAX_CALLBACK_CPU_SECONDS
        while thread_time() < end:
            pass

    def read() -> None:
        clear_response_cache(archive)
        archive.get("/v1/search?q=station")

    assert longest_callback_seconds(read) < MAX_CALLBACK_CPU_SECONDS
    monkeypatch.setattr("app.resources.search.router.build_page_response", burn)
    assert longest_callback_seconds(read) >= MAX_CALLBACK_CPU_SECONDS
