"""Fast path: the same responses as the ASGI path."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import product

import pytest
import time_machine
from alembic import command
from fastapi import FastAPI
from starlette.routing import Route
from starlette.testclient import TestClient
from uvicorn import Config
from uvicorn.server import ServerState

from app.http import deadlines, protocol
from app.http.fast_path import FastPath
from app.http.protocol import LimitedHttpProtocol
from tests.support.clients import clear_response_cache, public_paths
from tests.support.databases import alembic_config
from tests.support.raw_http import RawConnection, RawResponse, request_head, send_raw
from tests.support.servers import run_server

LIST = "/v1/articles?limit=2"
ID = "0b8e5a0e-5b0e-4b0e-8b0e-0b8e5a0e5b0e"
USUAL = ("A: repeated", "A: repeated")
"""Headers that affect only the choice of the path."""
LIMIT = 4
HEADERS = [(b"host", b"x"), (b"accept", b"")]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('express')}/express.db"
    command.upgrade(alembic_config(url), "head")
    with run_server(url, rate_limit=LIMIT, trusted_proxies="127.0.0.1") as origin:
        yield origin


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/v1/missions", "/openapi.json", "/", "/v1/articles/archive"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Accept-Encoding: br, gzip;q=0.5", "Accept: application/json"),
        ("Accept-Encoding: zstd",),
        ("Accept-Language: ru", "Connection: keep-alive"),
        ("If-None-Match: *",),
        ('If-None-Match: W/"another"',),
        (f"X-Request-ID: {ID}",),
        ("X-Request-ID: none", "X-Forwarded-For: 127.0.0.1"),
    ],
)
def test_fast_path_equals_asgi_response(
    origin: str, path: str, method: str, headers: tuple[str, ...]
) -> None:
    usual = send_raw(origin, request_head(path, *headers, *USUAL, method=method))
    for _ in range(2):
        answer = send_raw(origin, request_head(path, *headers, method=method))
        assert _without(answer, "date", "x-request-id") == _without(usual, "date", "x-request-id")
        assert len(answer.headers["x-request-id"]) == len(ID)
        assert (answer.headers["x-request-id"] == ID) is (f"X-Request-ID: {ID}" in headers)
        assert "date" in answer.headers


def _without(answer: RawResponse, *names: str) -> RawResponse:
    return answer._replace(headers={n: v for n, v in answer.headers.items() if n not in names})


def test_fast_path_and_asgi_share_the_rate_limit(origin: str) -> None:
    client = "X-Forwarded-For: 203.0.113.7"
    tag = send_raw(origin, request_head("/v1/people")).headers["etag"]
    left = LIMIT
    for more in [(), USUAL, ()]:
        left -= 1
        answer = send_raw(origin, request_head("/v1/people", client, *more))
        assert answer.headers["ratelimit"].startswith(f'"anon";r={left};')
        assert answer.headers["ratelimit-policy"] == f'"anon";q={LIMIT};w=60'
        unchanged = send_raw(
            origin, request_head("/v1/people", client, f"If-None-Match: {tag}", *more)
        )
        assert unchanged.status == 304
        assert unchanged.headers["ratelimit"].startswith(f'"anon";r={left};')
    assert send_raw(origin, request_head("/v1/people", client)).status == 200
    assert send_raw(origin, request_head("/v1/people", client)).status == 429
    assert (
        send_raw(origin, request_head("/v1/people", "X-Forwarded-For: 203.0.113.8")).status == 200
    )


def test_pipelined_responses_keep_their_order(origin: str) -> None:
    send_raw(origin, request_head("/v1/launches"))
    post = request_head("/v1/missions", "Content-Length: 2", method="POST") + b"{}"
    sent = [
        request_head("/v1/launches"),
        post,
        request_head("/v1/launches"),
        request_head("/nowhere"),
        request_head("/v1/launches"),
    ]
    statuses = [200, 401, 200, 404, 200]
    with RawConnection(origin) as wire:
        wire.send(b"".join(sent * 3))
        assert [wire.read_response().status for _ in sent * 3] == statuses * 3
        wire.send(request_head("/v1/launches") + b"nonsense\r\n\r\n")
        assert [wire.read_response().status for _ in range(3)] == [200, 400, 0]


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("GET", "/v1/articles?limit=3", None),
        ("GET", "/v1/%61rticles?limit=2", None),
        ("GET", "/v1%2Farticles?limit=2", None),
        ("POST", LIST, None),
        ("GET", LIST, (b"authorization", b"Bearer x")),
        ("GET", LIST, (b"content-length", b"0")),
        ("GET", LIST, (b"transfer-encoding", b"chunked")),
        ("GET", LIST, (b"accept-language", b"ru")),
        ("GET", LIST, (b"accept-encoding", b"br")),
        ("GET", LIST, (b"host", b"again")),
    ],
)
def test_fast_path_leaves_unusual_requests_to_asgi(
    archive: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    header: tuple[bytes, bytes] | None,
) -> None:
    usual = archive.get(LIST, headers={"Accept-Encoding": "identity", "Accept": ""})
    monkeypatch.setattr(_app(archive).state.services.generations, "_ttl_seconds", 60)

    cached = _respond_fast(archive, "GET", LIST, *HEADERS)
    assert cached is not None
    assert cached[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert cached[1] == usual.content
    more = [header] if header else []
    assert _respond_fast(archive, method, path, *HEADERS, *more) is None


def _respond_fast(
    archive: TestClient, method: str, path: str, *headers: tuple[bytes, bytes]
) -> tuple[bytes, bytes] | None:
    """Head and body that the fast path sends, None if it leaves the request to ASGI."""

    async def respond() -> tuple[bytes, bytes] | None:
        fast_path: FastPath = _app(archive).state.fast_path
        return fast_path.respond(method, path.encode(), list(headers), "x", [])

    return asyncio.run(respond())


VARIANTS: list[dict[str, str]] = [
    {"accept": "*/*", "accept-encoding": "identity"},
    {"accept": "application/json", "accept-encoding": "zstd, br", "accept-language": "ru"},
    {"accept": "text/html", "accept-encoding": "gzip", "if-none-match": "*"},
]


@pytest.mark.slow
@time_machine.travel("2026-05-05T12:00:00Z", tick=False)
def test_fast_path_equals_asgi_response_on_every_cacheable_route(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _app(archive)
    monkeypatch.setattr(
        app.state.services.generations, "_ttl_seconds", 60
    )  # independent of the speed of the machine
    clear_response_cache(archive)
    static = {
        route.path
        for route in app.routes
        if isinstance(route, Route) and "GET" in (route.methods or ()) and "{" not in route.path
    }
    paths = {*static, *public_paths(), "/v1/search?q=koch", "/v1/suggest?q=ko"}
    hits = set()
    for path in sorted(paths - {"/v1/events"}):
        for method, headers in product(("GET", "HEAD"), VARIANTS):
            with archive.stream(method, path, headers=headers) as asgi:
                asgi_body = b"".join(asgi.iter_raw())
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            fast = _respond_fast(archive, method, path, *raw)
            is_file = "repr-digest" in asgi.headers
            is_private = "no-store" in asgi.headers.get("cache-control", "")
            assert bool(fast) is ("etag" in asgi.headers and not is_file and not is_private), path
            if fast is not None:
                hits.add(path)
                head, body = fast
                status, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
                assert status.split()[1] == str(asgi.status_code), path
                expected = [f"{name}: {value}" for name, value in asgi.headers.multi_items()]
                assert _without_request_id(lines) == _without_request_id(expected), path
                assert body == asgi_body, path
    assert len(hits) > 30


def _without_request_id(lines: list[str]) -> list[str]:
    return sorted(line for line in lines if not line.startswith("x-request-id"))


def _app(archive: TestClient) -> FastAPI:
    assert isinstance(archive.app, FastAPI)
    return archive.app


@asynccontextmanager
async def _guarded(archive: TestClient) -> AsyncIterator[int]:
    """Port of a server of the archive with timeouts of fractions of a second."""
    config = Config(
        _app(archive), ws="none", proxy_headers=False, access_log=False, log_config=None
    )
    config.load()
    config.timeout_keep_alive = 0.2  # type: ignore[assignment]  # whole seconds would take long
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: LimitedHttpProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("more", "end"), [(b"", b""), (b"GET /v1/", b"HTTP/1.1 408 Request Timeout")]
)
def test_idle_connection_is_closed_after_fast_path(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch, more: bytes, end: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(deadlines, "DEADLINE_CHECK_SECONDS", 0.05)

    async def talk() -> bytes:
        async with _guarded(archive) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(3):
                writer.write(request_head(LIST))
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split()[0])
                await reader.readexactly(length)
            writer.write(more)
            rest = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return rest

    assert asyncio.run(talk()).partition(b"\r\n")[0] == end
