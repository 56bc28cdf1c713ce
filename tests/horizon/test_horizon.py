"""The horizon: reads, moves, and the loader."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import HorizonKind, Scope
from app.domain.languages import Language
from app.ingest.dataset.records import read_dataset
from app.portal.template_filters import UI_STRINGS
from app.resources.horizon.commands import move_horizon
from tests.support.clients import client_with_key
from tests.support.horizons import EDITOR
from tests.support.paths import ROOT

MARCH = "2026-03-15T12:00:00Z"


def move(editor: TestClient, known_until: str, *kinds: str) -> Any:
    body = {"kinds": kinds or ["crews"], "known_until": known_until}
    return editor.post("/v1/horizon", json=body)


def read(client: TestClient) -> dict[str, str]:
    items = client.get("/v1/horizon").raise_for_status().json()["items"]
    return {item["kind"]: item["known_until"] for item in items}


def test_embedded_archive_has_its_horizon(archive: TestClient) -> None:
    loaded = read(archive)
    dataset = read_dataset().horizon
    assert {"crews", "launches", "news"} <= loaded.keys()
    assert loaded == {kind: f"{dataset[kind].known_until:%Y-%m-%dT%H:%M:%SZ}" for kind in dataset}


def test_index_and_readme_say_until_when_facts_are_known(archive: TestClient) -> None:
    index = archive.get("/", headers={"Accept": "application/json"}).json()
    known_until = index["known_until"]
    assert known_until.keys() == set(HorizonKind)
    assert {kind: at for kind, at in known_until.items() if at} == read(archive)
    day = datetime.fromisoformat(known_until["crews"])
    assert f"known until {day.day} {day:%B %Y}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("language", Language)
def test_pages_say_as_known_on_the_day_of_the_horizon(archive: TestClient, language: str) -> None:
    current = archive.get("/v1/missions/current").json()
    member = next(each["person"]["slug"] for each in current["crew"] if each["aboard"] is None)
    text = UI_STRINGS[Language(language)]["as_known_on"]
    for path in (f"/missions/{current['slug']}", "/missions", f"/people/{member}"):
        page = archive.get(f"{path}?lang={language}", headers={"Accept": "text/html"}).text
        assert f"{text} " in page, path


def test_move_is_read_back_and_audited(client: TestClient, editor: TestClient) -> None:
    assert read(client) == {}
    moved = move(editor, MARCH, "crews", "news")
    assert moved.status_code == 200, moved.text
    assert read(client) == {"crews": MARCH, "news": MARCH}
    april = "2026-04-15T00:00:00+03:00"
    assert move(editor, april).json()["items"][0]["known_until"] == "2026-04-14T21:00:00Z"
    entries = editor.get("/v1/audit?type=horizon&slug=crews&limit=2").json()["items"]
    assert [(e["action"], e["before"], e["after"]) for e in entries] == [
        ("update", {"known_until": MARCH}, {"known_until": "2026-04-14T21:00:00Z"}),
        ("create", None, {"known_until": MARCH}),
    ]


def test_horizon_does_not_move_backwards(client: TestClient, editor: TestClient) -> None:
    move(editor, MARCH)
    assert move(editor, MARCH).status_code == 200  # unchanged
    refused = move(editor, "2026-03-15T11:59:59Z", "news", "crews")
    assert refused.status_code == 409
    assert MARCH in refused.json()["detail"]
    assert read(client) == {"crews": MARCH}  # nor do the other kinds move


def test_horizon_ahead_is_refused(editor: TestClient) -> None:
    with time_machine.travel("2026-03-15T11:59:59Z", tick=False):
        refused = move(editor, MARCH)
        assert move(editor, "2026-03-15T11:59:59Z").status_code == 200
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/known_until"


def test_invalid_moves_are_refused(editor: TestClient) -> None:
    for body in ({"kinds": ["crews"]}, {"known_until": MARCH}):
        assert editor.post("/v1/horizon", json=body).status_code == 422
    for kinds in ([], ["weather"], ["crews"] * 6):
        refused = editor.post("/v1/horizon", json={"kinds": kinds, "known_until": MARCH})
        assert refused.status_code == 422


def test_dry_run_moves_nothing(client: TestClient, editor: TestClient) -> None:
    body = {"kinds": ["crews"], "known_until": MARCH}
    answer = editor.post("/v1/horizon?validate_only=true", json=body)
    assert answer.json()["items"][0]["known_until"] == MARCH
    assert read(client) == {}


def test_moves_by_commands_skip_horizons_ahead(database: Database) -> None:
    """Sources and the loader call `move_horizon`, which leaves a later horizon as it is."""
    first, second = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4))
    with database.session() as session:
        move_horizon(session, EDITOR, [HorizonKind.CREWS], second)
    with database.session() as session:
        kinds = [HorizonKind.CREWS, HorizonKind.LAUNCHES]
        ahead = move_horizon(session, EDITOR, kinds, first)
        assert [(each.kind, each.known_until) for each in ahead] == [(HorizonKind.CREWS, second)]


def test_move_renews_cached_responses(client: TestClient, editor: TestClient) -> None:
    before = client.get("/v1/horizon")
    assert client.get("/v1/horizon").headers["ETag"] == before.headers["ETag"]
    move(editor, MARCH)
    assert client.get("/v1/horizon").headers["ETag"] != before.headers["ETag"]


def test_another_scope_does_not_suffice(client: TestClient) -> None:
    assert move(client_with_key(client, Scope.PEOPLE_WRITE), MARCH).status_code == 403
    assert move(client_with_key(client, Scope.MISSIONS_WRITE), MARCH).status_code == 200
