"""Redaction: values leave the audit log, the versions and the trash; the entries stay."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Base, RecordChange, WebhookDelivery
from tests.support import documents
from tests.support.documents import IF_MATCH_ANY
from tests.support.proposals import add_proposal

WORD = "Sdtpqxv"
"""Word that occurs in the value to be redacted, and nowhere else."""


def redact(editor: TestClient, type_: str, slug: str, *fields: str) -> Any:
    body = {"type": type_, "slug": slug, "fields": fields, "reason": "Her request"}
    return editor.post("/v1/audit/redact", json=body)


def create(editor: TestClient, collection: str, document: dict[str, Any]) -> str:
    """Path of a new record."""
    created = editor.post(f"/v1/{collection}", json=document)
    assert created.status_code == 201, created.text
    return f"/v1/{collection}/{created.json()['slug']}"


def change(editor: TestClient, path: str, **fields: Any) -> None:
    editor.patch(path, json=fields, headers=IF_MATCH_ANY).raise_for_status()


def tables_with(database: Database, word: str) -> set[str]:
    """Tables with a row that contains `word`."""
    with database.engine.connect() as connection:
        return {
            table.name
            for table in Base.metadata.sorted_tables
            if any(word in repr(tuple(row)) for row in connection.execute(table.select()))
        }


def test_values_leave_entries_that_stay(editor: TestClient, database: Database) -> None:
    path = create(editor, "people", documents.person() | {"biography": f"{WORD} was here."})
    slug = path.rpartition("/")[2]
    change(editor, path, biography=f"{WORD} is here.", birth_country="CA")
    change(editor, path, biography=None)
    change(editor, path, biography="Nobody is here.", birth_country="JP")
    before = editor.get(f"/v1/audit?slug={slug}&sort=at").json()["items"]
    assert tables_with(database, WORD) == {"audit_entries"}  # positive control

    answer = redact(editor, "person", slug, "biography")
    assert (answer.status_code, answer.json()["entries"]) == (200, 3), answer.text
    assert tables_with(database, WORD) == set()
    assert editor.get(path).json()["biography"] == "Nobody is here."
    *after, own = editor.get(f"/v1/audit?slug={slug}&sort=at").json()["items"]
    losses = [{"after"}, {"before", "after"}, {"before"}, set[str]()]
    for old, new, lost in zip(before, after, losses, strict=True):
        redacted = {state: ["biography"] if state in lost else [] for state in ("before", "after")}
        emptied = {state: old[state] | {"biography": None} for state in lost}
        assert new == old | emptied | {"redacted": redacted if lost else None}
    assert (own["action"], own["before"]) == ("redact", None)
    assert own["after"] == {"fields": ["biography"], "reason": "Her request", "entries": 3}
    assert own["actor"]["id"] == editor.get("/v1/me").json()["id"]

    again = redact(editor, "person", slug, "biography")
    assert again.status_code == 409  # nothing is left


def test_redacted_version_is_not_restored(editor: TestClient) -> None:
    path = create(editor, "people", documents.person() | {"biography": WORD})
    change(editor, path, biography=None)
    assert redact(editor, "person", path.rpartition("/")[2], "biography").status_code == 200
    versions = editor.get(f"{path}/revisions?sort=version").json()["items"]
    assert [each["redacted"] for each in versions] == [["biography"], []]
    first = editor.get(f"{path}/revisions/1").json()
    assert (first["record"]["biography"], first["redacted"]) == (None, ["biography"])
    refused = editor.post(f"{path}/revisions/1/restore")
    assert refused.status_code == 409
    assert "biography" in refused.json()["detail"]
    assert editor.post(f"{path}/revisions/2/restore").status_code == 200


def test_deleted_record_is_redacted(editor: TestClient, database: Database) -> None:
    path = create(editor, "people", documents.person(name=WORD) | {"slug": "redacted-person"})
    editor.delete(path, headers=IF_MATCH_ANY).raise_for_status()
    assert WORD in editor.get("/v1/trash").text
    assert redact(editor, "person", "redacted-person", "name").status_code == 200
    assert tables_with(database, WORD) == set()
    trash = editor.get("/v1/trash?type=person&limit=100").json()["items"]
    assert [each["title"] for each in trash if each["slug"] == "redacted-person"] == [
        "redacted-person"
    ]
    assert editor.post(f"{path}/revisions/1/restore").status_code == 409


def test_article_in_trash_is_redacted(editor: TestClient, database: Database) -> None:
    document = documents.article() | {"slug": "a-day", "note": WORD, "body": f"*{WORD}*"}
    path = create(editor, "articles", document | {"source": {"name": WORD}})
    editor.delete(path, headers=IF_MATCH_ANY).raise_for_status()
    assert {"articles", "audit_entries"} <= tables_with(database, WORD)
    assert redact(editor, "article", "a-day", "tags").status_code == 422
    assert redact(editor, "article", "a-day", "note", "body", "source.name").status_code == 200
    assert tables_with(database, WORD) == set()
    restored = editor.post(f"{path}/restore").json()
    assert (restored["note"], restored["body"]) == (None, "[redacted]")


def test_nested_values_are_redacted(editor: TestClient, database: Database) -> None:
    image = {"url": "https://portal.example/a.jpg", "alt": "A globe", "credit": WORD}
    path = create(editor, "articles", documents.article() | {"image": image})
    change(editor, path, image=image | {"credit": "Redacted Person"})
    assert redact(editor, "article", path.rpartition("/")[2], "image.credit").status_code == 200
    assert tables_with(database, WORD) == set()
    first = editor.get(f"{path}/revisions/1").json()
    assert first["record"]["image"] == image | {"credit": None, "media": None}
    assert first["redacted"] == ["image.credit"]


def test_merged_record_is_redacted(editor: TestClient, database: Database) -> None:
    path = create(editor, "people", documents.person() | {"biography": WORD})
    into = create(editor, "people", documents.person() | {"biography": "Another"})
    other = into.rpartition("/")[2]
    editor.post(f"{path}/merge", json={"into": other}).raise_for_status()
    kept = editor.get(f"{into}/revisions/1").json()
    assert redact(editor, "person", path.rpartition("/")[2], "biography").status_code == 200
    assert tables_with(database, WORD) == set()
    assert editor.get(f"{into}/revisions/1").json() == kept


def test_proposal_of_record_is_redacted(editor: TestClient, database: Database) -> None:
    document = documents.person() | {"name": "Redacted Person", "biography": WORD}
    proposal = add_proposal(editor, document=document, title=f"{WORD} Redacted Person")
    decided = editor.post(f"{proposal}/separate")
    assert decided.status_code == 200, decided.text
    slug = decided.json()["record"]["slug"]
    change(editor, f"/v1/people/{slug}", biography=None)
    assert {"proposals", "audit_entries"} <= tables_with(database, WORD)
    assert redact(editor, "person", slug, "biography", "name").status_code == 200
    assert tables_with(database, WORD) == set()
    assert editor.get(proposal).json()["title"] == "[redacted]"


def test_delivered_messages_are_forgotten(editor: TestClient, database: Database) -> None:
    path = create(editor, "people", documents.person() | {"biography": WORD})
    hook = editor.post("/v1/webhooks", json={"target_url": "https://portal.example/hook"})
    with database.session() as session:
        seq = session.scalar(select(func.max(RecordChange.seq)))
        session.add(
            WebhookDelivery(
                webhook_id=hook.json()["id"],
                message_id="a",
                message_type="person.upsert",
                seq=seq,
                request_body=f'{{"biography": "{WORD}"}}',
            )
        )
    change(editor, path, biography=None)
    assert "webhook_deliveries" in tables_with(database, WORD)
    assert redact(editor, "person", path.rpartition("/")[2], "biography").status_code == 200
    assert tables_with(database, WORD) == set()


@pytest.mark.parametrize(
    ("wrong", "status", "text"),
    [
        ({"fields": ["slug"]}, 422, "cannot be redacted"),
        ({"fields": ["biografy"]}, 422, "Did you mean 'biography'"),
        ({"fields": []}, 422, "/fields"),
        ({"reason": " "}, 422, "/reason"),
        ({"reason": None}, 422, "/reason"),
        ({"slug": "nobody-at-all"}, 404, "nobody-at-all"),
        ({"type": "key"}, 422, "/type"),
        ({"fields": ["biography"]}, 409, "Change the record first"),
    ],
)
def test_wrong_redaction_is_refused(
    editor: TestClient, wrong: dict[str, Any], status: int, text: str
) -> None:
    path = create(editor, "people", documents.person() | {"biography": "Here."})
    right = {"type": "person", "slug": path.rpartition("/")[2], "reason": "A request"}
    body = right | {"fields": ["biography"]} | wrong
    answer = editor.post("/v1/audit/redact", json=body)
    assert answer.status_code == status, answer.text
    assert text in json.dumps(answer.json(), ensure_ascii=False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET before = NULL",
        "UPDATE audit_entries SET actor = 'nobody', redacted = '{}'",
        "UPDATE audit_entries SET at = '2001-01-01', redacted = '{}'",
        "UPDATE audit_entries SET redacted = NULL",
    ],
)
def test_database_refuses_other_changes(
    editor: TestClient, database: Database, statement: str
) -> None:
    create(editor, "people", documents.person())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        database.engine.begin() as connection,
    ):
        connection.execute(text(statement))


def test_dry_run_redacts_nothing(editor: TestClient, database: Database) -> None:
    path = create(editor, "people", documents.person() | {"biography": WORD})
    change(editor, path, biography=None)
    person = {"type": "person", "slug": path.rpartition("/")[2]}
    body = person | {"fields": ["biography"], "reason": "A request"}
    editor.post("/v1/audit/redact?validate_only=true", json=body).raise_for_status()
    assert tables_with(database, WORD) == {"audit_entries"}
    editor.post("/v1/audit/redact", json=body).raise_for_status()
    assert tables_with(database, WORD) == set()
