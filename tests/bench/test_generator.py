"""Archives made for the benchmarks are archives as editors would have made them."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article, ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag
from app.domain.dates import Precision
from bench.bulk import fill
from bench.generator import DAYS, Generator, World
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase

NUMBER = 1300
"""The embedded archive has some thousand; the others are made."""


@pytest.fixture(scope="module")
def made(create_database: CreateDatabase, archive_template_url: str) -> Iterator[TestClient]:
    """A client of the service over an archive of `NUMBER` articles."""
    with open_client(create_database(archive_template_url)) as client:
        told: list[int] = []
        fill(database_of(client), NUMBER, lambda done, _: told.append(done))
        assert told == [NUMBER]
        yield client


@pytest.fixture
def filled(made: TestClient) -> Database:
    return database_of(made)


def _columns(article: Article) -> dict[str, Any]:
    return {c.key: getattr(article, c.key) for c in inspect(Article).column_attrs}


def test_every_column_is_what_the_model_would_derive(filled: Database) -> None:
    with filled.session() as session:
        articles = session.scalars(select(Article)).all()
        assert len(articles) == NUMBER
        for article in articles:
            before = _columns(article)
            article.compute_columns()
            assert _columns(article) == before
        session.rollback()


def test_the_database_has_its_indexes_back_and_goes_on_counting(filled: Database) -> None:
    inspector = inspect(filled.engine)
    for model in (Article, ArticleTag, ArticleMission, ArticlePerson, ArticleLaunch):
        there = {index["name"] for index in inspector.get_indexes(model.__tablename__)}
        assert {index.name for index in model.__table__.indexes} <= there  # type: ignore[attr-defined]  # a Table
    with Session(filled.engine) as session:  # whatever it writes is undone
        last = session.scalar(select(func.max(Article.id))) or 0
        kept = session.scalars(select(Article).where(Article.id == last)).one()
        columns = _columns(kept) | {"id": None, "slug": "one-more", "translation_key": "one-more"}
        more = Article(**columns)
        session.add(more)
        session.flush()
        assert more.id == last + 1


def test_two_languages_with_translations_and_links(filled: Database) -> None:
    with filled.session() as session:
        languages = session.scalars(select(Article.language).distinct()).all()
        assert {"en", "ru"} <= set(languages)
        pairs = select(Article.translation_key).group_by(Article.translation_key)
        assert session.scalars(pairs.having(func.count() > 1)).all()
        for model in (ArticleTag, ArticleMission, ArticlePerson, ArticleLaunch):
            assert session.scalar(select(func.count()).select_from(model))


def test_the_same_seed_makes_the_same_archive(filled: Database) -> None:
    with filled.snapshot() as reader:
        world = World.read(reader)
    once, again = (list(Generator(world, 1).articles(1, 50)) for _ in range(2))
    assert once == again
    assert once != list(Generator(world, 2).articles(1, 50))


def test_every_day_of_twenty_years_has_its_share(filled: Database) -> None:
    with filled.snapshot() as reader:
        world = World.read(reader)
    articles = [made.article for made in Generator(world, 1).articles(1, DAYS)]
    exact = [a for a in articles if a["published_at_precision"] != Precision.MONTH]
    assert len({a["published_at"].date() for a in exact}) == len(exact) > 7_000


def test_calendars_agree_with_lists(made: TestClient) -> None:
    index = made.get("/v1/articles/archive").json()
    month = max((m for year in index["years"] for m in year["months"]), key=lambda m: m["count"])
    assert index["total"] == sum(year["count"] for year in index["years"])
    days = made.get(month["url"]).json()["days"]
    assert sum(day["count"] for day in days) == month["count"]
    for day in days:
        assert made.get(f"{day['url']}&with_total=true").json()["total"] == day["count"]
