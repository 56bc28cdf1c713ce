"""Sources: creating and polling them, and reading the results."""

from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import FeedSource
from app.ingest.polling import PollResult, find_due_sources, run_poll


def add_source(editor: TestClient, url: str, **fields: Any) -> int:
    """Create a source by the API; returns its id."""
    defaults = {"name": "The desk", "feed_url": url}
    response = editor.post("/v1/sources", json=defaults | fields)
    assert response.status_code == 201, response.text
    id_: int = response.json()["id"]
    return id_


def poll_source(database: Database, id_: int) -> PollResult | None:
    """Poll a source as the scheduler does; None if it is not due."""
    return run_poll(database, id_, allow_private=True)


def due_sources(database: Database) -> list[int]:
    """Ids of the sources that are due."""
    with database.snapshot() as reader:
        return find_due_sources(reader)


def get_source(editor: TestClient, id_: int) -> dict[str, Any]:
    """Source as the API returns it."""
    found: dict[str, Any] = editor.get(f"/v1/sources/{id_}").json()
    return found


def source_row(database: Database, id_: int) -> dict[str, Any]:
    """Row of the source, by column."""
    with database.snapshot() as reader:
        return reader.all(select(*FeedSource.__table__.columns).where(FeedSource.id == id_))[0]


def article_titles(client: TestClient) -> list[str]:
    """Titles of the published articles, sorted."""
    return sorted(article["title"] for article in client.get("/v1/articles").json()["items"])


def get_drafts(editor: TestClient) -> list[dict[str, Any]]:
    """Drafts as the API returns them."""
    found: list[dict[str, Any]] = editor.get("/v1/drafts").json()["items"]
    return found


def poll_source_now(database: Database, id_: int) -> PollResult:
    """Poll a source, due or not."""
    found = run_poll(database, id_, allow_private=True, force=True)
    assert found is not None
    return found
