"""Responses that are sent back: their read-only fields are ignored, and nothing changes."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.domain.enums import Scope
from app.resources.registry import RECORD_RESOURCES
from tests.support import documents
from tests.support.clients import client_with_key, open_client
from tests.support.databases import CreateDatabase
from tests.support.documents import IF_MATCH_ANY

COLLECTIONS = sorted(
    resource.label.collection
    for resource in RECORD_RESOURCES.values()
    if resource.label.collection != "media"  # see tests/media
)
CREWED = {"launches": ["soyuz-ms-12", "sts-88"], "missions": ["iss-59", "iss-1"]}
"""Records with crews, beside the first ones of the list."""


@pytest.fixture(scope="module")
def own_archive(create_database: CreateDatabase, archive_template_url: str) -> Iterator[TestClient]:
    with open_client(create_database(archive_template_url)) as client:
        yield client_with_key(client, *Scope)


def get(client: TestClient, path: str) -> dict[str, Any]:
    """The response in English: the language in which names and texts are written."""
    found: dict[str, Any] = client.get(f"{path}?lang=en").raise_for_status().json()
    return found


def check_unchanged(client: TestClient, path: str) -> None:
    """Send the response from `path` back as a merge patch."""
    before = get(client, path)
    answer = client.patch(path, json=before, headers=IF_MATCH_ANY)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    assert get(client, path) == before


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_record_sent_back_changes_nothing(own_archive: TestClient, collection: str) -> None:
    items = own_archive.get(f"/v1/{collection}?limit=3").json()["items"]
    slugs = {item["slug"] for item in items} | set(CREWED.get(collection, ()))
    assert slugs
    for slug in slugs:
        check_unchanged(own_archive, f"/v1/{collection}/{slug}")


def test_crew_sent_back_changes_nothing(own_archive: TestClient) -> None:
    mission = get(own_archive, "/v1/missions/iss-59")
    crew = get(own_archive, "/v1/missions/iss-59/crew")["items"]
    assert len({member["credited_as"] == member["person"]["name"] for member in crew}) == 2
    answer = own_archive.put("/v1/missions/iss-59/crew", json={"items": crew}, headers=IF_MATCH_ANY)
    assert answer.status_code == 200, answer.text
    check_unchanged(own_archive, f"/v1/crew-assignments/{crew[0]['id']}")
    assert get(own_archive, "/v1/missions/iss-59") == mission


def test_changed_fields_of_a_response_are_written(own_archive: TestClient) -> None:
    site = get(own_archive, "/v1/sites/kennedy-space-center")
    site["pads"][0]["latitude"] = 28.6
    site["launches_count"] = 0
    answer = own_archive.patch("/v1/sites/kennedy-space-center", json=site, headers=IF_MATCH_ANY)
    changed = answer.raise_for_status().json()
    assert changed["pads"][0]["latitude"] == 28.6
    assert changed["version"] == site["version"] + 1
    assert changed["launches_count"] > 0


def test_sources_and_webhooks_sent_back_change_nothing(editor: TestClient) -> None:
    for collection, document in (
        ("sources", {"name": "News", "feed_url": "https://example.org/feed"}),
        ("webhooks", {"target_url": "https://example.org/hook"}),
    ):
        created = editor.post(f"/v1/{collection}", json=document).raise_for_status().json()
        check_unchanged(editor, f"/v1/{collection}/{created['id']}")


def test_fields_of_no_response_are_refused(editor: TestClient) -> None:
    person = editor.post("/v1/people", json=documents.person()).json()
    answer = editor.patch(
        f"/v1/people/{person['slug']}", json=person | {"agnecy": "NASA"}, headers=IF_MATCH_ANY
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/agnecy"]
