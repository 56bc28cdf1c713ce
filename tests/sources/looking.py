"""Adding sources, looking at them, and seeing what came of it."""

from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from app.database import Database
from app.models import Source
from app.sources.polling import Look, due, poll


def add(editor: TestClient, url: str, **fields: Any) -> int:
    given = {"name": "The desk", "feed_url": url} | fields
    answer = editor.post("/v1/sources", json=given)
    assert answer.status_code == 201, answer.text
    made: int = answer.json()["id"]
    return made


def look(database: Database, id_: int) -> Look | None:
    """A look as a process takes it that has found the source to be due, or not."""
    return poll(database, id_, allow_private=True)


def dues(database: Database) -> list[int]:
    with database.snapshot() as reader:
        return due(reader)


def state(editor: TestClient, id_: int) -> dict[str, Any]:
    found: dict[str, Any] = editor.get(f"/v1/sources/{id_}").json()
    return found


def kept(database: Database, id_: int) -> dict[str, Any]:
    with database.snapshot() as reader:
        return reader.all(select(*Source.__table__.columns).where(Source.id == id_))[0]


def titles(client: TestClient) -> list[str]:
    return sorted(article["title"] for article in client.get("/v1/articles").json()["items"])


def drafts(editor: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = editor.get("/v1/drafts").json()["items"]
    return found


def look_again(database: Database, id_: int) -> Look:
    """A look at once, due or not."""
    found = poll(database, id_, allow_private=True, at_once=True)
    assert found is not None
    return found
