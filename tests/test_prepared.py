"""Statements that the driver runs itself say what SQLAlchemy would say of them."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from weakref import ref

import pytest
from sqlalchemy import bindparam, column, select, table
from sqlalchemy.exc import DBAPIError

from app.db.database import Database, Reader
from app.db.functions import (
    AnySelect,
    current_time_param,
    json_array_subquery,
    json_values_subquery,
)
from app.db.models import Article, ArticleTag, Mission
from app.db.prepared import CompiledStatement, get_compiled_statement
from tests.support import factories
from tests.support.statements import record_selects


@pytest.fixture
def reader(database: Database) -> Iterator[Reader]:
    """What reads an archive of three articles and a mission."""
    with database.session() as session:
        session.add_all(factories.article(slug=f"article-{n}") for n in range(3))
        session.add(factories.mission(alternative_names=["Заря"]))
    with database.snapshot() as reader:
        yield reader


def of_all_kinds() -> AnySelect:
    """Text, numbers, instants, choices, truth, JSON, rows within rows and what is not there."""
    mission = select(Mission.number, Mission.starts_at, Mission.alternative_names)
    return (
        select(
            Article.id,
            Article.slug,
            Article.published_at,
            Article.published_at_precision,
            Article.edited,
            Article.image_url,
            json_array_subquery(mission, Mission.number).label("missions"),
            json_values_subquery(ArticleTag.tag, ArticleTag.article_id == Article.id).label("tags"),
            current_time_param().label("present"),
        )
        .where(Article.slug != bindparam("slug"), Article.published_at < current_time_param())
        .order_by(Article.slug)
    )


def test_its_rows_are_those_of_sqlalchemy(database: Database, reader: Reader) -> None:
    statement = of_all_kinds()
    with record_selects(database) as seen:
        told = [reader.all(statement, slug="article-1") for _ in range(2)]
    assert len(seen) == 2
    runs = [reader.all(statement, slug="article-1") for _ in range(3)]
    assert get_compiled_statement(statement, reader._connection)
    assert [row["slug"] for row in runs[-1]] == ["article-0", "article-2"]
    for row in (row for rows in (*told, *runs) for row in rows):
        assert isinstance(row.pop("present"), datetime | str)
    assert all(rows == runs[0] for rows in (*told, *runs))
    assert {name: type(value) for name, value in runs[-1][0].items()} == {
        name: type(value) for name, value in told[0][0].items()
    }


def test_its_values_are_those_of_each_run(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.slug == bindparam("slug"))
    for slug in ("article-0", "article-1", "article-2", "none"):
        row = reader.first(statement, slug=slug)
        assert row == (None if slug == "none" else {"slug": slug})
    count = select(Mission.number)
    assert reader.scalar(count) == reader.scalar(count) == reader.scalar(count) is not None


def test_of_two_columns_with_one_name_the_last_counts(reader: Reader) -> None:
    statement = select(Article.created_at.label("a"), Article.updated_at.label("a")).add_columns(
        Article.updated_at.label("b"), Article.slug.label("b")
    )
    runs = [reader.all(statement) for _ in range(3)]
    assert runs[0]
    assert runs == [runs[0]] * 3


def test_a_value_is_never_left_out(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.slug == bindparam("slug"))
    for _ in range(2):
        reader.all(statement, slug="article-0")
    with pytest.raises(KeyError):
        reader.all(statement)


def test_the_present_is_that_of_each_run(reader: Reader) -> None:
    year = 0
    instant = current_time_param(lambda: datetime(year, 1, 1, tzinfo=UTC))
    statement = select(Mission.number).where(Mission.starts_at < instant)
    for year, found in ((1951, 0), (2100, 1), (1951, 0), (2100, 1)):  # noqa: B007 - see above
        assert len(reader.all(statement)) == found


def test_what_is_spelt_anew_for_its_values_is_left_to_sqlalchemy(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.slug.in_(["article-0", "article-2"]))
    for _ in range(3):
        assert len(reader.all(statement)) == 2
    assert get_compiled_statement(statement, reader._connection) is None


def test_its_errors_are_those_of_sqlalchemy(database: Database) -> None:
    statement = select(table("nowhere", column("id")))
    errors = set()
    for _ in range(3):
        with pytest.raises(DBAPIError, match="nowhere") as caught, database.snapshot() as reader:
            reader.all(statement)
        errors.add((type(caught.value), type(caught.value.orig), caught.value.statement))
    assert len(errors) == 1
    with database.snapshot() as reader:
        assert reader.all(select(Article.id)) == []


def test_it_holds_nothing_of_a_statement_that_is_gone(reader: Reader) -> None:
    """Statements that are made for one request are not to add up."""
    statement = select(Article.slug).where(Article.slug == bindparam("slug"))
    dialect = reader._connection.dialect
    made, gone = CompiledStatement(statement.compile(dialect=dialect), dialect), ref(statement)
    del statement
    gc.collect()
    assert gone() is None
    assert made.fetch_rows(reader._connection, {"slug": "article-1"}) == [{"slug": "article-1"}]
