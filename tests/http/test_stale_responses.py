"""Stale responses: sent, and marked, while the database is unavailable."""

import os
from signal import SIGCONT, SIGSTOP
from time import monotonic
from typing import Any

import pytest
from anyio import run
from sqlalchemy import text
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.engines.postgresql import SERVER_RESPONSE_TIMEOUT_SECONDS
from app.http.cache.generation import GenerationTracker
from app.resources.articles.scheduling import get_next_publication_time
from app.resources.write_steps import build_database
from tests.support import factories
from tests.support.clients import database_of, second_app
from tests.support.outages import database_outage
from tests.support.servers import wait_for


def test_generation_refresh_does_not_wait_for_a_stuck_database(tmp_path: Any) -> None:
    database = build_database(f"sqlite:///{tmp_path}/folder/archive.db")
    (tmp_path / "folder" / "archive.db").mkdir(parents=True)
    assert run(GenerationTracker(database, get_next_publication_time).refresh) is None
    database.close()


# --- Database outage -----------------------------------------------------------------------------

PEOPLE = "/v1/people"
MARK = "zarya; hit; detail=unverified"


def wait_for_unverified(client: TestClient) -> Any:
    """Response to `PEOPLE` once the last known generation is out of date."""
    wait_for(lambda: client.get(PEOPLE).headers.get("Cache-Status") == MARK, 20)
    return client.get(PEOPLE)


def test_stale_response_is_sent_while_the_database_is_away(
    client: TestClient, editor: TestClient, database: Database
) -> None:
    """Marked as unverified; not with a key, not for uncached paths, and not after the outage."""
    with database.session() as session:
        session.add(factories.person(slug="p"))
    with TestClient(second_app(client)) as other_client:
        own = database_of(other_client)
        fresh = other_client.get(PEOPLE)
        assert "Cache-Status" not in fresh.headers
        with database.session() as session:  # that does not change the response
            session.add(factories.mission())
        other_client.get("/v1/missions")
        keyed = {"Authorization": editor.headers["Authorization"]}
        with database_outage(own):
            stale = wait_for_unverified(other_client)
            assert (stale.status_code, stale.content) == (200, fresh.content)
            assert stale.headers["Cache-Status"] == MARK
            again = other_client.get(PEOPLE, headers={"If-None-Match": fresh.headers["ETag"]})
            assert (again.status_code, again.headers["Cache-Status"]) == (304, MARK)
            for path, headers in ((PEOPLE, keyed), ("/v1/people?limit=7", {})):
                answer = other_client.get(path, headers=headers)
                assert answer.status_code == (200 if own.change_token.is_local else 503), path
                assert "Cache-Status" not in answer.headers
        with database.session() as session:
            session.add(factories.person(slug="q"))
        back = other_client.get(PEOPLE)
        assert [person["slug"] for person in back.json()["items"]] == ["p", "q"]
        assert "Cache-Status" not in back.headers
    # The application that the next tests share has lost its connections too.
    wait_for(lambda: len(client.get(PEOPLE).json().get("items", ())) == 2, 30)


@pytest.mark.parametrize("create_database", ["postgresql"], indirect=True)
def test_stale_response_is_sent_while_the_server_is_suspended(
    client: TestClient, database: Database
) -> None:
    """The PostgreSQL backend that reads the change token is stopped. SQLite has no server."""
    with database.session() as session:
        session.add(factories.person(slug="p"))
    with TestClient(second_app(client)) as other_client:
        assert "Cache-Status" not in other_client.get(PEOPLE).headers
        with database.engine.connect() as connection:
            backend_pids = connection.scalars(_TOKEN_BACKENDS).all()
        assert backend_pids
        started = monotonic()
        try:
            for pid in backend_pids:
                os.kill(pid, SIGSTOP)
            assert wait_for_unverified(other_client).status_code == 200
        finally:
            for pid in backend_pids:
                os.kill(pid, SIGCONT)
        assert monotonic() - started < SERVER_RESPONSE_TIMEOUT_SECONDS
        wait_for(lambda: "Cache-Status" not in other_client.get(PEOPLE).headers, 30)


_TOKEN_BACKENDS = text(
    "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND query = 'SELECT pg_current_snapshot()::text'"
)


# --- Age limit -----------------------------------------------------------------------------------
