"""Faults that users reported, each with the answer of Launch Library 2 that showed it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.ingest.entries import Input
from app.ingest.report import EntryResult, ImportOutcome
from tests.support import documents
from tests.support.clients import clear_response_cache, database_of
from tests.support.import_runs import explain_import, make_input
from tests.support.paths import ROOT

CASES = ROOT / "tests" / "ingest" / "cases"

PLANNED_PROGRESS = documents.launch(
    launch_at="2027-03-01T10:00:00Z",
    launch_at_precision="minute",
    vehicle={"name": "Soyuz-2.1a", "family": "Soyuz"},
    spacecraft=[{"name": "Progress MS-99", "kind": "CV"}],
    crewed=False,
)


def import_case(client: TestClient, name: str) -> EntryResult:
    """Import the single record of a case; fails if it is rejected."""
    source = Input.from_file(CASES / f"{name}.json")
    (result,), rejected = explain_import(database_of(client), "launch-library", source)
    assert rejected == []
    clear_response_cache(client)
    return result


def count_of(client: TestClient, path: str) -> int:
    """Number of records of a list."""
    return int(client.get(path, params={"limit": 1, "with_total": "true"}).json()["total"])


def read(client: TestClient, path: str) -> dict[str, Any]:
    """Body of a successful response."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    return dict(response.json())


def slugs_found(client: TestClient, path: str, query: str) -> list[str]:
    """Slugs of the records of a list that a full-text query finds."""
    return [each["slug"] for each in client.get(path, params={"q": query}).json()["items"]]


def test_launch_without_precision_is_recognised_by_its_time(own_archive: TestClient) -> None:
    before = count_of(own_archive, "/v1/launches")
    result = import_case(own_archive, "f01_no_precision")
    assert (result.outcome, count_of(own_archive, "/v1/launches")) == ("unchanged", before)
    assert "cygnus-ng-17" in result.explanation


def test_slip_of_recognised_launch_is_a_slip(own_archive: TestClient) -> None:
    assert own_archive.post("/v1/launches", json=PLANNED_PROGRESS).status_code == 201
    before = count_of(own_archive, "/v1/launches")
    assert import_case(own_archive, "f02a_known").outcome is ImportOutcome.UNCHANGED
    assert import_case(own_archive, "f02b_slipped").outcome is ImportOutcome.UPDATED
    assert count_of(own_archive, "/v1/launches") == before
    launch = read(own_archive, "/v1/launches/progress-ms-99")
    assert launch["launch_at"] == "2027-03-09T10:00:00Z"
    (slip,) = launch["history"]
    assert slip["from"]["launch_at"] == "2027-03-01T10:00:00Z"


@pytest.mark.parametrize("snapshots", [["f02a_known"], ["f02a_known", "f02b_slipped"]])
def test_article_follows_id_of_recognised_launch(
    own_archive: TestClient, snapshots: list[str]
) -> None:
    own_archive.post("/v1/launches", json=PLANNED_PROGRESS)
    for snapshot in snapshots:
        import_case(own_archive, snapshot)
    news = """[{"id": 1, "title": "A ship is ready", "url": "https://news.example/1",
    "news_site": "Example News", "summary": "It waits.", "published_at": "2026-04-04T14:22:00Z",
    "launches": [{"launch_id": "00000000-0000-4000-8000-000000000002"}]}]"""
    explain_import(database_of(own_archive), "snapi", make_input(news), publish=True)
    clear_response_cache(own_archive)
    (article,) = own_archive.get("/v1/articles?source=Example News").json()["items"]
    linked = read(own_archive, f"/v1/articles/{article['slug']}")["launches"]
    assert [each["slug"] for each in linked] == ["progress-ms-99"]


def test_flight_is_named_by_its_mission_not_by_its_capsule(own_archive: TestClient) -> None:
    assert import_case(own_archive, "f04_capsule").outcome is ImportOutcome.CREATED
    launch = read(own_archive, "/v1/launches/dragon-crs-99")
    assert launch["spacecraft"][0]["name"] == "Dragon CRS-99"
    for query in ("SpX-99", "CRS-99", "Dragon CRS-99"):
        assert slugs_found(own_archive, "/v1/launches", query) == ["dragon-crs-99"], query
    assert own_archive.get("/v1/launches/cargo-dragon-c209").status_code == 404


def test_role_of_spacecraft_commander_is_commander(own_archive: TestClient) -> None:
    result = import_case(own_archive, "f06_role")
    assert result.outcome is ImportOutcome.CREATED
    launch = read(own_archive, "/v1/launches/dragon-crew-99")
    crew = [(seat["person"]["slug"], seat["role"]) for seat in launch["crew"]]
    assert crew == [("jessica-meir", "commander")]


def test_long_name_of_pad_is_kept(own_archive: TestClient) -> None:
    result = import_case(own_archive, "f07_pad")
    assert result.outcome is ImportOutcome.CREATED
    pad = read(own_archive, "/v1/launches/ship-seven")["site"]["pad"]
    assert pad == "Satish Dhawan Space Centre Second Launch Pad"
    assert result.entry.notes == ()


def test_planned_crewed_launch_needs_no_crew(own_archive: TestClient) -> None:
    result = import_case(own_archive, "f09_crew_not_named")
    assert result.outcome is ImportOutcome.CREATED
    launch = read(own_archive, "/v1/launches/starliner-9")
    assert (launch["status"], launch["launch_at_precision"]) == ("planned", "year")
    assert launch["crew"] == []


def test_person_with_middle_initial_is_recognised(own_archive: TestClient) -> None:
    before = count_of(own_archive, "/v1/people")
    result = import_case(own_archive, "f10_people")
    assert result.outcome in {ImportOutcome.UNCHANGED, ImportOutcome.PROPOSED}
    assert count_of(own_archive, "/v1/people") == before
    assert "kjell-lindgren" in result.explanation


def test_agency_is_recognised_by_its_long_name(own_archive: TestClient) -> None:
    assert import_case(own_archive, "f20_agency").outcome is ImportOutcome.CREATED
    person = read(own_archive, "/v1/people/somebody-example")
    assert (person["agency"], person["nationality"]) == ("NASA", "US")
    assert person["agency"] == read(own_archive, "/v1/people/kjell-lindgren")["agency"]
