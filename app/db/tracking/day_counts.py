"""Daily article counts, from which the calendar of all articles is read.

The hourly columns are for time zones: a day of most zones is made of parts of two days in UTC.
Articles scheduled for later are counted as well. The days of the articles written are recounted
at commit, not incremented, so that neither a savepoint rolled back nor a wrong count remains.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    inspect,
    literal,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import GenericFunction

from app.db.database import Reader
from app.db.functions import compile_arguments, hide_from_planner
from app.db.models import Article, ArticleDailyCounts
from app.db.models.day_counts import COUNT_COLUMNS
from app.db.timeouts import disable_timeouts
from app.db.tracking.steps import DayKey, Writes, has_changed
from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_bounds
from app.domain.enums import ArticleState


class _StartOfDay(GenericFunction[datetime]):
    """Start of the day of an instant."""

    type = UTCDateTime()
    inherit_cache = True


class _HourOfDay(GenericFunction[int]):
    """Hour of an instant, from 0."""

    type = Integer()
    inherit_cache = True


@compiles(_StartOfDay)
def _(element: _StartOfDay, compiler: Any, **kw: Any) -> str:
    (at,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"(substr({at}, 1, 10) || ' 00:00:00.000000')"
    return f"date_trunc('day', {at})"


@compiles(_HourOfDay)
def _(element: _HourOfDay, compiler: Any, **kw: Any) -> str:
    (at,) = compile_arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"CAST(substr({at}, 12, 2) AS INTEGER)"
    return f"extract(hour FROM {at})"


def select_day_counts(*where: ColumnElement[bool]) -> Select[Any]:
    """Select the counts by day and language of the published articles that `where` holds for."""
    precision = Article.published_at_precision
    dayed = precision == Precision.DAY
    # Parameters one by one: a list of values does not go with several rows of parameters.
    counted = [literal(each, precision.type) for each in (*PRECISIONS_WITH_TIME, Precision.DAY)]
    articles = (
        select(
            _StartOfDay(Article.published_at).label("at"),
            Article.language,
            case((dayed, null()), else_=_HourOfDay(Article.published_at)).label("hour"),
        )
        .where(
            Article.state == ArticleState.PUBLISHED,
            precision.in_(counted),
            *where,
        )
        .subquery()
    )
    conditions = ["hour IS NULL", *(f"hour < {hour}" for hour in range(1, 25))]
    counts = [
        func.count().filter(literal_column(condition, Boolean)).label(name)
        for name, condition in zip(COUNT_COLUMNS, conditions, strict=True)
    ]
    key = articles.c.at, articles.c.language
    return select(*key, *counts).group_by(*key)


_DAY_COUNT_COLUMNS = list(ArticleDailyCounts.__table__.columns)


def rebuild_day_counts(session: Session) -> None:
    """Recount all days."""
    disable_timeouts(session.connection())
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE article_days IN EXCLUSIVE MODE"))
    session.execute(delete(ArticleDailyCounts))
    session.execute(insert(ArticleDailyCounts).from_select(_DAY_COUNT_COLUMNS, select_day_counts()))


def find_wrong_day_counts(reader: Reader) -> list[DayKey]:
    """Find the days with stored counts that differ from the articles."""
    stored, counted = (
        {tuple(row.values()) for row in reader.all(statement)}
        for statement in (select(*_DAY_COUNT_COLUMNS), select_day_counts())
    )
    return sorted({(at, language) for at, language, *_ in stored ^ counted})


_COUNTED_COLUMNS = ("state", "published_at", "published_at_precision", "language")
"""Columns of an article that decide on which day it is counted."""


def note_touched_days(session: Session, writes: Writes) -> None:
    """Record the days, old and new, of the articles saved or deleted."""
    new, deleted = session.new, session.deleted
    for article in (*writes.saved, *writes.deleted):
        if not isinstance(article, Article):
            continue
        days = {_build_day_key(article)}
        if article not in new:
            if article not in deleted and not has_changed(article, _COUNTED_COLUMNS):
                continue
            days.add(_build_day_key(article, previous=True))
        writes.touched_days.update(day for day in days if day)


def _build_day_key(article: Article, previous: bool = False) -> DayKey | None:
    """Day on which an article is counted, now or before the change; None if it is not."""

    def value(name: str) -> Any:
        former = inspect(article).attrs[name].history.deleted if previous else None
        return former[0] if former else getattr(article, name)

    at = value("published_at")
    if at is None or value("state") != ArticleState.PUBLISHED:
        return None
    return period_bounds(at, Precision.DAY)[0], value("language")


_START, _END = (bindparam(name, type_=UTCDateTime()) for name in ("start", "end"))
_LANGUAGE = bindparam("language", type_=BoundedString(8))
_LOCK_DAY = text(
    "INSERT INTO article_days (at, language) VALUES (:start, :language) "
    "ON CONFLICT (at, language) DO UPDATE SET dayed = 0"
).bindparams(_START, _LANGUAGE)
_DELETE_DAY = delete(ArticleDailyCounts).where(
    ArticleDailyCounts.at == _START, ArticleDailyCounts.language == _LANGUAGE
)
COUNTS_OF_DAY = select_day_counts(
    Article.published_at >= _START,
    Article.published_at < _END,
    hide_from_planner(Article.language) == _LANGUAGE,
)
"""Counts of the articles in `language` from `start` to `end`, found by their date."""
_INSERT_DAY = insert(ArticleDailyCounts).from_select(_DAY_COUNT_COLUMNS, COUNTS_OF_DAY)


def update_touched_days(session: Session, writes: Writes) -> None:
    """Recount the recorded days, or all days after a bulk write of articles."""
    if Article in writes.bulk_saved | writes.bulk_deleted:
        rebuild_day_counts(session)
        return
    recount_days(session, writes.touched_days)


def recount_days(session: Session, days: Iterable[DayKey]) -> None:
    """Count the articles of `days` again."""
    # Sorted, so that no two transactions deadlock. Locked before counting, so that the count sees
    # the commits of the transactions that held the lock before.
    rows = [
        {"start": start, "end": period_bounds(start, Precision.DAY)[1], "language": language}
        for start, language in sorted(days)
    ]
    if rows:
        connection = session.connection()
        connection.execute(_LOCK_DAY, rows)
        connection.execute(_DELETE_DAY, rows)
        connection.execute(_INSERT_DAY, rows)
