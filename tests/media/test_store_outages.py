"""A picture store that cannot be used: in `/health/ready`, in responses, in the log."""

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
from starlette.testclient import TestClient

from app.resources.media.store_failures import StoreFailureReason, find_store_failure_reason
from tests.support.clients import override_settings, second_app
from tests.support.pictures import picture
from tests.support.s3 import CreateBucket, SilentServer

MAX_SECONDS = 3.0
"""The checks wait half a second each; starting an application takes longer."""
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
    return [each for each in caplog.messages if "the store of pictures" in each]


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
    assert line.startswith("the store of pictures cannot be used: no-bucket: ")
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
    ("code", "reason"),
    [(errno.ENOSPC, "full"), (errno.EROFS, "read-only"), (errno.EMFILE, "other")],
)
def test_reasons_of_errors_of_files(code: int, reason: str) -> None:
    assert find_store_failure_reason(OSError(code, os.strerror(code))) == StoreFailureReason(reason)


def test_file_of_a_missing_bucket_is_unavailable(
    client: TestClient, create_bucket: CreateBucket, away: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(client, media_url=away):
        for method in ("GET", "HEAD"):
            answer = client.request(method, UNUSED_FILE)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
    (line,) = store_lines(caplog)
    assert "no-bucket" in line
    with override_settings(client, media_url=create_bucket()):
        assert client.get(UNUSED_FILE).status_code == 404  # positive control


def test_upload_to_a_folder_that_cannot_be_written_is_unavailable(
    editor: TestClient, client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = {"metadata": json.dumps({"alt": "A", "alt_ru": "A"})}

    def upload() -> Any:
        return editor.post("/v1/media", files={"file": ("a", picture("PNG", 9, 7))}, data=parts)

    with override_settings(client, media_dir="/sys"):
        refused = upload()
    assert (refused.status_code, "store of the" in refused.json()["detail"]) == (503, True)
    assert int(refused.headers["Retry-After"]) > 0
    assert len(store_lines(caplog)) <= 1  # one a minute
    with override_settings(client, media_dir=str(tmp_path)):
        assert upload().status_code == 201  # positive control


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
