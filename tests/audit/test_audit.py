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


def trail(editor: TestClient, **filters: Any) -> list[dict[str, Any]]:
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
    noted = trail(editor, slug=slug, sort="at")
    actions = ["create", "publish", "unpublish", "update", "delete", "restore"]
    assert [entry["action"] for entry in noted] == actions
    assert noted[0]["before"] is None
    assert noted[1]["before"]["status"] == "draft"
    assert noted[1]["after"]["status"] == "published"
    assert noted[3]["after"]["title"] == "Another"
    assert noted[4]["after"] is None
    me = editor.get("/v1/me").json()
    assert {entry["actor"]["id"] for entry in noted} == {me["id"]}

    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    person = editor.post("/v1/people", json=documents.person()).json()["slug"]
    crew = {"mission": mission, "person": person, "role": "commander"}
    made = editor.post("/v1/crew-assignments", json=crew)
    editor.patch(made.headers["Location"], json={"position": "CDR"}, headers=IF_MATCH_ANY)
    editor.delete(made.headers["Location"], headers=IF_MATCH_ANY)
    editor.put(f"/v1/missions/{mission}/tasks", json={"items": ["Work"]}, headers=IF_MATCH_ANY)
    noted = trail(editor, slug=mission, sort="at")
    assert [entry["action"] for entry in noted] == ["create", "crew", "crew", "crew", "tasks"]
    assert noted[1]["after"]["crew"][0]["person"] == person


def test_entry_has_request_id(editor: TestClient) -> None:
    given = "0190d3a2-7c1e-7b3e-9d52-3c1f5a2b4c6d"
    document = documents.person()
    made = editor.post("/v1/people", json=document, headers={"X-Request-ID": given})
    (entry,) = trail(editor, slug=made.json()["slug"])
    assert entry["request_id"] == given
    assert entry["record_id"] == made.json()["id"]
    assert entry["after"]["name"] == document["name"]


def test_refused_writes_are_not_recorded(editor: TestClient) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    before = len(trail(editor, at_gte=today, limit=100))
    editor.post("/v1/people", json={})
    editor.post("/v1/people?validate_only=true", json=documents.person())
    made = editor.post("/v1/people", json=documents.person())
    editor.patch(made.headers["Location"], json={"agency": "A"}, headers={"If-Match": '"a.9"'})
    assert len(trail(editor, at_gte=today, limit=100)) == min(before + 1, 100)


def test_audit_log_filters(client: TestClient, editor: TestClient) -> None:
    other = client_with_key(client, Scope.PEOPLE_WRITE)
    made = other.post("/v1/people", json=documents.person()).json()
    editor.post("/v1/people", json=documents.person())
    actor = other.get("/v1/me").json()["id"]
    (entry,) = trail(editor, actor=actor)
    assert entry["slug"] == made["slug"]
    assert trail(editor, actor=actor, action="delete") == []
    assert trail(editor, actor=actor, type="person,mission") == [entry]
    assert trail(editor, record_id=made["id"], actor=actor) == [entry]
    assert trail(editor, actor=actor, at_lt="2020-01-01") == []
    assert trail(editor, actor=actor, at_gte="2020-01-01T00:00:00Z") == [entry]
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


@pytest.mark.parametrize("what", STATEMENTS)
def test_audit_log_is_append_only(editor: TestClient, database: Database, what: str) -> None:
    sqlite = database.engine.dialect.name == "sqlite"
    if what == "truncate" and sqlite:
        what = "delete"  # SQLite has no TRUNCATE
    statement = REPLACE if what == "replace" and not sqlite else STATEMENTS[what]
    editor.post("/v1/people", json=documents.person())
    before = trail(editor, limit=100)

    def run(table: str) -> None:
        with database.engine.begin() as connection:
            connection.execute(text(statement.format(table=table)))

    with pytest.raises(DatabaseError, match="append-only"):
        run("audit_entries")
    run("people")  # positive control: the statement works on other tables
    assert trail(editor, limit=100) == before
