"""Traces: exported by OTLP with the route and without the API key."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2 as httpx
import pytest
from alembic import command

from app.api.api_key_format import generate_api_key
from tests.support.databases import alembic_config
from tests.support.servers import run_server, wait_for

KEY = generate_api_key("Traced", [])[1]


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """URL of an OTLP collector, and the bodies that it received."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_trace_is_exported_without_the_key(
    collector: tuple[str, list[bytes]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint, taken = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    url = f"sqlite:///{tmp_path_factory.mktemp('traces')}/traces.db"
    command.upgrade(alembic_config(url), "head")
    with run_server(url) as origin:
        headers = {"Authorization": f"Bearer {KEY}"}
        for path in ("/v1/missions/none", f"/v1/people/{KEY}", f"/v1/launches/none?mission={KEY}"):
            answer = httpx.get(f"{origin}{path}", headers=headers, timeout=30)
            assert answer.status_code in {404, 422}
        for route in (b"/v1/missions/{slug}", b"/v1/people/{slug}", b"/v1/launches/{slug}"):
            wait_for(lambda route=route: route in b"".join(taken), 20)  # type: ignore[misc]  # mypy: lambda
    spans = b"".join(taken)
    assert KEY[15:].encode() not in spans
    assert spans.count(KEY[:15].encode()) >= 2  # positive control: the id is not secret
