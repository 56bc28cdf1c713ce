"""What waits, what is refused at once, and what is given up."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.errors import NotFound
from app.http.pressure import STUCK_SECONDS
from tests.conftest import over


@contextmanager
def service(archive: TestClient, **settings: Any) -> Iterator[TestClient]:
    with TestClient(over(archive, read_threads=1, cache_bytes=0, **settings)) as client:
        yield client  # with one event loop for all requests, as in service


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Holds every read of a mission until it is set."""
    released = Event()

    def held(*_: object) -> None:
        released.wait(20)
        raise NotFound("It was held.")

    monkeypatch.setattr("app.missions.queries.get_mission", held)
    yield released
    released.set()


def test_behind_what_is_stuck_nobody_waits(archive: TestClient, hold: Event) -> None:
    with service(archive) as client, ThreadPoolExecutor(20) as pool:
        stuck = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(2)]
        time.sleep(0.3)
        waiting = [pool.submit(client.get, "/v1/missions/iss-60") for _ in range(5)]
        assert {each.result(STUCK_SECONDS + 5).status_code for each in waiting} == {503}
        begun = time.monotonic()
        refused = [client.get("/v1/missions/iss-60") for _ in range(20)]
        assert time.monotonic() - begun < 5
        for answer in refused:
            assert answer.status_code == answer.json()["status"] == 503
            assert answer.headers["Retry-After"] == "1"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert client.get("/health/live").status_code == 200
        assert client.options("/v1/missions").status_code == 503  # it waits with the others
        hold.set()
        assert {each.result().status_code for each in stuck} == {404}
        assert client.get("/v1/launches?limit=1").status_code == 200


def test_what_gets_on_waits_its_turn(archive: TestClient) -> None:
    with service(archive) as client, ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(200)]
        assert {each.result().status_code for each in asked} == {200}


def test_there_is_an_end_to_waiting(archive: TestClient, hold: Event) -> None:
    with service(archive, max_waiting=0) as client, ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(12)]
        time.sleep(0.3)
        hold.set()
        statuses = sorted(each.result().status_code for each in asked)
        assert statuses == [404] * 2 + [503] * 10


def test_an_answer_that_takes_too_long_is_given_up(archive: TestClient, hold: Event) -> None:
    with service(archive, request_seconds=0.3) as client:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(client.get, "/v1/missions/iss-59")
            time.sleep(0.6)
            hold.set()  # the client below returns when all of it has ended
        answer = asked.result()
        assert answer.status_code == answer.json()["status"] == 503
        assert "too long" in answer.json()["detail"]
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers["X-Request-ID"] in answer.json()["instance"]
