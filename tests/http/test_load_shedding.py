"""Load shedding: queue, immediate refusal, timeout."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Reader
from app.domain.pictures import Picture
from app.http.load_shedding import Bulkhead
from app.http.problems import NotFound
from app.resources.media.drawings import find_drawing
from tests.support.clients import second_app
from tests.support.servers import wait_for
from tests.support.slow_reads import blocking_query

ResponseFuture = Future[Any]


@contextmanager
def service(archive: TestClient, **settings: Any) -> Iterator[TestClient]:
    with TestClient(second_app(archive, read_threads=1, cache_bytes=0, **settings)) as client:
        yield client  # with one event loop for all requests, as in production


@pytest.fixture
def release_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Event that blocks all reads of missions until it is set."""
    released = Event()

    def held(reader: Reader, *_: object) -> None:
        blocking_query(released)(reader)
        raise NotFound("It was held.")

    monkeypatch.setattr("app.resources.missions.queries.get_mission", held)
    yield released
    released.set()


@pytest.fixture
def no_time_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stall detection and waiting times long enough for slow machines."""
    monkeypatch.setattr("app.http.load_shedding._STALL_DETECTION_SECONDS", 60)
    monkeypatch.setattr("app.http.load_shedding._MAX_WAIT_SECONDS", 60)


def wait_for_statuses(futures: list[ResponseFuture], number: int) -> list[int]:
    """Wait for `number` responses; returns the sorted statuses of the completed ones."""
    wait_for(lambda: sum(each.done() for each in futures) >= number, 30)
    return sorted(each.result().status_code for each in futures if each.done())


def test_bulkhead_refuses_behind_a_stall(archive: TestClient, release_reads: Event) -> None:
    with service(archive) as client, ThreadPoolExecutor(20) as pool:
        futures = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(7)]
        assert wait_for_statuses(futures, 5) == [503] * 5
        for _ in range(20):
            answer = client.get("/v1/missions/iss-60")
            assert answer.status_code == answer.json()["status"] == 503
            assert answer.headers["Retry-After"] == "1"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert client.get("/health/live").status_code == 200
        release_reads.set()
        assert wait_for_statuses(futures, 7) == [404] * 2 + [503] * 5
        assert client.get("/v1/launches?limit=1").status_code == 200


def test_files_and_other_reads_hold_no_slots_of_each_other(
    archive: TestClient, release_reads: Event, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file of a picture may be made when it is read, which takes longer than most reads."""
    made, begun = Event(), list[str]()
    router = "app.resources.media.file_router"

    def find(content: str) -> Picture | None:
        begun.append(content)
        return find_drawing(content)

    monkeypatch.setattr(f"{router}.find_drawing", find)
    monkeypatch.setattr(f"{router}.make_drawing", lambda *_: made.wait(60))
    drawing = archive.get("/v1/media/emblem-iss-59").json()["image"]["url"]
    read, other_file = "/v1/launches?limit=1", f"/media/{'0' * 32}/card.jpg"
    with service(archive, media_dir=str(tmp_path)) as client, ThreadPoolExecutor(20) as pool:
        files = [pool.submit(client.get, drawing) for _ in range(10)]
        wait_for(lambda: len(begun) == 10, 20)
        assert client.get(read).status_code == 200
        made.set()
        assert wait_for_statuses(files, 10) == [404] * 10  # nothing was made
        reads = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(7)]
        wait_for_statuses(reads, 5)
        assert client.get(read).status_code == 503  # positive control
        assert client.get(other_file).status_code == 404
        release_reads.set()


def test_bulkhead_queues_while_requests_complete(archive: TestClient, no_time_limits: None) -> None:
    with service(archive) as client, ThreadPoolExecutor(40) as pool:
        futures = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(200)]
        assert wait_for_statuses(futures, 200) == [200] * 200


def test_bulkhead_wait_is_limited(
    archive: TestClient, release_reads: Event, no_time_limits: None
) -> None:
    with service(archive, max_waiting=3) as client, ThreadPoolExecutor(20) as pool:
        futures = [pool.submit(client.get, "/v1/missions/iss-59") for _ in range(12)]
        assert wait_for_statuses(futures, 7) == [503] * 7
        release_reads.set()
        assert wait_for_statuses(futures, 12) == [404] * 5 + [503] * 7


def test_bulkhead_waits_longer_in_a_burst_than_in_a_standing_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In virtual time: 10 s if the queue has been empty within the last 10 s, else 2 s."""
    monkeypatch.setattr("app.http.load_shedding._STALL_DETECTION_SECONDS", 60)
    now = 0
    waits: dict[int, int] = {}

    async def send_requests() -> None:
        nonlocal now
        bulkhead = Bulkhead(slots=0, max_waiters=10)

        async def wait_from(start: int) -> None:
            assert not await bulkhead.acquire()
            waits[start] = now - start

        requests = []
        for now in range(20):
            if now % 2 == 0 and now <= 12:
                requests.append(asyncio.ensure_future(wait_from(now)))
            for _ in range(5):
                await asyncio.sleep(0)
        await asyncio.gather(*requests)

    with closing(asyncio.new_event_loop()) as loop:
        loop.time = lambda: now  # type: ignore[method-assign]  # virtual time
        loop.run_until_complete(send_requests())
    assert waits == {0: 10, 2: 10, 4: 10, 6: 10, 8: 10, 10: 2, 12: 2}


def test_slow_response_is_answered_with_503(archive: TestClient, release_reads: Event) -> None:
    with service(archive, request_seconds=0.3) as client:
        with ThreadPoolExecutor(1) as pool:
            futures = pool.submit(client.get, "/v1/missions/iss-59")
            time.sleep(1.5)
            release_reads.set()  # the test client returns when the whole response has ended
        answer = futures.result()
        assert answer.status_code == answer.json()["status"] == 503
        assert "too long" in answer.json()["detail"]
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers["X-Request-ID"] in answer.json()["instance"]


def test_file_may_be_made_for_longer_than_a_response(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control is the test above."""

    def build(*_: object) -> dict[str, Any]:
        time.sleep(1)
        return {"openapi": "3.1.0"}

    monkeypatch.setattr("app.main.build_openapi", build)
    with service(archive, request_seconds=0.3) as client:
        assert client.get("/openapi.json").json() == build()
