"""Privacy of proposals: an entry is public nowhere until an editor has made it a record."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.domain.enums import RecordType, Scope
from tests.support import documents
from tests.support.clients import client_with_key, open_client, public_paths
from tests.support.databases import CreateDatabase
from tests.support.proposals import add_proposal

MARK = "Qwyzzork"
"""Word in the names of the entries that occurs nowhere else."""

LISTS = ("articles", "people", "launches", "missions", "crew-assignments")
PAGES = ("/", "/missions", "/missions/iss-59", "/archive", "/archive/2019-04")
SLUGS = {"people": "anna-qwyzzork", "launches": "qwyzzork-7", "articles": "qwyzzork-arrives"}
"""Slugs of the records that the entries become, by collection."""

SINGLE = {f"{prefix}/{name}/{slug}" for prefix in ("/v1", "") for name, slug in SLUGS.items()}
EXPECTED = SINGLE | {
    *(f"/v1/{name}" for name in SLUGS),
    *("/v1/articles/feed.atom", "/v1/changes", "/v1/search"),
    *("/v1/missions/iss-59/page", "/v1/suggest", "/archive/2019-04", "/missions/iss-59", "/search"),
}
"""Paths that show one of these records."""


@pytest.fixture(scope="module")
def archive_copy(
    create_database: CreateDatabase, archive_template_url: str
) -> Iterator[TestClient]:
    """Client over a copy of the embedded archive with a proposal of each type."""
    with open_client(create_database(archive_template_url)) as client:
        ship = {"name": f"{MARK} 7", "kind": "CV"}
        article = documents.article(
            title=f"{MARK} arrives", published_at="2019-04-04T12:00:00Z", missions=["iss-59"]
        )
        entries = {
            RecordType.PERSON: documents.person(name=f"Anna {MARK}"),
            RecordType.LAUNCH: documents.launch(spacecraft=[ship]),
            RecordType.ARTICLE: article,
        }
        for type_, document in entries.items():
            add_proposal(
                client, 1, type=type_, title=f"Entry {MARK}", document=document, publish=True
            )
        yield client


def find_mark(client: TestClient) -> set[str]:
    """Paths of the public responses that contain the mark."""
    paths = {
        *public_paths(),
        *PAGES,
        "/v1/articles/feed.atom?published_on=2019-04-04",
        *(f"/v1/{name}?format=ndjson" for name in LISTS),
        *(f"/v1/{name}?q={MARK}" for name in ("articles", "people", "launches")),
        *SINGLE,
        f"/v1/search?q={MARK[:5]}&type=person,launch,article",
        f"/v1/suggest?q={MARK[:5]}",
        f"/search?q={MARK[:5]}",
    }
    found = set()
    for path in paths:
        response = client.get(path)
        assert response.status_code < 500, path
        text = response.content.decode(errors="replace").replace(f"q={MARK}", "").lower()
        if response.is_success and MARK.lower() in text:
            found.add(path.partition("?")[0])
    change_url = "/v1/changes?limit=100"
    while change_url:
        page = client.get(change_url)
        found |= {"/v1/changes"} if MARK in page.text else set()
        change_url = page.json()["next"]
    return found


@pytest.mark.slow
def test_entries_are_public_only_after_a_decision(archive_copy: TestClient) -> None:
    assert find_mark(archive_copy) == set()
    exported = archive_copy.get("/v1/export/archive.sqlite").content  # built anew once a minute
    assert b"Anne McClain" in exported
    for path in ("/v1/proposals", "/v1/proposals/1"):
        assert archive_copy.get(path).status_code == 401
    editor = client_with_key(archive_copy, Scope.PROPOSALS_WRITE)
    for proposal in editor.get("/v1/proposals").json()["items"]:
        assert MARK in str(editor.get(f"/v1/proposals/{proposal['id']}").json())
        separated = editor.post(f"/v1/proposals/{proposal['id']}/separate")
        assert separated.status_code == 200, separated.text
    public = find_mark(archive_copy)
    assert EXPECTED - public == set()
