"""Prepared statements return what SQLAlchemy returns for them."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from weakref import ref

import pytest
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    Integer,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError

from app.api.lists.pagination import _filtered_page_statement
from app.api.params import QueryModel
from app.db.database import Database, Reader
from app.db.functions import (
    AnySelect,
    current_time_param,
    json_array_subquery,
    json_values_subquery,
    row_limit_param,
)
from app.db.models import Article, ArticleTag, Mission
from app.db.prepared import CompiledStatement, get_compiled_statement, pad_lists
from app.domain.dates import Precision
from app.http.problems import InvalidRequest
from app.resources.articles.queries import list_articles
from app.resources.articles.schemas import ArticleQuery
from app.resources.launches.queries import list_launches
from app.resources.launches.schemas import LaunchQuery
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
            cast(Article.id, Float).label("number"),
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
    assert get_compiled_statement(statement, reader._connection, {"slug": "article-1"})
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


@pytest.mark.parametrize("slugs", [[], ["article-0"], ["article-2", "article-0", "article-1"]])
def test_list_parameter_equals_list_of_values(reader: Reader, slugs: list[str]) -> None:
    """Lists of each length, and constant ones of the statement: three values are padded to four."""
    columns = select(Article.slug).order_by(Article.slug)
    precisions = Article.published_at_precision.in_(list(Precision))
    statement = columns.where(Article.slug.in_(bindparam("slugs")), precisions)
    for _ in range(3):
        assert reader.all(statement, slugs=slugs) == [{"slug": slug} for slug in sorted(slugs)]
        assert reader.all(statement, slugs=["article-1"]) == [{"slug": "article-1"}]
    assert reader.all(columns.where(Article.slug.in_(slugs))) == reader.all(statement, slugs=slugs)


def test_lists_of_many_lengths_have_few_statements(reader: Reader) -> None:
    statement = select(Article.slug).where(Article.id.in_(bindparam("ids")))
    reader.all(statement, ids=[0])
    compiled = {
        get_compiled_statement(statement, reader._connection, pad_lists({"ids": [0] * length}))
        for length in range(101)
    }
    assert len(compiled) == len([0, 1, 2, 4, 8, 16, 32, 64, 128])


def test_statement_with_literal_values_is_not_cached(reader: Reader) -> None:
    slug: BindParameter[str] = bindparam("slug", "article-0", literal_execute=True)
    statement = select(Article.slug).where(Article.slug == slug)
    for name in ("article-0", "article-2", "article-0"):
        assert reader.all(statement, slug=name) == [{"slug": name}]
    assert get_compiled_statement(statement, reader._connection, {}) is None


def test_row_limit_applies_to_each_run(reader: Reader) -> None:
    statement = select(Article.slug).order_by(Article.slug).limit(row_limit_param("number"))
    for number in (1, 3, 2, 1, 3, 2):
        rows = reader.all(statement, number=number)
        assert [row["slug"] for row in rows] == [f"article-{n}" for n in range(number)]
    with pytest.raises(KeyError):
        reader.all(statement)


@pytest.mark.parametrize("create_database", ["postgresql"], indirect=True)
def test_row_limit_is_planned_once(reader: Reader) -> None:
    """PostgreSQL makes five plans for the values of a prepared statement, then one for all."""
    low: ColumnElement[int] = literal_column("1")
    high: ColumnElement[int] = literal_column("1000000")
    rows = select(func.generate_series(low, high, type_=Integer()).label("n"))
    ordinary: BindParameter[int] = bindparam("number", type_=Integer())
    plans = text("SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE :like")
    for statement in (rows.limit(row_limit_param("number")), rows.limit(ordinary)):
        for _ in range(20):
            reader.all(statement, number=1)
    in_text, ordinary_value = (
        reader._connection.execute(plans, {"like": f"%generate_series%LIMIT {end}"}).scalar_one()
        for end in ("1", "$%")
    )
    assert in_text > 0
    assert ordinary_value == 0  # positive control


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
    values = {"slug": "article-1"}
    compiled = CompiledStatement(statement, statement.compile(dialect=dialect), dialect, values)
    gone = ref(statement)
    del statement
    gc.collect()
    assert gone() is None
    assert compiled.fetch_rows(reader._connection, values) == [{"slug": "article-1"}]


@pytest.mark.parametrize(
    ("list_records", "query", "one", "other"),
    [
        (
            list_articles,
            ArticleQuery,
            {"tag": ["launch"], "language": ["en"], "published_month": "2019-04"},
            {"tag": ["science"], "language": ["ru"], "published_month": "2020-05"},
        ),
        (
            list_articles,
            ArticleQuery,
            {"source": ["NASA", "ESA"], "tag_not": ["launch"], "updated_at_gte": "2019-04-04"},
            {"source": ["CSA", "JAXA"], "tag_not": ["a", "b"], "updated_at_gte": "2020-05-05"},
        ),
        (
            list_launches,
            LaunchQuery,
            {"mission": ["iss-59"], "status": ["success"], "launch_at_lt": "2019-04-04"},
            {"mission": ["iss-60", "iss-61"], "status": ["failure"], "launch_at_lt": "2020-05-05"},
        ),
    ],
)
def test_lists_by_the_same_filters_share_a_statement(
    reader: Reader,
    list_records: Callable[[Reader, Any], Any],
    query: type[QueryModel],
    one: dict[str, Any],
    other: dict[str, Any],
) -> None:
    """Whatever the values. Without one of the filters, as a control, it is another one."""
    _filtered_page_statement.cache_clear()
    for values in (one, other):
        with suppress(InvalidRequest):  # no record has the names
            list_records(reader, query.model_validate(values))
        assert _filtered_page_statement.cache_info().currsize == 1
    fewer = dict(list(other.items())[:-1])
    with suppress(InvalidRequest):
        list_records(reader, query.model_validate(fewer))
    assert _filtered_page_statement.cache_info().currsize == 2
