"""Merges of a duplicate into another record."""

from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Agency
from app.resources.merges import commands
from tests.support import documents
from tests.support.changes import read_changes_to_end
from tests.support.documents import IF_MATCH_ANY
from tests.support.writes import create_record

FLIGHT = {"person": "kate-rubin", "role": "pilot"}


def merge(editor: TestClient, slug: str, into: str, **options: Any) -> Any:
    return editor.post(f"/v1/people/{slug}/merge", json={"into": into}, **options)


@pytest.fixture
def people(editor: TestClient) -> dict[str, Any]:
    """The same person twice; the duplicate has a launch and an article, and a former slug."""
    create_record(
        editor, "people", documents.person(slug="kathleen-rubins", name="Kathleen Rubins")
    )
    create_record(editor, "people", documents.person(slug="k-rubin", name="K. Rubin"))
    patch = {"slug": "kate-rubin"}
    editor.patch("/v1/people/k-rubin", json=patch, headers=IF_MATCH_ANY).raise_for_status()
    launch = create_record(editor, "launches", documents.launch(crewed=True, crew=[FLIGHT]))
    article = documents.article(people=["kate-rubin", "kathleen-rubins"])
    return {"launch": launch, "article": create_record(editor, "articles", article)}


def test_merge_moves_references_slugs_and_changes(
    editor: TestClient, people: dict[str, Any]
) -> None:
    _, later_changes = read_changes_to_end(editor)
    merged = merge(editor, "kate-rubin", "kathleen-rubins")
    assert merged.status_code == 200, merged.text
    launch = editor.get(f"/v1/launches/{people['launch']['slug']}").json()
    assert [each["person"]["slug"] for each in launch["crew"]] == ["kathleen-rubins"]
    assert merged.json()["flights"][0]["launch"]["slug"] == launch["slug"]
    for former in ("kate-rubin", "k-rubin"):
        moved = editor.get(f"/v1/people/{former}", follow_redirects=False)
        assert moved.status_code == 308
        assert moved.headers["location"].endswith("/v1/people/kathleen-rubins")
    draft = editor.get(f"/v1/articles/{people['article']['slug']}/preview").json()
    assert [each["slug"] for each in draft["people"]] == ["kathleen-rubins"]
    changes = [(each["type"], each["op"]) for each in editor.get(later_changes).json()["items"]]
    assert changes == [("launch", "upsert"), ("person", "delete")]
    entries = editor.get("/v1/audit", params={"action": "merge"}).json()["items"]
    request = merged.headers["X-Request-ID"]
    own = [entry for entry in entries if entry["request_id"] == request]
    assert {(entry["type"], entry["slug"]) for entry in own} == {
        ("person", "kate-rubin"),
        ("launch", launch["slug"]),
        ("article", people["article"]["slug"]),
    }


def test_record_that_refers_to_both_is_refused(editor: TestClient, people: dict[str, Any]) -> None:
    crew = [FLIGHT, {"person": "kathleen-rubins", "role": "commander"}]
    address = f"/v1/launches/{people['launch']['slug']}"
    editor.patch(address, json={"crew": crew}, headers=IF_MATCH_ANY).raise_for_status()
    refused = merge(editor, "kate-rubin", "kathleen-rubins")
    assert refused.status_code == 409
    assert people["launch"]["slug"] in refused.json()["detail"]
    assert editor.get("/v1/people/kate-rubin").status_code == 200


@pytest.mark.parametrize(
    ("slug", "into", "status", "code"),
    [
        ("nobody", "kathleen-rubins", 404, None),
        ("kate-rubin", "nobody", 422, "unknown-reference"),
        ("kate-rubin", "kate-rubin", 422, "same-record"),
    ],
)
@pytest.mark.usefixtures("people")
def test_wrong_merges_are_refused(
    editor: TestClient, slug: str, into: str, status: int, code: str | None
) -> None:
    refused = merge(editor, slug, into)
    assert refused.status_code == status
    assert [each["code"] for each in refused.json().get("errors", [])] == [code] * bool(code)


@pytest.mark.usefixtures("people")
def test_dry_run_and_old_version_change_nothing(editor: TestClient) -> None:
    dry = merge(editor, "kate-rubin", "kathleen-rubins", params={"validate_only": "true"})
    old = merge(editor, "kate-rubin", "kathleen-rubins", headers={"If-Match": 'W/"0.1"'})
    assert (dry.status_code, old.status_code) == (200, 412)
    assert editor.get("/v1/people/kate-rubin").status_code == 200


def test_number_of_references_is_limited(
    editor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in ("often-named", "rarely-named"):
        create_record(editor, "agencies", {"slug": slug, "name": slug})
    for number in range(3):
        create_record(editor, "agencies", {"name": f"Part {number}", "parent": "often-named"})
    monkeypatch.setattr(commands, "MAX_REFERENCE_COUNT", 2)
    refused = editor.post("/v1/agencies/often-named/merge", json={"into": "rarely-named"})
    assert (refused.status_code, "More than 2" in refused.json()["detail"]) == (409, True)
    monkeypatch.setattr(commands, "MAX_REFERENCE_COUNT", 3)
    merged = editor.post("/v1/agencies/often-named/merge", json={"into": "rarely-named"})
    assert merged.status_code == 200, merged.text
    for number in range(3):
        assert editor.get(f"/v1/agencies/part-{number}").json()["parent"]["slug"] == "rarely-named"


def test_agency_is_not_merged_into_a_part_of_it(editor: TestClient) -> None:
    for name, parent in (("Whole", None), ("Half", "whole"), ("Piece", "half"), ("Twin", "half")):
        create_record(editor, "agencies", {"name": name, "parent": parent})
    for part in ("half", "piece"):
        refused = editor.post("/v1/agencies/whole/merge", json={"into": part})
        assert refused.status_code == 422, refused.text
        (error,) = refused.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/into", "contradiction")
    assert editor.get("/v1/agencies/half").json()["parent"]["slug"] == "whole"
    for duplicate, into in (("twin", "piece"), ("piece", "half")):
        merged = editor.post(f"/v1/agencies/{duplicate}/merge", json={"into": into})
        assert merged.status_code == 200, merged.text


def test_cycle_of_agencies_can_be_mended(editor: TestClient, database: Database) -> None:
    for name in ("Left", "Right", "Below"):
        create_record(editor, "agencies", {"name": name})
    with database.session() as session:
        ids = {row.slug: row.id for row in session.execute(select(Agency.slug, Agency.id))}
        for slug, parent in (("left", "right"), ("right", "left")):
            chosen = update(Agency).where(Agency.slug == slug)
            session.execute(chosen.values(parent_id=ids[parent]))
    wanted: list[tuple[str, str | None]] = [("below", "left"), ("left", None)]
    for slug, chosen_parent in wanted:
        address = f"/v1/agencies/{slug}"
        patched = editor.patch(address, json={"parent": chosen_parent}, headers=IF_MATCH_ANY)
        assert patched.status_code == 200, patched.text


def test_write_to_a_merged_record_does_not_reach_the_remaining_one(
    editor: TestClient, people: dict[str, Any]
) -> None:
    """The ETags of both are alike. Positive control: a renamed record is redirected."""
    assert people
    etag = editor.get("/v1/people/kate-rubin").headers["ETag"]
    renamed = editor.patch("/v1/people/k-rubin", json={"name": "K"}, headers={"If-Match": etag})
    assert renamed.status_code == 308
    merge(editor, "kate-rubin", "kathleen-rubins").raise_for_status()
    for answer in (
        editor.delete("/v1/people/kate-rubin", headers={"If-Match": etag}),
        editor.patch("/v1/people/kate-rubin", json={"name": "X"}, headers={"If-Match": etag}),
        merge(editor, "kate-rubin", "kathleen-rubins", headers={"If-Match": etag}),
    ):
        assert answer.status_code == 409, answer.text
        assert "'kate-rubin' was merged into 'kathleen-rubins'" in answer.json()["detail"]
    assert editor.get("/v1/people/kathleen-rubins").json()["name"] == "Kathleen Rubins"
