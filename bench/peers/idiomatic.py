"""The list of articles as in the tutorials of FastAPI and SQLAlchemy.

Entities with relationships, a session by dependency, a plain `def` handler and a `response_model`.
It has the index that it needs, uses keyset pagination, and loads no bodies, to compare fairly.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

engine = create_engine(
    os.environ["BENCH_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
    pool_size=40,
)
LocalSession = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "article_tags"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[str]
    lead: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    published_at: Mapped[datetime]
    published_at_precision: Mapped[str]
    source_name: Mapped[str]
    source_url: Mapped[str | None]
    image_url: Mapped[str | None]
    image_alt: Mapped[str | None]
    image_credit: Mapped[str | None]
    reading_minutes: Mapped[int]
    updated_at: Mapped[datetime]
    version: Mapped[int]
    tag_rows: Mapped[list[Tag]] = relationship(order_by=Tag.tag)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:8000/v1/articles/{self.slug}"

    @property
    def tags(self) -> list[str]:
        return [row.tag for row in self.tag_rows]

    @property
    def source(self) -> "SourceOut":
        return SourceOut(name=self.source_name, url=self.source_url)

    @property
    def image(self) -> "ImageOut | None":
        if self.image_url is None:
            return None
        return ImageOut(url=self.image_url, alt=self.image_alt or "", credit=self.image_credit)


class SourceOut(BaseModel):
    name: str
    url: str | None


class ImageOut(BaseModel):
    url: str
    alt: str
    credit: str | None


class ArticleOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    slug: str
    title: str
    lead: str
    language: str
    url: str
    published_at: datetime
    published_at_precision: str
    source: SourceOut
    image: ImageOut | None
    tags: list[str]
    reading_minutes: int
    updated_at: datetime
    version: int


class PageOut(BaseModel):
    items: list[ArticleOut]
    next: str | None


def get_session() -> Iterator[Session]:
    with LocalSession() as session:
        yield session


app = FastAPI(telemetry={"tracing": False, "metrics": False})


@app.get("/articles", response_model=PageOut)
def list_articles(
    session: Annotated[Session, Depends(get_session)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    language: Annotated[str | None, Query(pattern="^[a-z]{2}$")] = None,
    before: datetime | None = None,
) -> PageOut:
    statement = select(Article).options(selectinload(Article.tag_rows))
    statement = statement.where(Article.state == "published", Article.published_at <= _now())
    if language:
        statement = statement.where(Article.language == language)
    if before:
        statement = statement.where(Article.published_at < before)
    newest = statement.order_by(Article.published_at.desc(), Article.id.desc())
    articles = session.scalars(newest.limit(limit + 1)).all()
    has_more = len(articles) > limit
    return PageOut(
        items=[ArticleOut.model_validate(article) for article in articles[:limit]],
        next=f"/articles?before={articles[limit - 1].published_at}" if has_more else None,
    )


def _now() -> datetime:
    now = datetime.now().astimezone()
    return now.replace(tzinfo=None) if engine.dialect.name == "sqlite" else now
