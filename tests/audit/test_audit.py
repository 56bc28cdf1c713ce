"""Audit log: complete, filterable and append-only."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import Scope
from tests.support import documents
from tests.support.clients import client_with_key
from tests.support.documents import IF_MATCH_ANY


def list_entries(editor: TestClient, **filters: Any) -> list[dict[str, Any]]:
    answer = editor.get("/v1/audit", params=filters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_audit_log_records_all_kinds_of_writes(editor: TestClient) -> None:
    article = editor.post("/v1/articles", json=documents.article())
    address, slug = article.headers["Location"], article.json()["slug"]
    for action in ("publish", "unpublish"):
        editor.post(f"{address}/{action}")
    editor.patch(address, json={"title": "Another"}, headers=IF_MATCH_ANY)
    editor.delete(address, headers=IF_MATCH_ANY)
    editor.post(f"{address}/restore")
    entries = list_entries(editor, slug=slug, sort="at")
    actions = ["create", "publish", "unpublish", "update", "delete", "restore"]
    assert [entry["action"] for entry in entries] == actions
    assert entries[0]["before"] is None
    assert entries[1]["before"]["status"] == "draft"
    assert entries[1]["after"]["status"] == "published"
    assert entries[3]["after"]["title"] == "Another"
    assert entries[4]["after"]["status"] == "deleted"
    me = editor.get("/v1/me").json()
    assert {entry["actor"]["id"] for entry in entries} == {me["id"]}

    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    person = editor.post("/v1/people", json=documents.person()).json()["slug"]
    crew = {"mission": mission, "person": person, "role": "commander"}
    created = editor.post("/v1/crew-assignments", json=crew)
    editor.patch(created.headers["Location"], json={"position": "CDR"}, headers=IF_MATCH_ANY)
    editor.delete(created.headers["Location"], headers=IF_MATCH_ANY)
    editor.put(f"/v1/missions/{mission}/tasks", json={"items": ["Work"]}, headers=IF_MATCH_ANY)
    entries = list_entries(editor, slug=mission, sort="at")
    assert [entry["action"] for entry in entries] == ["create", "crew", "crew", "crew", "tasks"]
    assert entries[1]["after"]["crew"][0]["person"] == person


def test_entry_has_request_id(editor: TestClient) -> None:
    request_id = "0190d3a2-7c1e-7b3e-9d52-3c1f5a2b4c6d"
    document = documents.person()
    created = editor.post("/v1/people", json=document, headers={"X-Request-ID": request_id})
    (entry,) = list_entries(editor, slug=created.json()["slug"])
    assert entry["request_id"] == request_id
    assert entry["record_id"] == created.json()["id"]
    assert entry["after"]["name"] == document["name"]


def test_refused_writes_are_not_recorded(editor: TestClient) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    before = len(list_entries(editor, at_gte=today, limit=100))
    editor.post("/v1/people", json={})
    editor.post("/v1/people?validate_only=true", json=documents.person())
    created = editor.post("/v1/people", json=documents.person())
    editor.patch(created.headers["Location"], json={"agency": "A"}, headers={"If-Match": '"a.9"'})
    assert len(list_entries(editor, at_gte=today, limit=100)) == min(before + 1, 100)


def test_audit_log_filters(client: TestClient, editor: TestClient) -> None:
    other = client_with_key(client, Scope.PEOPLE_WRITE)
    created = other.post("/v1/people", json=documents.person()).json()
    editor.post("/v1/people", json=documents.person())
    actor = other.get("/v1/me").json()["id"]
    (entry,) = list_entries(editor, actor=actor)
    assert entry["slug"] == created["slug"]
    assert list_entries(editor, actor=actor, action="delete") == []
    assert list_entries(editor, actor=actor, type="person,mission") == [entry]
    assert list_entries(editor, record_id=created["id"], actor=actor) == [entry]
    assert list_entries(editor, actor=actor, at_lt="2020-01-01") == []
    assert list_entries(editor, actor=actor, at_gte="2020-01-01T00:00:00Z") == [entry]
    refused = editor.get("/v1/audit", params={"who": "me"})
    assert refused.status_code == 422


STATEMENTS = {
    "update": "UPDATE {table} SET id = id",
    "update of one": "UPDATE {table} SET id = id WHERE id = (SELECT max(id) FROM {table})",
    "delete": "DELETE FROM {table}",
    "delete of one": "DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})",
    "truncate": "TRUNCATE {table} CASCADE",
    "replace": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
}
REPLACE = (
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET id = excluded.id"
)
"""Equivalent of INSERT OR REPLACE on PostgreSQL."""


@pytest.mark.parametrize("kind", STATEMENTS)
def test_audit_log_is_append_only(editor: TestClient, database: Database, kind: str) -> None:
    sqlite = database.engine.dialect.name == "sqlite"
    if kind == "truncate" and sqlite:
        kind = "delete"  # SQLite has no TRUNCATE
    statement = REPLACE if kind == "replace" and not sqlite else STATEMENTS[kind]
    editor.post("/v1/people", json=documents.person())
    before = list_entries(editor, limit=100)

    def run(table: str) -> None:
        with database.engine.begin() as connection:
            connection.execute(text(statement.format(table=table)))

    with pytest.raises(DatabaseError, match="append-only"):
        run("audit_entries")
    run("people")  # positive control: the statement works on other tables
    assert list_entries(editor, limit=100) == before
