"""`/v1/export`: digests, conditional and range requests, rebuilds."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256

import pytest
import time_machine
from starlette.testclient import TestClient

from app.domain.enums import Scope
from app.resources.articles.scheduling import announce_due_articles
from app.resources.exports import file_cache as archives
from app.resources.exports import sqlite
from tests.support import documents
from tests.support.clients import client_with_key, database_of
from tests.support.horizons import set_horizon

FILE = "/v1/export/archive.sqlite"


def test_digest_equals_sha256_of_file(archive: TestClient) -> None:
    (export_file,) = archive.get("/v1/export").json()["items"]
    answer = archive.get(FILE)
    assert answer.headers["content-type"] == "application/vnd.sqlite3"
    assert answer.content.startswith(b"SQLite format 3\0")
    assert export_file["sha256"] == sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{export_file["sha256"]}"'
    digest = answer.headers["repr-digest"].removeprefix("sha-256=:").removesuffix(":")
    assert b64decode(digest).hex() == export_file["sha256"]
    assert export_file["size"] == len(answer.content) == int(answer.headers["content-length"])


def test_if_none_match_is_answered_with_304(archive: TestClient) -> None:
    tag = archive.get(FILE).headers["etag"]
    for header in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = archive.get(FILE, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert archive.get(FILE, headers={"If-None-Match": '"x"'}).status_code == 200


def test_range_request_resumes_download(archive: TestClient) -> None:
    whole = archive.get(FILE)
    half = len(whole.content) // 2
    headers = {"Range": f"bytes={half}-", "If-Range": whole.headers["etag"]}
    rest = archive.get(FILE, headers=headers)
    assert rest.status_code == 206
    assert whole.content[:half] + rest.content == whole.content
    other = archive.get(FILE, headers=headers | {"If-Range": '"another"'})
    assert (other.status_code, len(other.content)) == (200, len(whole.content))


def test_export_says_until_when_facts_are_known(
    editor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_MAX_STALE_SECONDS", 0.0)
    before = editor.get("/v1/export").json()["items"][0]
    assert before["known_until"]["crews"] is None
    set_horizon(database_of(editor), datetime(2026, 3, 1, tzinfo=UTC))
    after = editor.get("/v1/export").json()["items"][0]
    assert after["known_until"]["crews"] == "2026-03-01T00:00:00Z"
    assert after["sha256"] != before["sha256"]  # the table `horizons`


def test_head_headers_equal_get_headers(archive: TestClient) -> None:
    head, whole = archive.head(FILE), archive.get(FILE)
    assert head.content == b""
    for name in ("etag", "content-length", "repr-digest", "cache-control"):
        assert head.headers[name] == whole.headers[name]


def test_small_file_has_strong_etag(client: TestClient) -> None:
    answer = client.get(FILE)
    assert not answer.headers["etag"].startswith("W/")
    assert "content-encoding" not in answer.headers


def test_export_is_rebuilt_after_stale_period(
    editor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = editor.get("/v1/export").json()
    assert editor.post("/v1/people", json=documents.person()).status_code == 201
    assert editor.get("/v1/export").json() == before
    monkeypatch.setattr(archives, "_MAX_STALE_SECONDS", 0.0)
    after = editor.get("/v1/export").json()
    assert after["items"][0]["sha256"] != before["items"][0]["sha256"]
    assert editor.get("/v1/export").json() == after


def test_concurrent_requests_share_one_build(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    monkeypatch.setattr(archives, "_MAX_STALE_SECONDS", 0.0)
    client.get(FILE)
    true_write = sqlite.write_sqlite

    def write(*args: object) -> int:
        built.append(1)
        return true_write(*args)  # type: ignore[arg-type]  # unchanged arguments

    monkeypatch.setattr(sqlite, "write_sqlite", write)
    client_with_key(client, *Scope).post("/v1/people", json=documents.person())
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.get(FILE).headers["etag"], range(20)))
    assert len(set(answers)) == 1
    assert len(built) == 1


def test_scheduled_article_is_exported_once_published(
    editor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test announces the publication, in place of the background job."""
    monkeypatch.setattr(archives, "_MAX_STALE_SECONDS", 0.0)
    due = "2031-01-01T00:00:00Z"
    slug = editor.post("/v1/articles", json=documents.article(published_at=due)).json()["slug"]
    editor.post(f"/v1/articles/{slug}/publish")
    before = editor.get(FILE).content
    assert slug.encode() not in before
    with time_machine.travel("2031-01-01T00:00:01Z", tick=False):
        with database_of(editor).session() as session:
            announce_due_articles(session)
        assert slug.encode() in editor.get(FILE).content
