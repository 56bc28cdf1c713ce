"""How many articles were published in each hour: what the plain calendar of the news is read from.

By the hour, because a day is a sum of hours in every zone whose clock differs by whole ones. What
is published or will be is counted, in the transaction that writes an article, as it is about to be
committed. The hours concerned are counted anew, not added to: a savepoint that was undone, or a
count that was wrong, leaves nothing behind.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.event import listens_for
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Mapper, ORMExecuteState, Session, mapped_column, object_session
from sqlalchemy.sql.functions import GenericFunction

from app.dates import CLOCKED, Precision, period
from app.models.articles import Article, ArticleState
from app.models.base import Base, Text, UTCDateTime, choice
from app.patience import unhurried

Hour = tuple[datetime, Precision, str]
"""When it begins, whether it is an hour or a day, and the language of what is counted."""


class ArticleHour(Base):
    """How many articles of a language were published in the hour, or on the day, that begins `at`.

    The `precision` is `hour` where their time of day is known, and `day` where only their day is.
    """

    __tablename__ = "article_hours"

    precision: Mapped[Precision] = mapped_column(choice(Precision), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime(), primary_key=True)
    language: Mapped[str] = mapped_column(Text(8), primary_key=True)
    count: Mapped[int]


class _StartOfHour(GenericFunction[datetime]):
    """The hour of an instant."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(_StartOfHour)
def _(element: _StartOfHour, compiler: Any, **kw: Any) -> str:
    (at,) = (compiler.process(argument, **kw) for argument in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"(substr({at}, 1, 13) || ':00:00.000000')"
    return f"date_trunc('hour', {at})"


def _counted() -> Select[Any]:
    """The hours as they ought to be."""
    dayed = Article.published_at_precision == Precision.DAY
    precision = case((dayed, literal(Precision.DAY.value)), else_=literal(Precision.HOUR.value))
    hour = _StartOfHour(Article.published_at)
    known = Article.published_at_precision.in_([*CLOCKED, Precision.DAY])
    articles = (
        select(
            hour.label("at"),
            precision.label("precision"),
            Article.language,
            literal(1).label("one"),
        )
        .where(Article.state == ArticleState.PUBLISHED, known)
        .subquery()
    )
    key = articles.c.at, articles.c.precision, articles.c.language
    return select(*key, func.count().label("count")).group_by(*key)


def recount(session: Session) -> None:
    """Count all hours anew."""
    unhurried(session.connection())
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE article_hours IN EXCLUSIVE MODE"))
    session.execute(delete(ArticleHour))
    names = ["at", "precision", "language", "count"]
    session.execute(insert(ArticleHour).from_select(names, _counted()))


def miscounted(session: Session) -> list[Hour]:
    """The hours whose count is not what it ought to be."""
    unhurried(session.connection())
    columns = ArticleHour.at, ArticleHour.precision, ArticleHour.language, ArticleHour.count
    kept = session.execute(select(*columns).where(ArticleHour.count > 0))
    there = {(at, precision.value, lang, count) for at, precision, lang, count in kept}
    wanted = {
        (row.at, row.precision, row.language, row.count) for row in session.execute(_counted())
    }
    return sorted({(at, Precision(precision), lang) for at, precision, lang, _ in there ^ wanted})


# --- In the transaction that writes an article ---------------------------------------------------

_NOTED = "hours of which articles have been written"
_ALL = "many articles have been written at once"


@listens_for(Article, "after_insert")
@listens_for(Article, "after_update")
@listens_for(Article, "after_delete")
def _note(_mapper: Mapper[Any], _connection: Connection, article: Article) -> None:
    session = object_session(article)
    if session is not None:
        noted: set[Hour] = session.info.setdefault(_NOTED, set())
        noted.update(hour for hour in (_hour(article), _hour(article, was=True)) if hour)


@listens_for(Session, "do_orm_execute")
def _note_all(executed: ORMExecuteState) -> None:
    if not executed.is_select and executed.bind_mapper is inspect(Article):
        executed.session.info[_ALL] = True


def _hour(article: Article, was: bool = False) -> Hour | None:
    """The hour that an article is counted in; or `was`, before it was changed."""

    def value(name: str) -> Any:
        past = inspect(article).attrs[name].history.deleted if was else None
        return past[0] if past else getattr(article, name)

    at, precision = value("published_at"), value("published_at_precision")
    if at is None or precision not in {*CLOCKED, Precision.DAY}:
        return None
    kind = Precision.DAY if precision == Precision.DAY else Precision.HOUR
    return period(at, kind)[0], kind, value("language")


_KEY = {
    "hour_at": ArticleHour.at,
    "hour_precision": ArticleHour.precision,
    "hour_language": ArticleHour.language,
}
_SAME = [column == bindparam(name, type_=column.type) for name, column in _KEY.items()]
_ADD = text(
    "INSERT INTO article_hours (at, precision, language, count) "
    "VALUES (:hour_at, :hour_precision, :hour_language, 0) ON CONFLICT DO NOTHING"
).bindparams(*(bindparam(name, type_=column.type) for name, column in _KEY.items()))
_HOLD = select(ArticleHour.at).where(*_SAME).with_for_update()
_COUNT = (
    update(ArticleHour)
    .where(*_SAME)
    .values(
        count=select(func.count(Article.id))
        .where(
            Article.state == ArticleState.PUBLISHED,
            Article.published_at >= bindparam("hour_at", type_=UTCDateTime()),
            Article.published_at < bindparam("hour_end", type_=UTCDateTime()),
            Article.published_at_precision.in_(bindparam("known", expanding=True)),
            Article.language == bindparam("hour_language", type_=Article.language.type),
        )
        .scalar_subquery()
    )
)


@listens_for(Session, "before_commit")
def _count(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: the transaction around it counts for all of them
    session.flush()
    noted: set[Hour] = session.info.pop(_NOTED, set())
    if session.info.pop(_ALL, False):
        recount(session)
        return
    connection = session.connection()
    # In one order, so that no two transactions wait for each other; and held before it is counted,
    # so that the count sees what those have committed who held it before.
    for at, precision, language in sorted(noted):
        key = {"hour_at": at, "hour_precision": precision, "hour_language": language}
        connection.execute(_ADD, key)
        connection.execute(_HOLD, key)
        known = [Precision.DAY] if precision == Precision.DAY else list(CLOCKED)
        given = key | {"hour_end": period(at, precision)[1], "known": known}
        connection.execute(_COUNT, given)
