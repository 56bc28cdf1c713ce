"""Files of `app/` that one request executes, from the bytes received to the bytes sent.

Generator expressions and the like count as their file. Imports do not: the request before the one
that is counted has executed them.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient
from uvicorn import Config, Server

import app
from app.db import loop_reads
from app.http.protocol import LimitedHttpProtocol
from tests.support import documents
from tests.support.clients import clear_response_cache
from tests.support.servers import free_port, is_listening, wait_for

APP_DIRECTORY = str(Path(app.__file__).parent) + "/"


class CallTrace(Counter[str]):
    """Calls by file of `app/`, in all threads that are started while it is installed."""

    def __bool__(self) -> bool:
        return True  # threading ignores a false profile function

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        filename = frame.f_code.co_filename
        if event == "call" and filename.startswith(APP_DIRECTORY):
            self[filename.removeprefix(APP_DIRECTORY)] += 1


@contextmanager
def serve_traced(client: TestClient) -> Iterator[tuple[httpx.Client, CallTrace]]:
    """Serve the application of `client` on a socket, by threads that are traced."""
    trace = CallTrace()
    port = free_port()
    config = Config(
        client.app, port=port, http=LimitedHttpProtocol, lifespan="off", log_config=None
    )
    server = Server(config)
    thread = threading.Thread(target=server.run)
    threading.setprofile(trace)
    try:
        thread.start()
        wait_for(lambda: is_listening(port), 20)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http_client:
            yield http_client, trace
    finally:
        server.should_exit = True
        thread.join()
        threading.setprofile(None)
        sys.setprofile(None)


def count_files(trace: CallTrace, request: Callable[[], None]) -> set[str]:
    """Files that `request` executes: the shortest of three runs, after a warm-up."""
    runs = []
    for _ in range(4):
        trace.clear()
        request()
        runs.append(set(trace))
    return min(runs[1:], key=len)


LIST_FILES = 42
"""Files of an uncached list: 15 of them in `app/http`, 4 of filters and pagination."""
PATCH_FILES = 62
"""Files of a PATCH of an article: 15 in `app/http`, 10 of the search index and the tracking, 6 of
the key and its rights, 3 of the text."""


@pytest.mark.parametrize("path", ["/v1/articles?limit=20", "/v1/missions", "/v1/people"])
def test_uncached_list_executes_few_files(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def request() -> None:
        clear_response_cache(client)
        assert http_client.get(path).status_code == 200

    # On SQLite, a read whose first execution was slow would run in threads for a while.
    monkeypatch.setattr(loop_reads, "_SLOW_READ_BACKOFF_SECONDS", 0.0)
    with serve_traced(client) as (http_client, trace):
        files = count_files(trace, request)
    assert "api/routing.py" in files
    assert len(files) <= LIST_FILES, sorted(files)
    assert not {file for file in files if file.startswith("api/writes/")}
    assert "api/auth.py" not in files


def test_article_patch_executes_few_files(client: TestClient, editor: TestClient) -> None:
    created = editor.post("/v1/articles", json=documents.article()).json()["slug"]
    path = f"/v1/articles/{created}"
    editor.post(f"{path}/publish")

    def request() -> None:
        lead = {"lead": f"Lead {len(trace)}"}
        etag = http_client.get(f"{path}/preview").headers["ETag"]
        trace.clear()
        response = http_client.patch(path, json=lead, headers={"If-Match": etag})
        assert response.status_code == 200

    with serve_traced(client) as (http_client, trace):
        http_client.headers["Authorization"] = editor.headers["Authorization"]
        files = count_files(trace, request)
    assert "api/writes/records.py" in files
    assert len(files) <= PATCH_FILES, sorted(files)
