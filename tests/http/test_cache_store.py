"""Response cache: keys, single-flight, invalidation, expiry, eviction."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from anyio import create_task_group, run
from starlette.testclient import TestClient
from starlette.types import Message

from app.db.database import Database
from app.db.models import Mission
from app.domain.dates import Precision
from app.domain.enums import ArticleState, LaunchStatus
from app.http.cache import generation
from app.http.cache.generation import Generation, GenerationTracker
from app.http.cache.response import RESPONSE_OVERHEAD_BYTES, CachedResponse
from app.http.cache.store import ResponseCache
from app.resources.articles.scheduling import get_next_publication_time
from app.resources.write_steps import build_database
from tests.support import factories
from tests.support.clients import clear_response_cache, client_with_key
from tests.support.statements import record_selects

LIST = "/v1/articles?language=en&limit=2"


@pytest.mark.parametrize(
    ("path", "headers", "again"),
    [
        (LIST, {}, False),
        ("/v1/articles?limit=2&language=en", {}, False),
        (LIST, {"Accept-Encoding": "br"}, False),
        (LIST, {"If-None-Match": "*"}, False),
        (LIST, {"X-Request-ID": "0b8e5a0e-5b0e-4b0e-8b0e-0b8e5a0e5b0e"}, False),
        ("/v1/articles?language=en&limit=3", {}, True),
        ("/v1/articles?language=en", {}, True),
        (LIST, {"Accept": "application/json"}, True),
        (LIST, {"Accept-Language": "ru"}, True),
    ],
)
def test_cache_key_separates_different_requests(
    archive: TestClient,
    statements: list[str],
    path: str,
    headers: dict[str, str],
    again: bool,
) -> None:
    archive.get(LIST)
    before = len(statements)
    assert before
    archive.get(path, headers=headers)
    assert (len(statements) > before) is again


def test_cache_entry_is_shared_by_head_and_get(archive: TestClient, statements: list[str]) -> None:
    head = archive.head(LIST)
    before = len(statements)
    assert before
    assert archive.get(LIST).headers["Content-Length"] == head.headers["Content-Length"]
    assert archive.head(LIST).content == b""
    assert len(statements) == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/missions/nobody", 404),
        ("/v1/missions/expedition-59", 308),
        ("/v1/missions?format=ndjson", 200),
    ],
)
def test_uncacheable_responses_are_not_stored(
    archive: TestClient, statements: list[str], path: str, status: int
) -> None:
    assert archive.get(path).status_code == status
    before = len(statements)
    assert before
    archive.get(path)
    assert len(statements) > before


def test_responses_to_a_key_are_not_stored(
    editor: TestClient, client: TestClient, database: Database
) -> None:
    with database.session() as session:
        session.add(factories.article(slug="x", state=ArticleState.DRAFT))
    for _ in range(2):
        assert editor.get("/v1/articles/x/preview").status_code == 200
        assert client.get("/v1/articles/x/preview").status_code == 401
        assert client_with_key(client).get("/v1/articles/x/preview").status_code == 403


def test_cached_responses_have_their_own_request_ids(archive: TestClient) -> None:
    ids = {archive.get(LIST).headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5
    request_id = "0B8E5A0E-5B0E-4B0E-8B0E-0B8E5A0E5B0E"
    answer = archive.get(LIST, headers={"X-Request-ID": request_id})
    assert answer.headers["X-Request-ID"] == request_id.lower()
    assert len(archive.get(LIST).headers.get_list("X-Request-ID")) == 1


async def _ask(app: Any, path: str) -> int:
    """Status of the response of `app`, called in the current event loop."""
    found = 0
    name, _, query = path.partition("?")
    scope = {"type": "http", "method": "GET", "path": name, "root_path": "", "headers": []}

    async def send(message: Message) -> None:
        nonlocal found
        found = message.get("status", found)

    async def receive() -> Message:
        return {"type": "http.request"}

    await app({**scope, "query_string": query.encode()}, receive, send)
    return found


@pytest.mark.parametrize(("different", "expected_count"), [(1, 1), (10, 10)])
def test_single_flight_shares_one_execution(
    archive: TestClient,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
    different: int,
    expected_count: int,
) -> None:
    # On a busy machine the database may not answer in time; then no response is shared.
    monkeypatch.setattr(generation, "_REFRESH_TIMEOUT_SECONDS", 60)
    found: list[int] = []

    async def one(n: int) -> None:
        found.append(await _ask(archive.app, f"/v1/people?limit={1 + n % different}"))

    async def all_at_once() -> None:
        async with create_task_group() as tasks:
            for n in range(100):
                tasks.start_soon(one, n)

    archive.get("/v1/people/nobody")  # so that the version of the archive is known
    del statements[:]
    run(all_at_once)
    assert found == [200] * 100
    assert len(statements) == 2 * expected_count  # one for the people, one for the horizon


def test_single_flight_does_not_share_failures(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed execution does not fail other requests and leaves no entry."""
    clear_response_cache(archive)
    found: list[int] = []

    def broken(*_: object) -> None:
        raise RuntimeError

    async def one() -> None:
        try:
            found.append(await _ask(archive.app, "/v1/people/christina-koch"))
        except RuntimeError:
            found.append(500)

    async def all_at_once() -> None:
        async with create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(one)

    with monkeypatch.context() as patched:
        patched.setattr("app.resources.people.queries.get_person", broken)
        run(all_at_once)
    assert found == [500] * 20
    assert archive.get("/v1/people/christina-koch").status_code == 200


# --- Invalidation --------------------------------------------------------------------------------


def test_cache_is_invalidated_by_own_commits(client: TestClient, database: Database) -> None:
    for n in range(20):
        with database.session() as session:
            session.add(factories.article(slug=f"x-{n}"))
        assert client.get("/v1/articles?limit=1&with_total=true").json()["total"] == n + 1


def is_kept(tracker: GenerationTracker) -> bool:
    """Test if the generation stays the same without commits.

    Commits to other databases of the PostgreSQL server, by concurrent tests, change it too.
    """
    return any(run(tracker.refresh) is run(tracker.refresh) for _ in range(50))


def test_generation_changes_with_commits_of_other_processes(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For any writer, any kind of statement and any order of commits."""
    monkeypatch.setattr(generation, "_REFRESH_TIMEOUT_SECONDS", 60)
    versions = GenerationTracker(database, get_next_publication_time)
    with database.session() as session:
        session.add(factories.mission(slug="iss-1", summary="0"))
    seen = {id(run(versions.refresh))}
    generations = [run(versions.refresh)]
    other = build_database(database.engine.url.render_as_string(hide_password=False))
    for n in range(3):
        assert is_kept(versions)
        with other.session() as session:
            session.query(Mission).one().summary = str(n + 1)
        generations.append(run(versions.refresh))
        seen.add(id(generations[-1]))
    assert len(seen) == 4
    if database.engine.dialect.name == "postgresql":
        with other.engine.connect() as late:
            late.exec_driver_sql("UPDATE missions SET summary = 'late'")
            with database.session() as session:
                session.add(factories.person())
            before = run(versions.refresh)
            assert is_kept(versions)
            late.commit()
        assert run(versions.refresh) is not before
    other.close()


NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CLOCKS = [
    "/v1/missions/current",
    "/v1/missions/current/page",
    "/v1/missions/iss-1",
    "/v1/missions/iss-2/page",
    "/v1/missions/iss-1/calendar.ics",
    "/v1/missions?status=active",
    "/v1/missions?status_not=completed",
    "/v1/missions?active_on=2030-01-02",
    "/v1/people/p",
    "/v1/people?aboard_on=2030-01-03",
    "/v1/crew-assignments",
    "/v1/launches",
    "/v1/launches/next",
    "/v1/launches/soon",
    "/v1/launches/archive?month=2030-01",
    "/v1/launches.ics",
    "/v1/articles",
    "/v1/articles/archive?month=2030-01",
    "/v1/articles/feed.atom",
    "/v1/changes",
]


def _world(database: Database) -> None:
    at = Precision.SECOND
    with database.session() as session:
        first = factories.mission(
            slug="iss-1", number=1, starts_at=NOON - timedelta(days=30),
            ends_at=NOON + timedelta(hours=30),
        )  # fmt: skip
        second = factories.mission(
            slug="iss-2", number=2, starts_at=NOON + timedelta(hours=29), ends_at=None,
            ends_at_precision=None,
        )  # fmt: skip
        person = factories.person(slug="p")
        up = factories.launch(slug="up", launch_at=NOON - timedelta(days=3, hours=-2))
        soon = factories.launch(
            slug="soon", launch_at=NOON + timedelta(hours=3), status=LaunchStatus.PLANNED
        )
        later = factories.launch(
            slug="later", launch_at=NOON + timedelta(days=2), status=LaunchStatus.PLANNED
        )
        session.add_all([first, second, person, up, soon, later])
        session.flush()
        session.add_all(factories.payload(launch) for launch in (up, soon, later))
        session.add(factories.crew_assignment(first, person))
        session.add(factories.flight(person, up))
        with time_machine.travel(NOON, tick=False):
            scheduled = NOON + timedelta(minutes=20)
            session.add(factories.article(slug="now", published_at=NOON - timedelta(days=1)))
            session.add(
                factories.article(slug="soon", published_at=scheduled, published_at_precision=at)
            )


STEPS = (
    *(timedelta(minutes=20, seconds=s) for s in (-400, -361, -359, -61, -59, -1, 0, 1, 600, 660)),
    *(timedelta(hours=2, seconds=s) for s in (-61, -59, -1, 0, 60, 61)),
    *(timedelta(hours=3, seconds=s) for s in (-1, 0, 600, 601)),
    *(timedelta(hours=29, seconds=s) for s in (-1, 0, 3599, 3600)),
    timedelta(days=31),
)


@pytest.mark.slow
def test_cached_responses_expire_when_time_changes_them(
    client: TestClient, database: Database
) -> None:
    """Checked a second before and after each moment when time changes a response."""
    _world(database)
    hits = 0
    for step in STEPS:
        with time_machine.travel(NOON + step, tick=False), record_selects(database) as statements:
            answers = {}
            for path in CLOCKS:
                before = len(statements)
                answers[path] = client.get(path)
                hits += len(statements) == before
            clear_response_cache(client)
            for path, answer in answers.items():
                fresh = client.get(path)
                assert answer.status_code == fresh.status_code, (path, step)
                same = answer.content == fresh.content
                assert same or fresh.status_code != 200, (
                    path,
                    step,
                )  # a problem has a unique `instance`
                for name in ("ETag", "Cache-Control"):
                    assert answer.headers.get(name) == fresh.headers.get(name), (path, step)
    assert hits > 4 * len(STEPS)


# --- Bounds --------------------------------------------------------------------------------------


def _whole(size: int) -> CachedResponse:
    return CachedResponse(200, [(b"content-type", b"image/png")], b"x" * size, b"")


def test_cache_evicts_least_recently_used() -> None:
    version, cache = Generation(1, None), ResponseCache(3 * (RESPONSE_OVERHEAD_BYTES + 1000))
    assert cache.get(("a",), version) is None
    for name in "abc":
        cache.put((name,), version, _whole(900))
    assert cache.get(("a",), version)
    cache.put(("d",), version, _whole(900))
    assert [bool(cache.get((name,), version)) for name in "abcd"] == [True, False, True, True]
    cache.put(("e",), version, _whole(2 * RESPONSE_OVERHEAD_BYTES))
    assert [bool(cache.get((name,), version)) for name in "acde"] == [False, False, False, True]
    cache.put(("f",), version, _whole(10 * RESPONSE_OVERHEAD_BYTES))
    assert cache.get(("f",), version) is None
    assert cache.get(("e",), version)
    assert 0 < cache.size_bytes <= cache.max_bytes
    assert cache.get(("e",), Generation(2, None)) is None


def test_cache_returns_recent_stale_responses() -> None:
    """Responses of older generations only if created shortly before the outage."""
    at = datetime(2030, 1, 1, tzinfo=UTC)
    cache, versions = (
        ResponseCache(10 * RESPONSE_OVERHEAD_BYTES),
        [Generation(n, None) for n in range(3)],
    )
    for n, (version, name) in enumerate(zip(versions, "abc", strict=True)):
        with time_machine.travel(at + timedelta(seconds=200 * n), tick=False):
            assert cache.get((name,), version) is None
            cache.put((name,), version, _whole(1))
    with time_machine.travel(at + timedelta(hours=9), tick=False):  # of the outage
        assert [bool(cache.get_stale((name,))) for name in "abcd"] == [False, True, True, False]
    with time_machine.travel(at + timedelta(hours=10), tick=False):
        assert cache.get(("c",), versions[2])
        assert [bool(cache.get_stale((name,))) for name in "abc"] == [False, False, True]


def test_cache_refuses_responses_of_older_generations() -> None:
    cache, old, new = (
        ResponseCache(10 * RESPONSE_OVERHEAD_BYTES),
        Generation(1, None),
        Generation(2, None),
    )
    cache.get(("a",), old)
    cache.get(("a",), new)
    cache.put(("a",), old, _whole(1))
    assert cache.get(("a",), new) is None
    cache.put(("a",), new, _whole(1))
    assert cache.get(("a",), new)
