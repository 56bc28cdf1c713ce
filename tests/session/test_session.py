"""Sessions: sign in, CSRF tokens, expiry, sign out, and caches."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import UserSession
from app.domain.enums import Scope
from app.ops.jobs import prune_expired
from tests.support import documents
from tests.support.clients import client_with_key, override_settings, second_app

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


def key_of(client: TestClient) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def sign_in(client: TestClient, key: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The headers of a request with the cookie and the CSRF token, and the session."""
    client.cookies.clear()
    answer = client.post("/v1/session", json={"key": key})
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    client.cookies.clear()  # each request names its own
    return {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf_token"]}, answer.json()


def create_person(client: TestClient, headers: dict[str, str]) -> int:
    return client.post("/v1/people", json=documents.person(), headers=headers).status_code


def test_session_authenticates_until_sign_out(client: TestClient, editor: TestClient) -> None:
    headers, session = sign_in(client, key_of(editor))
    key_id = editor.get("/v1/me").json()["id"]
    shown = client.get("/v1/session", headers=headers)
    assert shown.json() == session
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert client.get("/v1/me", headers=headers).json()["id"] == key_id
    assert create_person(client, headers) == 201
    (entry,) = editor.get(f"/v1/audit?actor={key_id}").json()["items"]
    assert entry["actor"] == {"id": key_id, "name": session["name"]}
    ended = client.delete("/v1/session", headers=headers)
    assert ended.status_code == 204
    assert 'zarya_session=""; HttpOnly; Max-Age=0; Path=/;' in _normalize(ended)
    stolen = client.get("/v1/session", headers=headers)
    assert stolen.status_code == 401
    assert "Max-Age=0" in stolen.headers["Set-Cookie"]
    assert create_person(client, headers) == 401


def _normalize(answer: Any) -> str:
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    return "; ".join([name, *sorted(a for a in attributes if not a.startswith("expires"))]) + ";"


@pytest.mark.parametrize(
    ("public_url", "attributes"),
    [
        ("http://127.0.0.1:8000", "HttpOnly; Max-Age=43200; Path=/; SameSite=strict;"),
        ("https://portal.example", "HttpOnly; Max-Age=43200; Path=/; SameSite=strict; Secure;"),
        ("https://a.example/iss", "HttpOnly; Max-Age=43200; Path=/iss; SameSite=strict; Secure;"),
    ],
)
def test_cookie_attributes(
    client: TestClient, editor: TestClient, public_url: str, attributes: str
) -> None:
    with override_settings(client, public_url=public_url):
        answer = client.post("/v1/session", json={"key": key_of(editor)})
    assert answer.headers["Cache-Control"] == "no-store"
    assert _normalize(answer).partition("; ")[2] == attributes
    client.cookies.clear()


def test_only_digest_is_stored(client: TestClient, editor: TestClient, database: Database) -> None:
    headers, session = sign_in(client, key_of(editor))
    with database.session() as db:
        row = db.execute(select(*UserSession.__table__.columns)).one()
    token = headers["Cookie"].partition("=")[2]
    assert row.token_sha256 == sha256(token.encode()).hexdigest()
    for secret in (token, session["csrf_token"]):
        assert len(secret) >= 40
        assert secret not in repr(tuple(row))


def test_changes_need_csrf_token(client: TestClient, editor: TestClient) -> None:
    headers, _ = sign_in(client, key_of(editor))
    other, _ = sign_in(client, key_of(editor))
    right = headers.pop("X-CSRF-Token")
    for wrong in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": other["X-CSRF-Token"]}):
        answer = client.post("/v1/people", json=documents.person(), headers=headers | wrong)
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("/problems/csrf-token-required")
        assert "X-CSRF-Token" in answer.json()["detail"]
        assert client.delete("/v1/session", headers=headers | wrong).status_code == 403
    assert client.get("/v1/people").json()["items"] == []
    assert create_person(client, headers | {"X-CSRF-Token": right}) == 201


def test_authorization_takes_precedence(client: TestClient, editor: TestClient) -> None:
    headers, _ = sign_in(client, key_of(editor))
    reader = client_with_key(client, Scope.AUDIT_READ)
    both = headers | {"Authorization": reader.headers["Authorization"]}
    assert client.get("/v1/me", headers=both).json()["scopes"] == ["audit:read"]
    assert create_person(client, both) == 403
    assert client.get("/v1/me", headers=both | {"Authorization": "Basic eA=="}).status_code == 401
    assert client.get("/v1/session", headers=both).status_code == 404
    assert client.get("/v1/session").status_code == 401


def revoke(editor: TestClient, key_id: str) -> None:
    editor.delete(f"/v1/keys/{key_id}").raise_for_status()


def rotate(editor: TestClient, key_id: str) -> None:
    editor.post(f"/v1/keys/{key_id}/rotate", json={"overlap_hours": 0}).raise_for_status()


@pytest.mark.parametrize("end", [revoke, rotate])
def test_session_ends_with_its_key(
    client: TestClient, editor: TestClient, end: Callable[[TestClient, str], None]
) -> None:
    headers, _ = sign_in(client, key_of(client_with_key(client, Scope.PEOPLE_WRITE)))
    kept, _ = sign_in(client, key_of(editor))
    end(editor, client.get("/v1/me", headers=headers).json()["id"])
    assert client.get("/v1/session", headers=headers).status_code == 401
    assert create_person(client, headers) == 401
    assert client.get("/v1/session", headers=kept).status_code == 200


def test_session_expires(client: TestClient, editor: TestClient, database: Database) -> None:
    def status_at(**after: int) -> int:
        clock.move_to(START + timedelta(**after))
        return client.get("/v1/session", headers=headers).status_code

    with time_machine.travel(START, tick=False) as clock:
        headers, session = sign_in(client, key_of(editor))
        assert session["expires_at"] == "2030-01-02T00:00:00Z"
        assert session["idle_expires_at"] == "2030-01-01T13:00:00Z"
        assert status_at(minutes=60) == 401
        assert [status_at(minutes=50 * n) for n in range(1, 15)] == [200] * 14
        prune_expired(database)
        shown = client.get("/v1/session", headers=headers).json()
        assert shown["idle_expires_at"] == shown["expires_at"] == session["expires_at"]
        assert status_at(hours=12) == 401
        prune_expired(database)
    with database.session() as db:
        assert db.scalars(select(UserSession)).all() == []


def test_background_requests_do_not_extend_the_session(
    client: TestClient, editor: TestClient
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        headers, _ = sign_in(client, key_of(editor))
        polling = headers | {"X-Background": "true"}
        for minute in range(5, 60, 5):
            clock.move_to(START + timedelta(minutes=minute))
            shown = client.get("/v1/session", headers=polling).json()
            assert shown["idle_expires_at"] == "2030-01-01T13:00:00Z"
        extended = client.get("/v1/session", headers=headers).json()  # positive control
        assert extended["idle_expires_at"] == "2030-01-01T13:55:00Z"
        clock.move_to(START + timedelta(minutes=100))
        assert client.get("/v1/session", headers=polling).status_code == 200
        clock.move_to(START + timedelta(minutes=115))
        assert client.get("/v1/session", headers=polling).status_code == 401


def test_sign_in_ends_previous_session(client: TestClient, editor: TestClient) -> None:
    headers, _ = sign_in(client, key_of(editor))
    client.post("/v1/session", json={"key": key_of(editor)}, headers=headers).raise_for_status()
    client.cookies.clear()
    assert client.get("/v1/session", headers=headers).status_code == 401


@pytest.mark.parametrize("key", ["nonsense", "zarya_aaaaaaaa_" + "a" * 38])
def test_wrong_key_is_refused_and_counted(client: TestClient, editor: TestClient, key: str) -> None:
    app = second_app(client, wrong_keys=2)
    limited = TestClient(app, client=("203.0.113.5", 1))
    right, wrong = ({"key": key} for key in (key_of(editor), key))
    assert limited.post("/v1/session", json=right).status_code == 201
    limited.cookies.clear()
    statuses = [limited.post("/v1/session", json=wrong).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert limited.post("/v1/session", json=right).status_code == 429
    app.state.services.database.close()


def test_cookie_never_changes_a_cached_response(client: TestClient, editor: TestClient) -> None:
    editor.post("/v1/people", json=documents.person()).raise_for_status()
    headers, _ = sign_in(client, key_of(editor))
    for cookie in (headers["Cookie"], "a=b; zarya_session=invented", 'zarya_session = "x"'):
        private = client.get("/v1/people", headers={"Cookie": cookie})
        assert private.headers["Cache-Control"] == "private, no-store"
        public = client.get("/v1/people", headers={"Cookie": "theme=dark"})
        assert public.headers["Cache-Control"].startswith("public")
        assert public.content == private.content
        assert "Set-Cookie" not in public.headers


@pytest.mark.slow
def test_session_writes_over_mcp(client: TestClient, editor: TestClient) -> None:
    headers, _ = sign_in(client, key_of(editor))
    call = {"name": "create_person", "arguments": {"body": documents.person()}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    accept = {"Accept": "application/json, text/event-stream"}
    found = []
    divided = [*accept.items(), ("Cookie", headers["Cookie"]), ("Cookie", "theme=dark")]
    for sent in (divided, [*divided, ("X-CSRF-Token", headers["X-CSRF-Token"])]):
        client.post("/mcp", json=message, headers=sent).raise_for_status()
        found.append(len(client.get("/v1/people").json()["items"]))
    assert found == [0, 1]
