"""Search relevance, measured by judged queries: queries with their relevant records."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.testclient import TestClient

from tests.support.clients import database_of

FIRST, IN_FIRST_THREE = 0.95, 0.99


class Judged(NamedTuple):
    """Query with its relevant records."""

    query: str
    right: frozenset[str]


def judged() -> list[Judged]:
    """Read the judged queries."""
    lines = Path(__file__).with_name("judged.psv").read_text().splitlines()
    parts = (line.split(" | ") for line in lines if not line.startswith("#"))
    return [Judged(query, frozenset(right.split(", "))) for query, right in parts]


SET = judged()


def found(client: TestClient, query: str) -> list[str]:
    """First three hits of a query, as `type/slug`."""
    answer = client.get("/v1/search", params={"q": query, "limit": 3})
    assert answer.status_code == 200, query
    return [f"{hit['type']}/{hit['slug']}" for hit in answer.json()["items"]]


@pytest.fixture(scope="module")
def answers(archive_client: TestClient) -> dict[str, list[str]]:
    return {each.query: found(archive_client, each.query) for each in SET}


def test_judged_queries_are_many_and_refer_to_records(archive: TestClient) -> None:
    assert len({each.query for each in SET}) == len(SET) >= 150
    for slug in {slug for each in SET for slug in each.right}:
        kind, _, name = slug.partition("/")
        plurals = {"person": "people", "launch": "launches", "spacecraft": "spacecraft"}
        plural = plurals.get(kind, f"{kind}s")
        assert archive.get(f"/v1/{plural}/{name}").status_code == 200, slug


@pytest.mark.slow
def test_relevant_record_is_first_hit(answers: dict[str, list[str]]) -> None:
    wrong = [each.query for each in SET if not each.right.intersection(answers[each.query][:1])]
    assert len(wrong) <= (1 - FIRST) * len(SET), wrong


def test_relevant_record_is_in_first_three_hits(answers: dict[str, list[str]]) -> None:
    wrong = [each.query for each in SET if not each.right.intersection(answers[each.query])]
    assert len(wrong) <= (1 - IN_FIRST_THREE) * len(SET), wrong


def test_hits_are_equal_on_both_databases(
    archive: TestClient, answers: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each run writes its hits to a file for the other one, which may be a concurrent process."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    own = folder / f"judged-{database_of(archive).engine.dialect.name}.json"
    part = own.with_suffix(".part")
    part.write_text(json.dumps(answers))
    part.rename(own)
    for other in folder.glob("judged-*.json"):
        assert json.loads(other.read_text()) == answers, other.name
