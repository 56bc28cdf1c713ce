"""Totals of the spacewalks of people: kept by every kind of write, and found if they are wrong."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.models import Person, Spacewalk, SpacewalkMember
from app.db.tracking.person_totals import (
    find_wrong_person_totals,
    rebuild_person_totals,
    recount_person_totals,
)
from app.domain.enums import SpacewalkRole
from app.ingest.dataset.records import DATASET_PATH
from tests.support import factories
from tests.support.documents import IF_MATCH_ANY

DURATION = 23940
"""Duration of a spacewalk of the factory, in seconds."""


@pytest.fixture
def two(database: Database) -> Database:
    """Database with the people `one` and `two`, and the spacewalk `walk` of `one`."""
    with database.session() as session:
        people = [factories.person(slug=slug) for slug in ("one", "two")]
        walk = factories.spacewalk(slug="walk")
        session.add_all([*people, walk])
        session.flush()
        session.add(factories.spacewalk_member(walk, people[0]))
    return database


def totals(database: Database) -> dict[str, tuple[int, int]]:
    with database.snapshot() as reader:
        assert find_wrong_person_totals(reader) == []
        rows = reader.all(select(Person.slug, Person.spacewalks_count, Person.spacewalk_seconds))
    return {slug: (count, seconds) for slug, count, seconds in (row.values() for row in rows)}


def _walk(session: Session) -> Spacewalk:
    return session.scalars(select(Spacewalk)).one()


def _member(session: Session) -> SpacewalkMember:
    return session.scalars(select(SpacewalkMember)).one()


def _id(session: Session) -> int:
    """Id of `two`."""
    return session.scalars(select(Person.id).where(Person.slug == "two")).one()


def _join(session: Session) -> None:
    other = session.get_one(Person, _id(session))
    session.add(factories.spacewalk_member(_walk(session), other))


def _insert(session: Session) -> None:
    row = {"spacewalk_id": _walk(session).id, "person_id": _id(session)}
    more = {"ordinal": 2, "role": SpacewalkRole.EV2}
    session.execute(insert(SpacewalkMember).values(row | more))


def _roll_back(session: Session) -> None:
    savepoint = session.begin_nested()
    session.delete(_member(session))
    session.flush()
    savepoint.rollback()


def _update(**columns: Any) -> Callable[[Session], Any]:
    return lambda session: session.execute(update(Spacewalk).values(columns))


WRITES: list[tuple[Callable[[Session], Any], tuple[int, int], tuple[int, int]]] = [
    (_join, (1, DURATION), (1, DURATION)),
    (_insert, (1, DURATION), (1, DURATION)),
    (_roll_back, (1, DURATION), (0, 0)),
    (lambda session: setattr(_walk(session), "duration_seconds", 60), (1, 60), (0, 0)),
    (lambda session: setattr(_walk(session), "duration_seconds", None), (1, 0), (0, 0)),
    (lambda session: setattr(_walk(session), "purpose", "Repairs"), (1, DURATION), (0, 0)),
    (_update(duration_seconds=90), (1, 90), (0, 0)),
    (_update(duration_seconds=None, ends_at=None, ends_at_precision=None), (0, 0), (0, 0)),
    (lambda session: session.delete(_member(session)), (0, 0), (0, 0)),
    (lambda session: session.delete(_walk(session)), (0, 0), (0, 0)),
    (lambda session: session.execute(delete(SpacewalkMember)), (0, 0), (0, 0)),
    (lambda session: session.execute(delete(Spacewalk)), (0, 0), (0, 0)),
]


@pytest.mark.parametrize(("write", "one", "other"), WRITES)
def test_writes_keep_totals(
    two: Database,
    write: Callable[[Session], Any],
    one: tuple[int, int],
    other: tuple[int, int],
) -> None:
    assert totals(two) == {"one": (1, DURATION), "two": (0, 0)}
    with two.session() as session:
        write(session)
    assert totals(two) == {"one": one, "two": other}


def test_totals_are_no_new_version(two: Database) -> None:
    columns = select(Person.version, Person.updated_at, Person.edited).order_by(Person.id)
    with two.snapshot() as reader:
        before = reader.all(columns)
    with two.session() as session:
        session.delete(_walk(session))
    assert totals(two)["one"] == (0, 0)
    with two.snapshot() as reader:
        assert reader.all(columns) == before


@pytest.mark.parametrize("repair", [rebuild_person_totals, None])
def test_wrong_totals_are_found_and_corrected(
    two: Database, repair: Callable[[Session], None] | None
) -> None:
    with two.session() as session:
        session.connection().execute(update(Person).values(spacewalks_count=7))
        wrong = find_wrong_person_totals(Reader.from_session(session))
        assert len(wrong) == 2
        if repair:
            repair(session)
        else:
            recount_person_totals(session, wrong)
    assert totals(two) == {"one": (1, DURATION), "two": (0, 0)}


def test_deletion_by_the_api_recounts(two: Database, editor: TestClient) -> None:
    assert editor.delete("/v1/spacewalks/walk", headers=IF_MATCH_ANY).status_code == 204
    assert totals(two) == {"one": (0, 0), "two": (0, 0)}


@pytest.mark.parametrize("sort", ["spacewalks_count", "spacewalk_seconds"])
def test_people_by_spacewalks(archive: TestClient, sort: str) -> None:
    """Both ends of the list equal the sums over the lines of the dataset."""
    counts, seconds = Counter[str](), Counter[str]()
    for line in (DATASET_PATH / "spacewalks.jsonl").read_text("utf-8").splitlines():
        walk = json.loads(line)
        counts.update(walk["crew"])
        seconds.update(dict.fromkeys(walk["crew"], walk["duration_seconds"]))
    expected = {"spacewalks_count": counts, "spacewalk_seconds": seconds}[sort]
    items = archive.get(f"/v1/people?sort=-{sort}&limit=100").json()["items"]
    found = [(item[sort], item["slug"]) for item in items]
    assert [number for number, _ in found] == sorted(expected.values(), reverse=True)[:100]
    assert [number for number, _ in found] == [expected[slug] for _, slug in found]
    first = archive.get(f"/v1/people?sort={sort}&limit=100").json()["items"]
    assert {item[sort] for item in first} == {0}
    assert not {item["slug"] for item in first} & set(expected)
