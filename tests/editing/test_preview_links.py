"""Preview links: pages of articles that are not public, for people without a key."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import PreviewLink
from app.domain.dates import now
from app.http.redaction import redact
from tests.support import documents
from tests.support.documents import IF_MATCH_ANY

HOSTILE = "<script>alert(1)</script>"
HTML = {"Accept": "text/html"}


@pytest.fixture
def draft(editor: TestClient) -> str:
    """Path of a draft."""
    document = documents.article(slug="draft", title=f"A draft {HOSTILE}", body=f"*Body* {HOSTILE}")
    return editor.post("/v1/articles", json=document).headers["Location"].partition(":8000")[2]


def create_link(editor: TestClient, article: str, **fields: Any) -> dict[str, Any]:
    answer = editor.post(f"{article}/preview-links", json=fields)
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


def path_of(link: dict[str, Any]) -> str:
    path: str = link["url"].partition(":8000")[2]
    return path


def test_link_shows_the_page_of_a_draft(client: TestClient, editor: TestClient, draft: str) -> None:
    link = create_link(editor, draft)
    page = client.get(path_of(link))
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "<em>Body</em>" in page.text
    assert HOSTILE not in page.text
    assert "A draft &lt;script&gt;" in page.text
    assert "canonical" not in page.text
    editor.patch(draft, json={"title": "Corrected"}, headers=IF_MATCH_ANY).raise_for_status()
    assert "Corrected" in client.get(path_of(link)).text
    for public in ("/articles/draft", "/v1/articles/draft", "/v1/articles/draft/preview-links"):
        assert client.get(public).status_code in {401, 404}


def test_scheduled_deleted_and_public_articles(
    client: TestClient, editor: TestClient, draft: str
) -> None:
    path = path_of(create_link(editor, draft))
    later = {"published_at": "2090-01-01T00:00:00Z"}
    editor.patch(draft, json=later, headers=IF_MATCH_ANY).raise_for_status()
    editor.post(f"{draft}/publish").raise_for_status()
    assert "2090" in client.get(path).text
    editor.patch(draft, json={"published_at": "2019-01-01T00:00:00Z"}, headers=IF_MATCH_ANY)
    public = client.get(path)
    assert (public.status_code, public.headers["Location"][-15:]) == (303, "/articles/draft")
    editor.delete(draft, headers=IF_MATCH_ANY).raise_for_status()
    assert client.get(path).status_code == 410


def test_no_link_of_an_article_in_the_trash(editor: TestClient, draft: str) -> None:
    create_link(editor, draft)  # positive control
    editor.delete(draft, headers=IF_MATCH_ANY).raise_for_status()
    refused = editor.post(f"{draft}/preview-links", json={})
    assert refused.status_code == 410
    assert "restore it first" in refused.json()["detail"]


def test_wrong_expired_and_revoked_links(
    client: TestClient, editor: TestClient, database: Database, draft: str
) -> None:
    link, other = create_link(editor, draft), create_link(editor, draft, expires_in_hours=1)
    listed = editor.get(f"{draft}/preview-links").json()["items"]
    assert [each["id"] for each in listed] == [other["id"], link["id"]]
    assert "url" not in listed[0]
    wrong = client.get(path_of(link)[:-1])
    assert (wrong.status_code, wrong.headers["Content-Type"]) == (404, "application/problem+json")
    with database.session() as session:
        past = now() - timedelta(seconds=1)
        expired = update(PreviewLink).where(PreviewLink.id == other["id"]).values(expires_at=past)
        session.execute(expired)
    gone = client.get(path_of(other), headers=HTML)
    assert (gone.status_code, gone.headers["Content-Type"][:9]) == (410, "text/html")
    assert client.get(path_of(link)).status_code == 200
    for expected in (204, 404):
        revoked = editor.delete(f"{draft}/preview-links/{link['id']}")
        assert revoked.status_code == expected
    assert client.get(path_of(link)).status_code == 404
    assert editor.get(f"{draft}/preview-links").json()["items"] == []
    entries = editor.get("/v1/audit", params={"type": "preview_link", "record_id": link["id"]})
    assert [each["action"] for each in entries.json()["items"]] == ["revoke", "create"]
    assert path_of(link).rpartition("/")[2] not in entries.text


def test_token_is_stored_as_a_digest_and_not_logged(
    editor: TestClient, database: Database, draft: str
) -> None:
    token = path_of(create_link(editor, draft)).rpartition("/")[2]
    with database.session() as session:
        stored = session.scalars(select(PreviewLink.token_sha256)).all()
    assert len(stored[0]) == 64
    assert token not in stored
    assert redact(f"/preview/{token}") == "/preview/…"


def test_number_and_life_of_links_are_limited(editor: TestClient, draft: str) -> None:
    for hours in (0, 721):
        refused = editor.post(f"{draft}/preview-links", json={"expires_in_hours": hours})
        assert refused.status_code == 422
    for _ in range(50):
        create_link(editor, draft)
    assert editor.post(f"{draft}/preview-links", json={}).status_code == 409
    another = editor.post("/v1/articles", json=documents.article()).json()["slug"]
    elsewhere = f"/v1/articles/{another}/preview-links"
    first = editor.get(f"{draft}/preview-links").json()["items"][0]["id"]
    assert editor.delete(f"{elsewhere}/{first}").status_code == 404
    assert editor.post(elsewhere, json={}).status_code == 201
