"""Concurrent writes: one winner, no duplicates; positive controls with naive implementations."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.writes.request import IDEMPOTENCY_RETENTION_PERIOD
from app.db.models import Article, IdempotentResponse, Person, RecordChange, stored_id
from app.domain.dates import now
from app.domain.enums import ArticleState, Scope
from app.resources.write_steps import build_database
from tests.support import documents, factories
from tests.support.clients import client_with_key, database_of, open_client
from tests.support.concurrency import run_concurrently
from tests.support.databases import CreateDatabase
from tests.support.ports import create_launch_and_port

pytestmark = pytest.mark.slow

AT_ONCE = 100
ROUNDS = 10


@pytest.fixture(scope="module")
def editor(create_database: CreateDatabase) -> Iterator[TestClient]:
    """Client with an API key, over a database with connections for concurrent requests."""
    with open_client(create_database()) as client, client_with_key(client, *Scope) as editor:
        yield editor  # entered, so that all its requests run in one event loop, as in a server


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_concurrent_patches_of_one_version_have_one_winner(editor: TestClient, turn: int) -> None:
    made = editor.post("/v1/people", json=documents.person())
    address, version = made.headers["Location"], {"If-Match": made.headers["ETag"]}

    def change(number: int) -> int:
        patch = {"aliases": [f"Number {number}"]}
        return editor.patch(address, json=patch, headers=version).status_code

    assert Counter(run_concurrently(change, AT_ONCE)) == {200: 1, 412: AT_ONCE - 1}
    assert editor.get(address).json()["version"] == 2


def test_idempotency_key_creates_one_record(editor: TestClient) -> None:
    def people() -> int:
        total: int = editor.get("/v1/people", params={"with_total": True}).json()["total"]
        return total

    for turn in range(3):
        before = people()
        headers = {"Idempotency-Key": f"race-{turn}"}
        document = documents.person()

        def make(
            _: int, document: Any = document, headers: dict[str, str] = headers
        ) -> tuple[int, bytes]:
            answer = editor.post("/v1/people", json=document, headers=headers)
            return answer.status_code, answer.content

        answers = run_concurrently(make, 50)
        assert {status for status, _ in answers} == {201}
        assert len({body for _, body in answers}) == 1
        assert people() == before + 1


def test_expired_idempotency_key_creates_one_record(editor: TestClient) -> None:
    headers = {"Idempotency-Key": "of-yesterday"}
    editor.post("/v1/people", json=documents.person(), headers=headers)
    with database_of(editor).session() as session:
        session.execute(
            update(IdempotentResponse).values(
                created_at=now() - IDEMPOTENCY_RETENTION_PERIOD - timedelta(seconds=1)
            )
        )
    document = documents.person()

    def make(_: int) -> tuple[int, bytes]:
        answer = editor.post("/v1/people", json=document, headers=headers)
        return answer.status_code, answer.content

    answers = run_concurrently(make, 20)
    assert {status for status, _ in answers} == {201}
    assert len({body for _, body in answers}) == 1


def test_concurrent_creations_get_distinct_slugs(editor: TestClient) -> None:
    document = documents.article()

    def make(_: int) -> str:
        answer = editor.post("/v1/articles", json=document)
        assert answer.status_code == 201, answer.text
        slug: str = answer.json()["slug"]
        return slug

    assert len(set(run_concurrently(make, 4))) == 4


def test_featured_article_is_locked_against_unpublishing(editor: TestClient) -> None:
    """One editor unpublishes an article while another one features it on a mission."""
    made = editor.post("/v1/articles", json=documents.article())
    mission = editor.post("/v1/missions", json=documents.mission()).headers["Location"]
    editor.post(f"{made.headers['Location']}/publish")
    patch = {"featured_article": made.json()["slug"]}
    with ThreadPoolExecutor(1) as thread:
        with database_of(editor).session() as session:
            found = select(Article).where(Article.id == made.json()["id"]).with_for_update()
            session.scalars(found).one().state = ArticleState.UNPUBLISHED
            session.flush()
            answer = thread.submit(editor.patch, mission, json=patch, headers={"If-Match": "*"})
            with suppress(TimeoutError):
                answer.result(timeout=0.3)  # it waits for this transaction, or has ignored it
        assert answer.result().status_code == 422
    assert editor.get(mission).json()["version"] == 1


def test_concurrent_delete_and_patch_have_one_winner(editor: TestClient) -> None:
    for _ in range(5):
        made = editor.post("/v1/people", json=documents.person())
        address, version = made.headers["Location"], {"If-Match": made.headers["ETag"]}

        def act(number: int, address: str = address, version: dict[str, str] = version) -> int:
            if number % 2:
                return editor.delete(address, headers=version).status_code
            patch = {"name_native": f"A{number}"}
            return editor.patch(address, json=patch, headers=version).status_code

        codes = Counter(run_concurrently(act, 20))
        assert codes[200] + codes[204] == 1, codes


def test_concurrent_assignments_have_one_commander(editor: TestClient) -> None:
    mission = editor.post("/v1/missions", json=documents.mission()).json()["slug"]
    people = [editor.post("/v1/people", json=documents.person()).json()["slug"] for _ in range(10)]

    def assign(number: int) -> int:
        document = {"mission": mission, "person": people[number], "role": "commander"}
        return editor.post("/v1/crew-assignments", json=document).status_code

    assert Counter(run_concurrently(assign, 10)) == {201: 1, 422: 9}


def test_concurrent_arrivals_take_a_port_once(editor: TestClient) -> None:
    stays = [create_launch_and_port(editor) for _ in range(4)]
    port = stays[0]["port"]

    def arrive(number: int) -> int:
        document = documents.stay(launch=stays[number]["launch"], port=port)
        return editor.post("/v1/stays", json=document).status_code

    assert Counter(run_concurrently(arrive, 4)) == {201: 1, 422: 3}


def test_concurrent_spacewalks_have_a_person_once(editor: TestClient) -> None:
    person = editor.post("/v1/people", json=documents.person()).json()["slug"]
    crew = [{"person": person, "role": "commander"}]
    launch = documents.launch(status="success", launch_at="2019-03-14T19:14:09Z", crew=crew)
    editor.post("/v1/launches", json=launch).raise_for_status()
    member = {"person": person, "role": "ev1"}
    walk = documents.spacewalk(starts_at="2019-03-22T12:01:00Z", crew=[member])

    def post(_: int) -> int:
        return editor.post("/v1/spacewalks", json=walk).status_code

    assert Counter(run_concurrently(post, 8)) == {201: 1, 422: 7}


def test_audit_log_has_each_concurrent_write_once(editor: TestClient) -> None:
    made = editor.post("/v1/people", json=documents.person())
    address, slug = made.headers["Location"], made.json()["slug"]

    def change(number: int) -> int:
        patch = {"aliases": [f"Number {number}"]}
        return editor.patch(address, json=patch, headers={"If-Match": "*"}).status_code

    assert set(run_concurrently(change, 20)) == {200}
    trail = editor.get("/v1/audit", params={"slug": slug, "limit": 100, "sort": "at"}).json()
    assert [e["after"]["version"] for e in trail["items"]] == list(range(1, 22))
    for earlier, later in zip(trail["items"], trail["items"][1:], strict=False):
        assert later["before"] == earlier["after"]


def naive(session: Session, id_: int, name: str, between: Callable[[], object]) -> bool:
    """Naive implementation: read, compare, write."""
    if session.scalar(select(Person.version).where(Person.id == id_)) != 1:
        return False
    between()
    session.execute(update(Person).where(Person.id == id_).values(name_native=name, version=2))
    return True


def test_naive_compare_and_write_loses_the_race(create_database: CreateDatabase) -> None:
    """Read, compare, write has several winners on PostgreSQL; SQLite has a single writer."""
    with open_client(create_database()) as client:
        database = build_database(database_of(client).engine.url.render_as_string(False), 8)
        with database.session() as session:
            person = factories.person()
            session.add(person)
            session.flush()
            id_ = stored_id(person)

        one_at_a_time = database.engine.dialect.name == "sqlite"
        all_have_read = Barrier(8, timeout=30)

        def change(number: int) -> bool:
            with database.session() as session:
                between = (lambda: None) if one_at_a_time else all_have_read.wait
                return naive(session, id_, str(number), between)

        assert sum(run_concurrently(change, 8)) == (1 if one_at_a_time else 8)
        database.close()


def test_change_count_equals_write_count(editor: TestClient) -> None:
    """Each write is one change, even with several flushes."""
    database = database_of(editor)

    def changes() -> int:
        with database.snapshot() as reader:
            return reader.scalar(select(func.count()).select_from(RecordChange)) or 0

    before = changes()
    made = editor.post("/v1/articles", json=documents.article(published_at="2019-04-04T00:00:00Z"))
    assert changes() == before  # drafts are not in the change feed
    published = editor.post(f"{made.headers['Location']}/publish")
    assert changes() == before + 1
    patch = {"tags": ["a", "b"], "title": "Another", "slug": f"another-{next(_numbers)}"}
    version = {"If-Match": published.headers["ETag"]}
    changed = editor.patch(made.headers["Location"], json=patch, headers=version)
    assert changed.json()["version"] == published.json()["version"] + 1
    assert changes() == before + 2


_numbers = count(int(now().timestamp()))
