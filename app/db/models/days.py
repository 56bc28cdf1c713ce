"""How many articles were published on each day: what the plain calendar of the news is read from.

And before each hour of it, because a day of a zone whose clock differs by whole hours is made of
parts of two days of UTC. What is published or will be is counted, in the transaction that writes an
article, as it is about to be committed. The days concerned are counted anew, not added to: a
savepoint that was undone, or a count that was wrong, leaves nothing behind.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Select,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    inspect,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy.event import listens_for
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import (
    Mapped,
    Mapper,
    ORMExecuteState,
    Session,
    object_session,
)
from sqlalchemy.sql.functions import GenericFunction

from app.db.models.articles import Article
from app.db.models.base import Base, BoundedString, UTCDateTime, compile_arguments
from app.db.timeouts import disable_timeouts
from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_bounds
from app.domain.enums import ArticleState

DayKey = tuple[datetime, str]
"""When it begins, and the language of what is counted."""


def before_hour_column(hour: int) -> str:
    """The column that counts what was published before `hour` of a day; 24 is the whole day."""
    return f"before_{hour:02}"


COUNT_COLUMNS = ["dayed", *map(before_hour_column, range(1, 25))]


class ArticleDailyCounts(Base):
    """How many articles of a language were published on the day of UTC that begins `at`.

    `dayed` are those of which only the day is known; of the others, so many were published before
    each hour of it, and `before_24` is all of them. Days without any have no row.
    """

    __table__ = Table(
        "article_days",
        Base.metadata,
        Column("at", UTCDateTime(), primary_key=True),
        Column("language", BoundedString(8), primary_key=True),
        *(Column(name, Integer, nullable=False, server_default="0") for name in COUNT_COLUMNS),
        Index(None, "language", "at"),
    )

    at: Mapped[datetime]
    language: Mapped[str]


class _StartOfDay(GenericFunction[datetime]):
    """The day of an instant."""

    type = UTCDateTime()
    inherit_cache = True


class _HourOfDay(GenericFunction[int]):
    """The hour of an instant, from 0."""

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
    """The days as they ought to be, of the published articles that `where` holds for."""
    dayed = Article.published_at_precision == Precision.DAY
    articles = (
        select(
            _StartOfDay(Article.published_at).label("at"),
            Article.language,
            case((dayed, null()), else_=_HourOfDay(Article.published_at)).label("hour"),
        )
        .where(
            Article.state == ArticleState.PUBLISHED,
            Article.published_at_precision.in_([*PRECISIONS_WITH_TIME, Precision.DAY]),
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
    """Count all days anew."""
    disable_timeouts(session.connection())
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE article_days IN EXCLUSIVE MODE"))
    session.execute(delete(ArticleDailyCounts))
    session.execute(insert(ArticleDailyCounts).from_select(_DAY_COUNT_COLUMNS, select_day_counts()))


def find_wrong_day_counts(session: Session) -> list[DayKey]:
    """The days whose counts are not what they ought to be."""
    disable_timeouts(session.connection())
    kept, wanted = (
        {*map(tuple, session.execute(s))}
        for s in (select(*_DAY_COUNT_COLUMNS), select_day_counts())
    )
    return sorted({(at, language) for at, language, *_ in kept ^ wanted})


# --- In the transaction that writes an article ---------------------------------------------------

_TOUCHED_DAYS = "days of which articles have been written"
_REBUILD_ALL = "many articles have been written at once"


@listens_for(Article, "after_insert")
@listens_for(Article, "after_update")
@listens_for(Article, "after_delete")
def _track_touched_days(_mapper: Mapper[Any], _connection: Connection, article: Article) -> None:
    session = object_session(article)
    if session is not None:
        noted: set[DayKey] = session.info.setdefault(_TOUCHED_DAYS, set())
        noted.update(
            day for day in (_build_day_key(article), _build_day_key(article, was=True)) if day
        )


@listens_for(Session, "do_orm_execute")
def _track_bulk_write(executed: ORMExecuteState) -> None:
    if not executed.is_select and executed.bind_mapper is inspect(Article):
        executed.session.info[_REBUILD_ALL] = True


def _build_day_key(article: Article, was: bool = False) -> DayKey | None:
    """The day that an article is counted on; or `was`, before it was changed."""

    def value(name: str) -> Any:
        past = inspect(article).attrs[name].history.deleted if was else None
        return past[0] if past else getattr(article, name)

    at = value("published_at")
    return None if at is None else (period_bounds(at, Precision.DAY)[0], value("language"))


_START, _END = (bindparam(name, type_=UTCDateTime()) for name in ("start", "end"))
_LANGUAGE = bindparam("spoken", type_=BoundedString(8))
_LOCK_DAY = text(
    "INSERT INTO article_days (at, language) VALUES (:start, :spoken) "
    "ON CONFLICT (at, language) DO UPDATE SET dayed = 0"
).bindparams(_START, _LANGUAGE)
_DELETE_DAY = delete(ArticleDailyCounts).where(
    ArticleDailyCounts.at == _START, ArticleDailyCounts.language == _LANGUAGE
)
_INSERT_DAY = insert(ArticleDailyCounts).from_select(
    _DAY_COUNT_COLUMNS,
    select_day_counts(
        Article.published_at >= _START,
        Article.published_at < _END,
        Article.language == _LANGUAGE,
    ),
)


@listens_for(Session, "before_commit")
def _update_touched_days(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: the transaction around it counts for all of them
    session.flush()
    noted: set[DayKey] = session.info.pop(_TOUCHED_DAYS, set())
    if session.info.pop(_REBUILD_ALL, False):
        rebuild_day_counts(session)
        return
    connection = session.connection()
    # In one order, so that no two transactions wait for each other; and held before it is counted,
    # so that the count sees what those have committed who held it before.
    for start, language in sorted(noted):
        day = {"start": start, "end": period_bounds(start, Precision.DAY)[1], "spoken": language}
        for statement in (_LOCK_DAY, _DELETE_DAY, _INSERT_DAY):
            connection.execute(statement, day)
