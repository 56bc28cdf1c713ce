"""A picture store that cannot be used: in `/health/ready`, in responses, in the log."""

import asyncio
import errno
import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from obstore.exceptions import GenericError
from starlette.testclient import TestClient

from app.http.problems import Unavailable
from app.ops import readiness
from app.ops.readiness import OK, SharedCheck
from app.resources.media import current_store
from app.resources.media.drawings import _read_index
from app.resources.media.folder_store import FolderStore
from app.resources.media.store_failures import StoreFailureReason, find_store_failure_reason
from tests.support.clients import override_settings, second_app
from tests.support.pictures import picture
from tests.support.s3 import CreateBucket, SilentServer

MAX_SECONDS = 3.0
"""Limit of a response: two checks of half a second, and the rest of the request."""
UNUSED_FILE = f"/media/{'0' * 32}/card.jpg"


@pytest.fixture
def away(create_bucket: CreateBucket) -> str:
    """URL of a bucket that does not exist, of a server that does."""
    return f"{create_bucket().removesuffix('/archive')}-away"


def get_ready(client: TestClient, **settings: Any) -> dict[str, Any]:
    """Response of a new process, which must be ready, and in time."""
    app = second_app(client, empty=True, **settings)
    began_at = monotonic()
    answer = TestClient(app).get("/health/ready")
    app.state.services.database.close()
    assert answer.status_code == 200
    assert monotonic() - began_at < MAX_SECONDS
    result: dict[str, Any] = answer.json()
    return result


def store_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Lines of the log about failures of the store."""
    return [each for each in caplog.messages if "the picture store" in each]


def upload(editor: TestClient) -> Any:
    """Response to the upload of a small picture."""
    parts = {"metadata": json.dumps({"alt": "A", "alt_ru": "A"})}
    return editor.post("/v1/media", files={"file": ("a", picture("PNG", 9, 7))}, data=parts)


def check_unavailable(answer: Any) -> None:
    """Check that a request is refused until the store can be used."""
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    if answer.request.method != "HEAD":
        assert answer.json()["detail"].startswith("Pictures are unavailable")


class Forbidding(BaseHTTPRequestHandler):
    """S3 that refuses all keys."""

    def do_PUT(self) -> None:
        body = b"<Error><Code>AccessDenied</Code></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def forbidding_endpoint() -> Iterator[str]:
    """URL of an S3 that refuses all keys."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forbidding)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_readiness_reports_the_bucket(
    client: TestClient,
    create_bucket: CreateBucket,
    away: str,
    forbidding_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert get_ready(client, media_url=create_bucket())["checks"]["pictures"] == "ok"
    assert store_lines(caplog) == []
    ready = get_ready(client, media_url=away)
    assert (ready["status"], ready["checks"]["pictures"]) == ("ready", "no-bucket")
    (line,) = store_lines(caplog)
    assert line.startswith("the picture store cannot be used: no-bucket: ")
    with SilentServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        ready = get_ready(client, media_url="s3://silent-for-ready")
        assert ready["checks"]["pictures"] == "unreachable"
    monkeypatch.setenv("AWS_ENDPOINT_URL", forbidding_endpoint)
    ready = get_ready(client, media_url="s3://forbidden-for-ready")
    assert ready["checks"]["pictures"] == "wrong-credentials"


def test_readiness_reports_the_folder(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folders = {
        str(tmp_path): "ok",
        str(tmp_path / "created" / "later"): "ok",
        str(tmp_path / "file"): "unreachable",
        "/sys": "read-only",  # to root, too
    }
    found = {
        folder: get_ready(client, media_dir=folder)["checks"]["pictures"] for folder in folders
    }
    assert found == folders
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space"), "full"),
        (OSError(errno.EROFS, "Read-only"), "read-only"),
        (OSError(errno.EMFILE, "Too many"), "other"),
        (GenericError("no route"), "unreachable"),
        (ValueError("of a library"), "other"),
    ],
)
def test_reasons_of_errors(error: Exception, reason: str) -> None:
    assert find_store_failure_reason(error) == StoreFailureReason(reason)


def test_file_of_a_missing_bucket_is_unavailable(
    client: TestClient, create_bucket: CreateBucket, away: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(client, media_url=away):
        for method in ("GET", "HEAD"):
            check_unavailable(client.request(method, UNUSED_FILE))
    (line,) = store_lines(caplog)
    assert "no-bucket" in line
    with override_settings(client, media_url=create_bucket()):
        assert client.get(UNUSED_FILE).status_code == 404  # positive control


def test_upload_to_a_folder_that_cannot_be_written_is_unavailable(
    editor: TestClient, client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    current_store._open_folder.cache_clear()
    with override_settings(client, media_dir="/sys"):
        for _ in range(2):
            check_unavailable(upload(editor))
    (line,) = store_lines(caplog)  # one a minute
    assert line.startswith("the picture store cannot be used: read-only: ")
    with override_settings(client, media_dir=str(tmp_path)):
        assert upload(editor).status_code == 201  # positive control


def test_file_of_a_folder_that_cannot_be_read_is_unavailable(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    folder.mkdir()
    with override_settings(client, media_dir=str(file)):
        for method in ("GET", "HEAD"):
            check_unavailable(client.request(method, UNUSED_FILE))
    (line,) = store_lines(caplog)
    assert "unreachable" in line
    for readable in (folder, tmp_path / "missing"):
        with override_settings(client, media_dir=str(readable)):
            for method in ("GET", "HEAD"):
                assert client.request(method, UNUSED_FILE).status_code == 404  # positive control


def test_renditions_that_cannot_be_written_are_unavailable(
    editor: TestClient,
    client: TestClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\necho errno {errno.ENOSPC}\nexit 1\n")
    child.chmod(0o755)
    drawing = f"/media/{next(iter(_read_index()))}/card.webp"
    with override_settings(client, media_dir=str(tmp_path / "pictures")):
        with monkeypatch.context() as patch:
            patch.setattr("sys.executable", str(child))
            check_unavailable(upload(editor))
            check_unavailable(client.get(drawing))
        assert upload(editor).status_code == 201  # positive control
        assert client.get(drawing).status_code == 200
    (line,) = store_lines(caplog)
    assert line == ("the picture store cannot be used: full: [Errno 28] No space left on device")


def test_imported_files_that_cannot_be_written_are_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, digest, files = FolderStore(tmp_path), "0" * 32, {"thumb.jpg": b"jpeg"}

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(Unavailable):
            store.import_files(digest, files)
    assert list(tmp_path.iterdir()) == []
    store.import_files(digest, files)  # positive control
    assert store.read_files(digest) == files


def test_readiness_reports_an_unknown_failure_of_the_store(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_store: FolderStore) -> None:
        raise ValueError("of a library")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "check", fail)
        assert get_ready(client)["checks"]["pictures"] == "other"
    (record,) = [each for each in caplog.records if "picture store" in each.getMessage()]
    assert record.exc_info
    assert get_ready(client)["checks"]["pictures"] == "ok"  # positive control


def test_slow_check_keeps_the_last_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that takes longer than a request waits does not alternate between two results."""
    clock = [0.0]
    monkeypatch.setattr(readiness, "monotonic", lambda: clock[0])

    async def get_results() -> list[str | None]:
        is_done = asyncio.Event()

        async def run() -> str:
            await is_done.wait()
            return OK

        check = SharedCheck(run, ttl_seconds=10.0, max_age_seconds=30.0)
        results = [await check.get(0.01)]  # there is no last result
        is_done.set()
        results.append(await check.get(1.0))
        is_done.clear()
        for clock[0] in (5.0, 11.0, 29.0, 31.0):
            results.append(await check.get(0.01))
        is_done.set()
        results.append(await check.get(1.0))
        return results

    assert asyncio.run(get_results()) == [None, OK, OK, OK, OK, None, OK]


@pytest.mark.parametrize("max_cached_bytes", [2**18, 1])
def test_head_reads_no_content(
    client: TestClient,
    editor: TestClient,
    create_bucket: CreateBucket,
    monkeypatch: pytest.MonkeyPatch,
    max_cached_bytes: int,
) -> None:
    monkeypatch.setattr("app.resources.media.file_router._MAX_CACHED_BYTES", max_cached_bytes)
    reads: list[Any] = []
    with override_settings(client, media_url=create_bucket()):
        content = editor.post(
            "/v1/media",
            files={"file": ("a", picture("JPEG"))},
            data={"metadata": json.dumps({"alt": "A", "alt_ru": "A"})},
        ).json()["content"]
        path = f"/media/{content}/thumb.jpg"
        with monkeypatch.context() as patch:
            patch.setattr("obstore.get", lambda *arguments, **_options: reads.append(arguments))
            head = client.head(path)
            etag = head.headers["ETag"]
            known = client.get(path, headers={"If-None-Match": etag})
        whole = client.get(path)
        again = client.head(path)
    assert reads == []
    assert (head.status_code, head.content, known.status_code) == (200, b"", 304)
    assert int(head.headers["Content-Length"]) == len(whole.content) > 0
    assert [each.headers["ETag"] for each in (known, whole, again)] == [etag] * 3
    for name in ("Content-Type", "Cache-Control", "Content-Security-Policy"):
        assert head.headers[name] == whole.headers[name]
