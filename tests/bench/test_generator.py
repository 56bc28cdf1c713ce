"""Generated archives of the benchmarks have consistent columns, links, indexes and counts."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article, ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag
from app.db.tracking.article_links import find_stale_links
from app.domain.dates import Precision
from app.domain.markdown import render_markdown
from bench.bulk import fill
from bench.generator import DAYS, Generator, World
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase

ARTICLE_COUNT = 2450
"""More than in the embedded archive, so that some articles are generated."""


@pytest.fixture(scope="module")
def client(create_database: CreateDatabase, archive_template_url: str) -> Iterator[TestClient]:
    """Client of the service over an archive of `ARTICLE_COUNT` articles."""
    with open_client(create_database(archive_template_url)) as client:
        progress: list[int] = []
        fill(database_of(client), ARTICLE_COUNT, lambda done, _: progress.append(done))
        assert progress == [ARTICLE_COUNT]
        yield client


@pytest.fixture
def database(client: TestClient) -> Database:
    return database_of(client)


def _columns(article: Article) -> dict[str, Any]:
    return {c.key: getattr(article, c.key) for c in inspect(Article).column_attrs}


@pytest.mark.slow
def test_computed_columns_equal_the_models(database: Database) -> None:
    with database.session() as session:
        articles = session.scalars(select(Article)).all()
        assert len(articles) == ARTICLE_COUNT
        for article in articles:
            before = _columns(article)
            article.compute_columns()
            assert _columns(article) == before
            assert article.body_html == render_markdown(article.body)
        session.rollback()


def test_links_have_the_columns_of_their_articles(database: Database) -> None:
    with database.snapshot() as reader:
        assert find_stale_links(reader) == []


def test_indexes_are_recreated_and_id_sequence_continues(database: Database) -> None:
    inspector = inspect(database.engine)
    for model in (Article, ArticleTag, ArticleMission, ArticlePerson, ArticleLaunch):
        existing = {index["name"] for index in inspector.get_indexes(model.__tablename__)}
        assert {index.name for index in model.__table__.indexes} <= existing  # type: ignore[attr-defined]  # a Table
    with Session(database.engine) as session:  # rolled back at the end
        last = session.scalar(select(func.max(Article.id))) or 0
        template = session.scalars(select(Article).where(Article.id == last)).one()
        columns = _columns(template) | {
            "id": None,
            "slug": "one-more",
            "translation_key": "one-more",
        }
        article = Article(**columns)
        session.add(article)
        session.flush()
        assert article.id == last + 1


def test_articles_have_two_languages_translations_and_links(database: Database) -> None:
    with database.session() as session:
        languages = session.scalars(select(Article.language).distinct()).all()
        assert {"en", "ru"} <= set(languages)
        pairs = select(Article.translation_key).group_by(Article.translation_key)
        assert session.scalars(pairs.having(func.count() > 1)).all()
        for model in (ArticleTag, ArticleMission, ArticlePerson, ArticleLaunch):
            assert session.scalar(select(func.count()).select_from(model))


@pytest.mark.slow
def test_equal_seeds_give_equal_archives(database: Database) -> None:
    with database.snapshot() as reader:
        world = World.read(reader)
    first, second = (list(Generator(world, 1).articles(1, 50)) for _ in range(2))
    assert first == second
    assert first != list(Generator(world, 2).articles(1, 50))


@pytest.mark.slow
def test_generated_dates_cover_every_day_of_twenty_years(database: Database) -> None:
    with database.snapshot() as reader:
        world = World.read(reader)
    articles = [generated.article for generated in Generator(world, 1).articles(1, DAYS)]
    dated = [a for a in articles if a["published_at_precision"] != Precision.MONTH]
    assert len({a["published_at"].date() for a in dated}) == len(dated) > 7_000


def test_calendars_agree_with_lists(client: TestClient) -> None:
    index = client.get("/v1/articles/archive").json()
    month = max((m for year in index["years"] for m in year["months"]), key=lambda m: m["count"])
    assert index["total"] == sum(year["count"] for year in index["years"])
    days = client.get(month["url"]).json()["days"]
    assert sum(day["count"] for day in days) == month["count"]
    for day in days:
        assert client.get(f"{day['url']}&with_total=true").json()["total"] == day["count"]
