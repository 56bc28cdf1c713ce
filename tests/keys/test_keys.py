"""API keys: creation, expiry, revocation; only the digest is stored."""

import json
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from math import log2
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.api.api_key_format import generate_api_key, is_well_formed_key
from app.cli.main import cli
from app.db.database import Database
from app.db.models import ApiKey, Base
from app.domain.dates import now
from app.domain.enums import Scope
from app.http.logging import JsonFormatter
from tests.support import documents
from tests.support.clients import client_with_key, database_of

WANTED = {"name": "Press office", "scopes": ["articles:write", "people:write"]}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_key_is_created_used_and_revoked(client: TestClient, editor: TestClient) -> None:
    made = editor.post("/v1/keys", json=WANTED)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "private, no-store"
    key, id_ = made.json()["key"], made.json()["id"]
    assert re.fullmatch(rf"zarya_{id_}_[0-9A-Za-z]{{38}}", key)
    assert made.headers["Location"].endswith(f"/v1/keys/{id_}")
    me = client.get("/v1/me", headers=bearer(key)).json()
    assert me == {**WANTED, "id": id_, "role": None, "expires_at": None}
    assert (
        client.post("/v1/people", json=documents.person(), headers=bearer(key)).status_code == 201
    )
    shown = editor.get(f"/v1/keys/{id_}").json()
    assert (shown["state"], bool(shown["last_used_at"])) == ("active", True)
    assert "key" not in shown
    for _ in range(2):
        assert editor.delete(f"/v1/keys/{id_}").status_code == 204
    refused = client.get("/v1/me", headers=bearer(key))
    assert refused.status_code == 401
    assert "revoked" in refused.json()["detail"]
    assert editor.get(f"/v1/keys/{id_}").json()["state"] == "revoked"
    assert editor.delete("/v1/keys/aaaaaaaa").status_code == 404


def test_rotated_key_holds_for_the_overlap(client: TestClient, editor: TestClient) -> None:
    def get_me(key: str) -> Any:
        return client.get("/v1/me", headers=bearer(key))

    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=False) as clock:
        old = editor.post("/v1/keys", json=WANTED | {"expires_at": "2031-01-31T00:00:00Z"}).json()
        clock.shift(timedelta(days=10))
        made = editor.post(f"/v1/keys/{old['id']}/rotate", json={"overlap_hours": 2})
        assert made.status_code == 201
        new = made.json()
        assert made.headers["Location"].endswith(f"/v1/keys/{new['id']}")
        assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
        assert new["expires_at"] == "2031-02-10T00:00:00Z"  # it lives as long as the old one
        shown = editor.get(f"/v1/keys/{old['id']}").json()
        assert (shown["state"], shown["expires_at"]) == ("active", "2031-01-11T02:00:00Z")
        statuses = []
        for _ in range(2):
            clock.shift(timedelta(hours=1))
            statuses.append([get_me(each["key"]).status_code for each in (old, new)])
    audited = editor.get("/v1/audit", params={"type": "key", "limit": 2}).json()["items"]
    assert {entry["action"] for entry in audited} == {"create", "update"}
    assert statuses == [[200, 200], [401, 200]]


def test_rotation_never_extends_a_key(editor: TestClient) -> None:
    ends_at = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    old = editor.post("/v1/keys", json=WANTED | {"expires_at": ends_at}).json()
    rotate = f"/v1/keys/{old['id']}/rotate"
    assert editor.post(rotate, json={}).status_code == 201
    assert editor.get(f"/v1/keys/{old['id']}").json()["expires_at"] == ends_at
    assert editor.post(rotate, json={"overlap_hours": 721}).status_code == 422
    assert editor.post(rotate, json={"overlap_hours": 0}).status_code == 201
    assert editor.post(rotate, json={}).status_code == 409  # it has ended
    assert editor.post("/v1/keys/aaaaaaaa/rotate", json={}).status_code == 404


def test_secret_is_stored_nowhere(
    client: TestClient, editor: TestClient, database: Database
) -> None:
    made = editor.post("/v1/keys", json=WANTED).json()
    secret = made["key"].rpartition("_")[2]
    texts = [
        editor.get("/v1/keys").text,
        editor.get("/v1/audit", params={"type": "key"}).text,
        client.get("/v1/me", headers=bearer(made["key"] + "x")).text,
        client.post("/v1/keys", headers=bearer(made["key"])).text,
    ]
    with database.snapshot() as reader:
        texts += [str(reader.all(table.select())) for table in Base.metadata.sorted_tables]
    assert made["id"] in "".join(texts)
    assert secret not in "".join(texts)


def test_key_expires(client: TestClient, editor: TestClient) -> None:
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=False) as clock:
        made = editor.post("/v1/keys", json=WANTED | {"expires_at": "2031-01-01T01:00:00Z"}).json()
        assert client.get("/v1/me", headers=bearer(made["key"])).status_code == 200
        clock.shift(timedelta(hours=1))
        refused = client.get("/v1/me", headers=bearer(made["key"]))
        assert refused.status_code == 401
        assert "expired at 2031-01-01T01:00:00Z" in refused.json()["detail"]
        past = editor.post("/v1/keys", json=WANTED | {"expires_at": "2031-01-01T00:30:00Z"})
        assert past.json()["errors"][0]["pointer"] == "/expires_at"
        assert editor.get(f"/v1/keys/{made['id']}").json()["state"] == "expired"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "A", "scopes": []},
        {"name": "A", "scopes": ["everything"]},
        {"name": "", "scopes": ["audit:read"]},
        {"name": "A", "scopes": ["audit:read"], "expires_at": 4102444800},
        {"name": "A", "scopes": ["audit:read"], "id": "aaaaaaaa"},
    ],
)
def test_invalid_key_document_is_refused(editor: TestClient, wrong: dict[str, object]) -> None:
    assert editor.post("/v1/keys", json=wrong).status_code == 422


def test_malformed_key_takes_no_statement(client: TestClient) -> None:
    _, key = generate_api_key("Nobody", [Scope.AUDIT_READ])
    flipped = key[:-7] + ("a" if key[-7] != "a" else "b") + key[-6:]
    assert is_well_formed_key(key)
    assert not is_well_formed_key(flipped)
    seen: list[str] = []

    def note(_c: object, _d: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engine = database_of(client).engine
    event.listen(engine, "before_cursor_execute", note)
    assert client.get("/v1/me", headers=bearer(flipped)).status_code == 401
    assert seen == []
    assert client.get("/v1/me", headers=bearer(key)).status_code == 401
    assert len([s for s in seen if "api_keys" in s]) == 1
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "header",
    [
        b"", b"Bearer", b"Bearer ", b"Basic dXNlcjpwYXNz", b"bearer x", b"Bearer a b", b"Token x",
        b"Bearer zarya_aaaaaaaa_", b"Bearer " + b"a" * 10_000, "Bearer ключ".encode(), b"\xff\xfe",
    ],
)  # fmt: skip
def test_malformed_authorization_header_is_401(client: TestClient, header: bytes) -> None:
    answer = client.get("/v1/me", headers={b"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="zarya"')
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_repeated_authorization_header_is_401(client: TestClient) -> None:
    stored, key = generate_api_key("Double", [Scope.AUDIT_READ])
    with database_of(client).session() as session:
        session.add(stored)
    assert client.get("/v1/me", headers=bearer(key)).status_code == 200
    lower = client.get("/v1/me", headers={"Authorization": f"bearer {key}"})
    assert lower.status_code == 200
    both = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]
    assert client.get("/v1/me", headers=both).status_code == 401


def test_key_list_filters_by_scope(client: TestClient, editor: TestClient) -> None:
    client_with_key(client, Scope.AUDIT_READ)
    client_with_key(client, Scope.PEOPLE_WRITE)
    listed = editor.get("/v1/keys", params={"with_total": "true"}).json()
    assert listed["total"] == 3
    some = editor.get("/v1/keys", params={"scope": "audit:read", "with_total": "true"}).json()
    assert some["total"] == 2
    assert all("audit:read" in key["scopes"] for key in some["items"])


def test_keys_command_creates_lists_and_revokes(
    database: Database, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.engine.url.set(drivername=database.engine.dialect.name)
    monkeypatch.setenv("ZARYA_DATABASE_URL", url.render_as_string(hide_password=False))
    runner = CliRunner()
    wanted = [
        "keys",
        "create",
        "--name",
        "Desk",
        "--scope",
        "audit:read",
        "--expires",
        "2098-01-01",
    ]
    made = runner.invoke(cli, wanted)
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    me = client.get("/v1/me", headers=bearer(key)).json()
    assert (me["name"], me["expires_at"]) == ("Desk", "2098-01-01T00:00:00Z")
    listed = runner.invoke(cli, ["keys", "list"])
    assert me["id"] in listed.stdout
    assert key.rpartition("_")[2] not in listed.stdout
    rotated = runner.invoke(cli, ["keys", "rotate", me["id"], "--overlap", "1"])
    assert rotated.exit_code == 0, rotated.output
    for each in (key, rotated.stdout.strip()):
        assert client.get("/v1/me", headers=bearer(each)).json()["name"] == "Desk"
    assert runner.invoke(cli, ["keys", "rotate", "nothing1"]).exit_code == 1
    assert runner.invoke(cli, ["keys", "revoke", me["id"]]).exit_code == 0
    assert client.get("/v1/me", headers=bearer(key)).status_code == 401
    assert runner.invoke(cli, ["keys", "revoke", "nothing1"]).exit_code == 1
    assert runner.invoke(cli, [*wanted[:4], "--scope", "everything"]).exit_code == 2
    assert runner.invoke(cli, [*wanted[:6], "--expires", "soon"]).exit_code == 2
    with database.snapshot() as reader:
        assert len(reader.all(select(ApiKey.id).where(ApiKey.name == "Desk"))) == 2


def test_use_of_keys_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    keys = {}
    for name in ("valid", "expired", "revoked", "unknown"):
        stored, keys[name] = generate_api_key(name, [Scope.AUDIT_READ])
        stored.revoked_at = now() if name == "revoked" else None
        stored.expires_at = now() if name == "expired" else None
        if name != "unknown":
            with database_of(client).session() as session:
                session.add(stored)

    def log_of(path: str, key: str | None, status: int) -> list[tuple[str | None, ...]]:
        caplog.clear()
        with caplog.at_level("INFO", logger="zarya.security"):
            answer = client.get(path, headers=bearer(key) if key else {})
        assert answer.status_code == status
        text = "\n".join(map(JsonFormatter().format, caplog.records))
        assert key is None or key[15:] not in text
        lines = [json.loads(line) for line in text.splitlines()]
        for line in lines:
            assert (line["id"], line["client"]) == (answer.headers["X-Request-ID"], "testclient")
            assert (line["logger"], line["method"]) == ("zarya.security", "GET")
        return [
            tuple(line[name] for name in ("level", "event", "route", "key", "reason"))
            for line in lines
        ]

    def refusal(key: str | None, reason: str) -> list[tuple[str | None, ...]]:
        return [("warning", "authentication failed", "getMe", key and key[6:14], reason)]

    id_ = keys["valid"][6:14]
    success = ("info", "authenticated", "getMe", id_, None)
    assert log_of("/v1/me", keys["valid"], 200) == [success]
    assert log_of("/v1/me", None, 401) == refusal(None, "missing")
    assert log_of("/v1/me", keys["valid"][:-1] + "!", 401) == refusal(None, "malformed")
    for reason in ("unknown", "revoked", "expired"):
        assert log_of("/v1/me", keys[reason], 401) == refusal(keys[reason], reason)
    assert log_of("/v1/keys", keys["valid"], 403) == [
        ("info", "authenticated", "listKeys", id_, None),
        ("warning", "authorisation failed", "listKeys", id_, "keys:admin"),
    ]
    assert log_of("/v1/missions", keys["valid"], 200) == []


def test_secrets_have_at_least_128_random_bits(editor: TestClient) -> None:
    key = editor.post("/v1/keys", json=WANTED).json()["key"]
    random_chars = key.rpartition("_")[2][:-6]  # without the checksum
    assert len(random_chars) * log2(62) >= 128
    hook = editor.post("/v1/webhooks", json={"target_url": "https://portal.example/"}).json()
    assert len(b64decode(hook["secret"].removeprefix("whsec_"))) * 8 >= 128
