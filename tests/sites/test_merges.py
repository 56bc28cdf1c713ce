"""Merges of launch sites: pads, launches, slugs, changes, and what is refused."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.resources.sites import commands
from tests.support import documents
from tests.support.changes import read_changes_to_end
from tests.support.documents import IF_MATCH_ANY
from tests.support.writes import create_record


def merge(editor: TestClient, slug: str, into: str) -> Any:
    return editor.post(f"/v1/sites/{slug}/merge", json={"into": into})


@pytest.fixture
def sites(editor: TestClient) -> str:
    """Slug of a launch from a pad of the site `meadow`; `field` is the same site."""
    field = documents.site(slug="field", name="Field", pads=[{"name": "North"}, {"name": "South"}])
    create_record(editor, "sites", field)
    meadow = documents.site(slug="medow", name="Meadow", pads=[{"name": "East", "code": "E"}])
    create_record(editor, "sites", meadow)
    renamed = {"slug": "meadow"}
    editor.patch("/v1/sites/medow", json=renamed, headers=IF_MATCH_ANY).raise_for_status()
    launch = documents.launch(crewed=False, site={"name": "Meadow", "country": "KZ"}, pad="East")
    slug: str = create_record(editor, "launches", launch)["slug"]
    return slug


def test_merge_of_sites_moves_pads_launches_and_slugs(editor: TestClient, sites: str) -> None:
    _, later_changes = read_changes_to_end(editor)
    before = editor.get("/v1/sites/field").json()
    merged = merge(editor, "meadow", "field")
    assert merged.status_code == 200, merged.text
    body = merged.json()
    assert body == editor.get("/v1/sites/field").json()
    assert [pad["name"] for pad in body["pads"]] == ["North", "South", "East"]
    assert [pad["launches_count"] for pad in body["pads"]] == [0, 0, 1]
    assert body["version"] == before["version"] + 1
    launch = editor.get(f"/v1/launches/{sites}").json()
    assert (launch["site"]["slug"], launch["launch_pad"]["name"]) == ("field", "East")
    assert launch["launch_pad"]["url"].endswith("/v1/sites/field")
    for former in ("meadow", "medow"):
        moved = editor.get(f"/v1/sites/{former}", follow_redirects=False)
        assert moved.status_code == 308
        assert moved.headers["location"].endswith("/v1/sites/field")
    found = editor.get("/v1/launches", params={"site": "field", "pad": "medow-east"}).json()
    assert [each["slug"] for each in found["items"]] == [sites]
    changes = editor.get(later_changes).json()["items"]
    shown = [(each["type"], each["op"], (each["data"] or {}).get("slug")) for each in changes]
    assert sorted(shown, key=str) == [
        ("launch", "upsert", sites),
        ("site", "delete", None),
        ("site", "upsert", "field"),
    ]
    entries = editor.get("/v1/audit", params={"action": "merge"}).json()["items"]
    request = merged.headers["X-Request-ID"]
    entries = [entry for entry in entries if entry["request_id"] == request]
    assert {(entry["type"], entry["slug"]) for entry in entries} == {
        ("site", "meadow"),
        ("site", "field"),
        ("launch", sites),
    }
    own = next(entry for entry in entries if entry["slug"] == "field")
    names = [[pad["name"] for pad in own[state]["pads"]] for state in ("before", "after")]
    assert names == [["North", "South"], ["North", "South", "East"]]
    assert (own["before"]["version"], own["after"]["version"]) == (
        before["version"],
        body["version"],
    )
    found = editor.get("/v1/search", params={"q": "field east", "type": "site"}).json()["items"]
    assert [each["slug"] for each in found] == ["field"]


def test_site_without_pads_leaves_the_other_as_it_is(editor: TestClient, sites: str) -> None:
    create_record(editor, "sites", documents.site(slug="lea", name="Lea"))
    before = editor.get("/v1/sites/field").json()
    assert merge(editor, "lea", "field").json() == before


@pytest.mark.usefixtures("sites")
def test_pads_with_a_name_in_common_are_refused(editor: TestClient) -> None:
    pads = [{"slug": "field-north", "name": "North"}, {"slug": "field-e", "name": "E"}]
    field = {"pads": pads}
    editor.patch("/v1/sites/field", json=field, headers=IF_MATCH_ANY).raise_for_status()
    refused = merge(editor, "meadow", "field")
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/into", "repeated")
    assert "'medow-east' and 'field-e' are both called 'e'" in error["detail"]
    assert len(editor.get("/v1/sites/meadow").json()["pads"]) == 1
    pads[1] |= {"name": "West"}
    pads[1]["slug"] = "field-west"
    editor.patch("/v1/sites/field", json=field, headers=IF_MATCH_ANY).raise_for_status()
    assert merge(editor, "meadow", "field").status_code == 200


@pytest.mark.usefixtures("sites")
def test_number_of_pads_is_limited(editor: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_PAD_COUNT", 2)
    refused = merge(editor, "meadow", "field")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too-many")
    monkeypatch.setattr(commands, "MAX_PAD_COUNT", 3)
    assert merge(editor, "meadow", "field").status_code == 200
