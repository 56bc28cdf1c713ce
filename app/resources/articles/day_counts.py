"""The plain calendar of the news: what each day of UTC has, put together to days of any zone."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, func, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from app.api.embeds import public
from app.db.database import Reader, Row
from app.db.functions import Rows, at_present, unindexed
from app.db.models import Article, ArticleDay
from app.db.models.base import UTCDateTime, arguments
from app.db.models.days import before, counted
from app.domain.clock import present
from app.domain.dates import DAY, Precision, add_months, month_days, period, start_of, utc_day


class ArticleDays(NamedTuple):
    """The articles in one of `languages`, in any where there are none.

    Only for zones whose days begin at one of `hours` of UTC.
    """

    languages: tuple[str, ...]
    hours: frozenset[int]

    def days(self, reader: Reader, month: date, zone: ZoneInfo) -> tuple[list[int], list[date]]:
        end = add_months(month, 1)
        # No day of a zone begins or ends a day away from that of UTC.
        low, high = utc_day(month - DAY)[0], utc_day(end)[0]
        found = _Days(reader.all(_near(*self), low=low, high=high), zone)
        return found.within([*month_days(month), end]), list(found.months())

    def months(self, reader: Reader, zone: ZoneInfo) -> dict[date, int]:
        return _Days(reader.all(_all(*self)), zone).months()


class _Days:
    """Some days of UTC, in order, and what they make of days of `zone`."""

    def __init__(self, rows: Sequence[Row], zone: ZoneInfo) -> None:
        self._zone = zone
        self._rows: dict[datetime, Row] = {row["at"]: row for row in rows}
        self._days = list(self._rows)
        self._clocked = [0, *accumulate(int(row[before(24)]) for row in rows)]
        self._dayed = [0, *accumulate(int(row["dayed"]) for row in rows)]

    def within(self, starts: Sequence[date]) -> list[int]:
        """How many fall into each of the periods from one of `starts` to before the next."""
        return [end - start for start, end in pairwise(map(self._before, starts))]

    def months(self) -> dict[date, int]:
        """How many fall into each month, in order, of those that have some."""
        beside = {(at + step).date().replace(day=1) for at in self._days for step in (-DAY, DAY)}
        counts = {month: self.within([month, add_months(month, 1)])[0] for month in sorted(beside)}
        return {month: count for month, count in counts.items() if count}

    def _before(self, day: date) -> int:
        """How many fall on days before `day`."""
        start, dayed = start_of(day, self._zone), utc_day(day)[0]
        midnight = start.replace(hour=0)
        count = self._clocked[bisect_left(self._days, midnight)]
        if start.hour and midnight in self._rows:
            count += self._rows[midnight][before(start.hour)]
        return count + self._dayed[bisect_left(self._days, dayed)]


@lru_cache(maxsize=64)
def _near(languages: tuple[str, ...], hours: frozenset[int]) -> Rows:
    """The days from `low` to `high`, the nearest beside them, the first and the last."""
    at = ArticleDay.at
    low, high = (bindparam(name, type_=UTCDateTime()) for name in ("low", "high"))
    beside = [(func.min(at), at < low), (func.max(at), at < low)]
    beside += [(func.min(at), at > high), (func.max(at), at > high)]
    days = [(at, at.between(low, high)), *beside]
    near = union_all(*(select(d).where(w, *_over(languages)).correlate(None) for d, w in days))
    return _read(languages, hours, lambda day: day, at.in_(near))


@lru_cache(maxsize=64)
def _all(languages: tuple[str, ...], hours: frozenset[int]) -> Rows:
    """All days, those in the middle of a month as one."""
    return _read(languages, hours, _MiddleAsOne)


def _read(
    languages: tuple[str, ...],
    hours: frozenset[int],
    one: Callable[[ColumnElement[Any]], ColumnElement[Any]],
    *where: ColumnElement[bool],
) -> Rows:
    """The counts of days that are over, and of what has appeared of the present one.

    Those are added up that are `one`.
    """
    names = ["dayed", *(before(hour) for hour in sorted(hours | {24}) if hour)]
    spoken = [Article.language.in_(languages)] if languages else []
    appeared = counted(public(), Article.published_at >= _today(), *spoken).subquery()
    over = select(ArticleDay).where(*_over(languages), *where).subquery()
    days = union_all(
        *(select(table.c.at, *(table.c[name] for name in names)) for table in (over, appeared))
    ).subquery()
    at = one(days.c.at).label("at")
    counts = (func.sum(days.c[name]).label(name) for name in names)
    return select(at, *counts).group_by(at).order_by(at)


def _over(languages: tuple[str, ...]) -> list[ColumnElement[bool]]:
    over = unindexed(ArticleDay.at) < _today()
    return [over, *([ArticleDay.language.in_(languages)] if languages else [])]


def _today() -> ColumnElement[Any]:
    return at_present(lambda: period(present(), Precision.DAY)[0])


class _MiddleAsOne(GenericFunction[Any]):
    """A day of UTC; the second for all that are of the same month in every zone."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(_MiddleAsOne)
def _(element: _MiddleAsOne, compiler: Any, **kw: Any) -> str:
    (at,) = arguments(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        middle = f"substr({at}, 9, 2) BETWEEN '02' AND '27'"
        second = f"substr({at}, 1, 8) || '02 00:00:00.000000'"
    else:
        middle = f"extract(day FROM {at}) BETWEEN 2 AND 27"
        second = f"date_trunc('month', {at}) + interval '1 day'"
    return f"(CASE WHEN {middle} THEN {second} ELSE {at} END)"
