"""Search index: maintained in the transaction of each write, and equal after a rebuild."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.long_writes import LongWriter
from app.db.models import (
    Article,
    ArticleTag,
    Launch,
    Payload,
    Person,
    SearchDocument,
    SearchWord,
    Vehicle,
)
from app.domain.dates import ONE_SECOND, Precision, period_start, sort_instant
from app.domain.enums import ArticleState, RecordType
from app.resources.registry import SEARCH_INDEXER
from app.search.consistency import find_index_inconsistencies
from app.search.index_keys import (
    build_index_key,
    index_key_range,
    parse_index_key,
    past_index_key_ranges,
)
from tests.support import factories
from tests.support.clients import database_of
from tests.support.searches import search_slugs


def contents(connection: Connection) -> list[tuple[Any, ...]]:
    """Contents of the index: documents, words, and tokens with their positions."""

    def rows(statement: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(statement)]

    found = rows(select(SearchDocument.place).order_by(SearchDocument.place))
    found += rows(select(SearchWord.word).order_by(SearchWord.word))
    if connection.dialect.name != "sqlite":
        return found + rows(text("SELECT * FROM search_index ORDER BY place"))
    connection.execute(
        text("CREATE VIRTUAL TABLE temp.held USING fts5vocab(main, search_index, instance)")
    )
    found += rows(text("SELECT * FROM temp.held ORDER BY term, doc, col, offset"))
    connection.execute(text("DROP TABLE temp.held"))
    return found


@pytest.mark.slow
def test_rebuilt_index_equals_maintained_index(archive: TestClient) -> None:
    with database_of(archive).session() as session:
        before = contents(session.connection())
        steps: list[tuple[int, int]] = []
        number = SEARCH_INDEXER.rebuild(
            lambda: nullcontext(session), lambda done, total: steps.append((done, total))
        )
        assert contents(session.connection()) == before
        assert len(before) > 3000
        assert steps[-1][0] == steps[-1][1] >= number > 1000
        session.rollback()


def test_index_of_embedded_archive_is_consistent(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        assert list(find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values())) == []


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM search_documents WHERE record_id = 1 AND type = 'person'",
        "UPDATE search_documents SET place = place + 1 WHERE type = 'person'",
        "DELETE FROM people",
        "DELETE FROM search_index",
    ],
)
def test_check_detects_index_inconsistency(
    client: TestClient, database: Database, broken: str
) -> None:
    with database.session() as session:
        session.add(factories.person(id=1))
    with database.snapshot() as reader:
        assert list(find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values())) == []
    with database.engine.begin() as connection:
        connection.execute(text(broken))
    with database.snapshot() as reader:
        assert list(find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values()))


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM search_documents WHERE type = 'person'",
        "UPDATE search_documents SET place = place + 1 WHERE type = 'person'",
        "DELETE FROM people WHERE id = 1",
        "DELETE FROM search_index",
        "DELETE FROM search_words",
        "INSERT INTO search_words (word, backwards) VALUES ('stale', 'elats')",
    ],
)
def test_rebuild_repairs_index(client: TestClient, database: Database, broken: str) -> None:
    with database.session() as session:
        session.add_all([factories.person(id=1), factories.person(id=3), factories.launch()])
    with database.engine.begin() as connection:
        before = contents(connection)
        connection.execute(text(broken))
        assert contents(connection) != before or "people" in broken
    SEARCH_INDEXER.rebuild(LongWriter(database).transaction)
    with database.snapshot() as reader:
        assert list(find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values())) == []
    with database.engine.begin() as connection:
        assert (contents(connection) == before) == ("people" not in broken)


def test_index_can_be_searched_and_written_during_rebuild(
    client: TestClient, database: Database
) -> None:
    with database.session() as session:
        session.add(factories.person(slug="ada", name="Ada Kestrel"))
    found: list[list[str]] = []

    @contextmanager
    def transaction() -> Iterator[Session]:
        number = len(found)
        with database.session() as session:
            session.add(factories.person(slug=f"merlin-{number}", name=f"Merlin {number}"))
        found.append(search_slugs(client, "kestrel"))
        with database.session() as session:
            yield session

    SEARCH_INDEXER.rebuild(transaction)
    assert len(found) >= 5
    assert all(slugs == ["ada"] for slugs in found)
    assert len(search_slugs(client, "merlin")) == len(found)
    with database.snapshot() as reader:
        assert list(find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values())) == []


def test_index_follows_writes(client: TestClient, database: Database) -> None:
    with database.session() as session:
        vehicle = factories.vehicle(name="Kestrel 1")
        article = factories.article(slug="birds", title="Falcons")
        launch = factories.launch(slug="flown")
        session.add_all([article, launch, vehicle])
        session.flush()
        launch.vehicle_id = vehicle.id
        session.add(factories.payload(launch, name="Merlin"))
        session.add(ArticleTag(article_id=article.id, tag="gyrfalcon"))
    for query in ("type:launch kestrel", "merlin"):
        assert search_slugs(client, query) == ["flown"]
    for query in ("falcon", "gyrfalcon"):
        assert search_slugs(client, query) == ["birds"]

    with database.session() as session:
        session.scalars(select(Article)).one().title = "Hobbies"
        session.scalars(select(Vehicle)).one().name = "Saker 1"
        session.scalars(select(Payload)).one().name = "Lanner"
        session.delete(session.scalars(select(ArticleTag)).one())
    for query, found in (("hobby", "birds"), ("type:launch saker", "flown"), ("lanner", "flown")):
        assert search_slugs(client, query) == [found]
    for query in ("falcons", "kestrel", "merlin", "gyrfalcon"):
        assert search_slugs(client, query) == []

    with database.session() as session:
        session.scalars(select(Article)).one().published_at = datetime(2001, 1, 1, tzinfo=UTC)
        session.delete(session.scalars(select(Launch)).one())
    assert search_slugs(client, "hobbies") == ["birds"]
    assert search_slugs(client, "type:launch saker") == []
    with database.session() as session:
        session.scalars(select(Article)).one().state = ArticleState.UNPUBLISHED
    assert search_slugs(client, "hobbies") == []


def test_index_follows_renamed_crew_members(client: TestClient, database: Database) -> None:
    with database.session() as session:
        mission = factories.mission(slug="iss-9")
        person, launch = factories.person(slug="ada"), factories.launch(slug="up")
        session.add_all([mission, person, launch])
        session.flush()
        session.add(factories.crew_assignment(mission, person))
        session.add(factories.flight(person, launch))
    with database.session() as session:
        session.scalars(select(Person)).one().name = "Ada Kestrel"
    assert search_slugs(client, "kestrel") == ["ada", "iss-9", "up"]


def test_rolled_back_records_are_not_indexed(client: TestClient, database: Database) -> None:
    with suppress(LookupError), database.session() as session:
        session.add(factories.person(name="Ada Kestrel"))
        session.flush()
        raise LookupError
    assert search_slugs(client, "kestrel") == []
    with database.session() as session:
        with suppress(LookupError), session.begin_nested():
            session.add(factories.person(name="Ada Kestrel"))
            session.flush()
            raise LookupError
        session.add(factories.person(slug="merlin", name="Ada Merlin"))
    assert search_slugs(client, "ada") == ["merlin"]


def test_missing_index_is_detected(client: TestClient, database: Database) -> None:
    with database.session() as session:
        assert not SEARCH_INDEXER.is_index_missing(Reader.from_session(session))
        session.add(factories.person(slug="ada", name="Ada Kestrel"))
    with database.session() as session:
        assert not SEARCH_INDEXER.is_index_missing(Reader.from_session(session))
        session.execute(delete(SearchDocument))
        assert SEARCH_INDEXER.is_index_missing(Reader.from_session(session))
    assert SEARCH_INDEXER.rebuild(LongWriter(database).transaction) == 1
    assert search_slugs(client, "kestrel") == ["ada"]


def test_index_keys_round_trip() -> None:
    at = datetime(2019, 4, 4, 11, 1, 35, tzinfo=UTC)
    for kind in RecordType:
        for moment in (None, at):
            place = build_index_key(kind, moment, 12345)
            assert parse_index_key(place) == (kind, 12345)
            first, end = index_key_range(kind)
            assert first <= place < end
    with pytest.raises(ValueError, match="no index key"):
        build_index_key(RecordType.PERSON, None, 1 << 25)


@pytest.mark.parametrize("precision", Precision)
@pytest.mark.parametrize("after", [timedelta(0), ONE_SECOND])
@pytest.mark.parametrize(
    "moment",
    [datetime(2019, 4, 4, 11, 1, 35, tzinfo=UTC), datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC)],
)
def test_past_index_keys_are_those_of_periods_that_have_begun(
    precision: Precision, after: timedelta, moment: datetime
) -> None:
    at = moment + after
    key = build_index_key(RecordType.ARTICLE, sort_instant(at, precision), 1)
    ranges = past_index_key_ranges(RecordType.ARTICLE, moment)
    is_past = any(first <= key < end for first, end in ranges)
    assert is_past == (period_start(at, precision) <= moment)
