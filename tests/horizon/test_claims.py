"""No answer claims anything behind the horizon: a walk of all GET routes and pages."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.domain.languages import Language
from app.portal.template_filters import UI_STRINGS
from app.resources.missions.schemas import MISSION_STATUS_LABELS, MissionStatus
from tests.support.clients import clear_response_cache, public_paths

BEHIND = "2026-11-28T00:00:00Z", "2027-06-01T00:00:00Z"

CLOCK_FIELDS = {"built_at", "is_overdue", "instance"}
"""Fields that say what time it is, not what is so."""

CLOCK_PATHS = {"/v1/launches/next", "/v1/changes"}
"""A plan, which passes with the clock, and cursors with the time of the request."""

PLANS = re.compile(r'<div class="next">.*?</div>', re.DOTALL)
"""The next launch on a page: a plan, which passes with the clock."""

CLAIMS_IN_LINES = '"status":"active"', '"aboard":true', ",active,"
CLAIMS_IN_PAGES = {
    text
    for language in Language
    for text in (UI_STRINGS[language]["still_aboard"], UI_STRINGS[language]["in_space"])
} | set(MISSION_STATUS_LABELS[MissionStatus.ACTIVE])

PAGES = ("/", "/missions", "/people", "/launches", "/archive", "/sitemap.xml")
LISTS = ("missions", "people", "crew-assignments", "launches")


def walked_paths(client: TestClient) -> Iterator[str]:
    """All public operations and pages, whole lists, and the records open at the horizon."""
    yield from (path for path in public_paths() if path not in CLOCK_PATHS)
    for collection in LISTS:
        yield f"/v1/{collection}?format=ndjson"
        yield f"/v1/{collection}?format=csv"
    mission = client.get("/v1/missions/current").json()
    people = {member["person"]["slug"] for member in mission["crew"]}
    day = mission["known_until"][:10]
    yield from (f"/v1/people/{slug}" for slug in people)
    yield f"/v1/people?aboard_on={day}&view=full"
    yield from (f"/v1/people?{name}=2026-11-27" for name in ("aboard_on", "in_space_on"))
    yield from ("/v1/missions?active_on=2026-11-27", "/v1/crew-assignments?on=2026-11-27")
    yield from (f"/v1/missions?status={status}" for status in MissionStatus)
    for language in Language:
        yield f"/v1/missions/{mission['slug']}?lang={language}"
        pages = *PAGES, f"/missions/{mission['slug']}", *(f"/people/{slug}" for slug in people)
        yield from (f"{path}?lang={language}" for path in pages)


def read(client: TestClient, path: str) -> Any:
    """The content of an answer without what only tells the time."""
    accept = "application/json" if path.startswith("/v1/") else "text/html"
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code < 500, path
    if "json" in answer.headers["Content-Type"] and "ndjson" not in answer.headers["Content-Type"]:
        return without_clock(answer.json())
    return (
        PLANS.sub("", answer.text) if "html" in answer.headers["Content-Type"] else answer.content
    )


def without_clock(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: without_clock(v) for k, v in value.items() if k not in CLOCK_FIELDS}
        if kept.keys() == {"recent", "next"}:  # launches of a page
            del kept["next"]
        return kept
    return [without_clock(item) for item in value] if isinstance(value, list) else value


def claims(value: Any) -> Iterator[str]:
    """What a content says of the present."""
    match value:
        case dict():
            if value.get("status") == MissionStatus.ACTIVE:
                yield f"active: {value.get('slug')}"
            if value.get("aboard") is True:
                yield f"aboard: {value.get('slug') or value.get('person')}"
            for part in value.values():
                yield from claims(part)
        case list():
            for part in value:
                yield from claims(part)
        case bytes():
            yield from (text for text in CLAIMS_IN_LINES if text.encode() in value)
        case str() if value.startswith("<!doctype html>"):
            yield from (text for text in CLAIMS_IN_PAGES if text in value)


def walk(client: TestClient, moment: str | datetime) -> dict[str, Any]:
    clear_response_cache(client)
    with time_machine.travel(moment, tick=False):
        return {path: read(client, path) for path in walked_paths(client)}


@pytest.mark.slow
def test_answers_behind_the_horizon_claim_nothing_and_stay_the_same(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One file for both walks: its cursor has the day on which it was built.
    monkeypatch.setattr("app.resources.exports.file_cache._MAX_STALE_SECONDS", 3600.0)
    first, second = (walk(archive, moment) for moment in BEHIND)
    assert len(first) > 80
    assert {path: found for path in first if (found := list(claims(first[path])))} == {}
    assert first.keys() == second.keys()
    assert {p: (first[p], second[p]) for p in first if first[p] != second[p]} == {}


@pytest.mark.slow
def test_answers_before_the_horizon_claim_the_present(archive: TestClient) -> None:
    """Positive control: the walk finds claims in JSON, NDJSON and pages of both languages."""
    (crews, *_) = archive.get("/v1/horizon").json()["items"]
    moment = datetime.fromisoformat(crews["known_until"]) - timedelta(hours=1)
    found = {path: set(claims(content)) for path, content in walk(archive, moment).items()}
    assert any(claim.startswith("active") for claim in found["/v1/missions/current"])
    assert any(claim.startswith("aboard") for claim in found["/v1/missions/current"])
    assert found["/v1/people?format=ndjson"] >= {'"aboard":true'}
    assert found["/v1/missions?format=csv"]
    texts = set().union(*(found[path] for path in found if "?lang=" in path))
    assert texts >= CLAIMS_IN_PAGES
