"""Concurrent decisions on one proposal: one wins, and its record is the only one."""

from collections import Counter
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.domain.enums import Scope
from tests.support.clients import client_with_key, open_client
from tests.support.concurrency import run_concurrently
from tests.support.databases import CreateDatabase
from tests.support.proposals import add_person, add_proposal

AT_ONCE = 12


@pytest.fixture(scope="module")
def editor(create_database: CreateDatabase) -> Iterator[TestClient]:
    """Client with an API key, over a database with connections for concurrent requests."""
    with open_client(create_database()) as client, client_with_key(client, *Scope) as editor:
        yield editor


@pytest.mark.parametrize("turn", range(3))
def test_concurrent_decisions_have_one_winner(editor: TestClient, turn: int) -> None:
    path = add_proposal(editor, add_person(editor))
    before = editor.get("/v1/people?with_total=true").json()["total"]

    def decide(number: int) -> int:
        if number % 2:
            return editor.post(f"{path}/merge", json={}).status_code
        return editor.post(f"{path}/separate").status_code

    assert Counter(run_concurrently(decide, AT_ONCE)) == {200: 1, 409: AT_ONCE - 1}
    decided = editor.get(path).json()
    created = editor.get("/v1/people?with_total=true").json()["total"] - before
    assert (decided["version"], created) == (2, 1 if decided["status"] == "separate" else 0)
