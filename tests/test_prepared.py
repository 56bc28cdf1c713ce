"""Prepared statements return what SQLAlchemy returns for them."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import getsource, signature
from weakref import ref

import pytest
import sqlalchemy
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
from app.db.sqlalchemy_internals import ROWS_BY_NAME, result_columns
from tests.support import factories
from tests.support.statements import record_selects


@pytest.fixture
def reader(database: Database) -> Iterator[Reader]:
    """Reader of a database with three articles and a mission."""
    with database.session() as session:
        session.add_all(factories.article(slug=f"article-{n}") for n in range(3))
        session.add(factories.mission(alternative_names=["Заря"]))
    with database.snapshot() as reader:
        yield reader


def statement_of_all_types() -> AnySelect:
    """SELECT of text, numbers, instants, enumerations, booleans, JSON, nested rows and null."""
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


def test_rows_equal_those_of_sqlalchemy(database: Database, reader: Reader) -> None:
    statement = statement_of_all_types()
    with record_selects(database) as selects:
        recorded = [reader.all(statement, slug="article-1") for _ in range(2)]
    assert len(selects) == 2
    runs = [reader.all(statement, slug="article-1") for _ in range(3)]
    assert get_compiled_statement(statement, reader._connection)
    assert [row["slug"] for row in runs[-1]] == ["article-0", "article-2"]
    for row in (row for rows in (*recorded, *runs) for row in rows):
        assert isinstance(row.pop("present"), datetime | str)
    assert all(rows == runs[0] for rows in (*recorded, *runs))
    assert {name: type(value) for name, value in runs[-1][0].items()} == {
        name: type(value) for name, value in recorded[0][0].items()
    }


def test_parameters_apply_to_each_run(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.slug == bindparam("slug"))
    for slug in ("article-0", "article-1", "article-2", "none"):
        row = reader.first(statement, slug=slug)
        assert row == (None if slug == "none" else {"slug": slug})
    count = select(Mission.number)
    assert reader.scalar(count) == reader.scalar(count) == reader.scalar(count) is not None


def test_last_of_columns_with_one_name_is_returned(reader: Reader) -> None:
    statement = select(Article.created_at.label("a"), Article.updated_at.label("a")).add_columns(
        Article.updated_at.label("b"), Article.slug.label("b")
    )
    runs = [reader.all(statement) for _ in range(3)]
    assert runs[0]
    assert runs == [runs[0]] * 3


def test_missing_parameter_raises(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.slug == bindparam("slug"))
    for _ in range(2):
        reader.all(statement, slug="article-0")
    with pytest.raises(KeyError):
        reader.all(statement)


def test_current_time_is_that_of_each_run(reader: Reader) -> None:
    year = 0
    instant = current_time_param(lambda: datetime(year, 1, 1, tzinfo=UTC))
    statement = select(Mission.number).where(Mission.starts_at < instant)
    for year, row_count in ((1951, 0), (2100, 1), (1951, 0), (2100, 1)):  # noqa: B007 - see above
        assert len(reader.all(statement)) == row_count


def test_statement_expanded_by_value_is_not_cached(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.slug.in_(["article-0", "article-2"]))
    for _ in range(3):
        assert len(reader.all(statement)) == 2
    assert get_compiled_statement(statement, reader._connection) is None


def test_errors_equal_those_of_sqlalchemy(database: Database) -> None:
    statement = select(table("nowhere", column("id")))
    errors = set()
    for _ in range(3):
        with pytest.raises(DBAPIError, match="nowhere") as caught, database.snapshot() as reader:
            reader.all(statement)
        errors.add((type(caught.value), type(caught.value.orig), caught.value.statement))
    assert len(errors) == 1
    with database.snapshot() as reader:
        assert reader.all(select(Article.id)) == []


def test_compiled_statement_does_not_keep_statement_alive(reader: Reader) -> None:
    """Statements that are built for one request must not accumulate."""
    statement = select(Article.slug).where(Article.slug == bindparam("slug"))
    dialect = reader._connection.dialect
    compiled, gone = CompiledStatement(statement.compile(dialect=dialect), dialect), ref(statement)
    del statement
    gc.collect()
    assert gone() is None
    assert compiled.fetch_rows(reader._connection, {"slug": "article-1"}) == [{"slug": "article-1"}]


def test_sqlalchemy_internals_exist(reader: Reader) -> None:
    adapt = f"SQLAlchemy {sqlalchemy.__version__} changed: adapt app/db/sqlalchemy_internals.py"
    connection = reader._connection
    statement = select(Article.slug.label("name"))
    (column_,) = result_columns(statement.compile(dialect=connection.dialect))
    assert column_.keyname == "name", adapt
    assert isinstance(column_.type, type(Article.slug.type)), adapt
    parameters = list(signature(connection._handle_dbapi_exception).parameters)
    assert parameters[:5] == ["e", "statement", "parameters", "cursor", "context"], adapt
    (option,) = ROWS_BY_NAME
    assert f'"{option}"' in getsource(sqlalchemy.engine.cursor), adapt
