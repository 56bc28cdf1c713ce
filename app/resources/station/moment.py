"""Time of an answer, and the condition of what is there at that time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select

from app.api.date_params import time_zone_or_default
from app.api.lists.date_filters import PeriodBounds
from app.db.database import Reader, Row
from app.db.functions import AnySelect, ColumnExpression
from app.db.models import ModuleAttachment
from app.db.types import UTCDateTime
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_DAY, ONE_SECOND, Precision, start_of_day
from app.domain.horizon import is_outdated
from app.domain.languages import tr
from app.http.problems import FieldProblem, InvalidRequest, NotFound
from app.resources.horizon.schemas import KnownUntil
from app.resources.station.schemas import StationFacts, StationQuery


@dataclass(frozen=True)
class Moment:
    """Time of an answer: a day or an instant, up to the present."""

    day: date
    """Day in `zone`."""
    zone: ZoneInfo
    is_day: bool
    is_present: bool
    last: datetime
    """The instant, or the last second of the day, or the present."""

    @property
    def bounds(self) -> PeriodBounds:
        """Period of the answer."""
        end = self.last + ONE_SECOND
        if not self.is_day:
            return PeriodBounds(self.last, end, self.last, end, self.last, end)
        bounds = PeriodBounds.of_days(self.day, self.day + ONE_DAY, self.zone)
        return bounds._replace(clock_end=end)


@cache
def _select_first_attachment() -> AnySelect:
    order = ModuleAttachment.attached_sort_at, ModuleAttachment.id
    return select(ModuleAttachment.attached_at).order_by(*order).limit(1)


def resolve_moment(reader: Reader, query: StationQuery) -> Moment:
    """Resolve the time of a request. Raises InvalidRequest for one without the station."""
    first_at = reader.scalar(_select_first_attachment())
    if first_at is None:
        raise NotFound(
            tr("The archive has no modules. See /v1/modules.", "В архиве нет модулей: /v1/modules.")
        )
    moment, present = _parse_moment(query), current_second()
    name = "on" if query.on else "at"
    local = moment.last.astimezone(moment.zone)
    if not moment.is_present and moment.last > present:
        today = f"{present.astimezone(moment.zone):%Y-%m-%d}"
        detail = tr(
            f"The time is ahead. Today is {today}; for what is planned, see /v1/timeline.",
            f"Это время ещё не наступило. Сегодня {today}; планы: /v1/timeline.",
        )
        raise InvalidRequest(detail, FieldProblem(parameter=name, code="in-future", detail=detail))
    if moment.last < first_at:
        first_day = f"{first_at.astimezone(moment.zone):%Y-%m-%d}"
        detail = tr(
            f"There was no station on {local:%Y-%m-%d}. Its first day is {first_day}.",
            f"{local:%Y-%m-%d} станции ещё не было. Её первый день: {first_day}.",
        )
        raise InvalidRequest(
            detail, FieldProblem(parameter=name, code="before-station", detail=detail)
        )
    return moment


def _parse_moment(query: StationQuery) -> Moment:
    """The time of a request; a day that is not over ends at the present."""
    zone, present = time_zone_or_default(query.tz), current_second()
    today = present.astimezone(zone).date()
    if query.at:
        last = query.at.replace(microsecond=0).astimezone(UTC)
        return Moment(last.astimezone(zone).date(), zone, False, False, last)
    day = query.on or today
    tomorrow = start_of_day(today + ONE_DAY, zone)
    if day == today:
        expire_response_at(tomorrow)
        return Moment(day, zone, query.on is not None, True, present)
    last = start_of_day(day + ONE_DAY, zone) - ONE_SECOND
    return Moment(day, zone, True, False, last)


def find_last_known_day(
    known_until: KnownUntil, kinds: Iterable[StationFacts], zone: ZoneInfo
) -> date:
    """The last day of which facts of `kinds` are known: today, unless a horizon is outdated."""
    today = current_second().astimezone(zone).date()
    expire_response_at(start_of_day(today + ONE_DAY, zone))
    horizons: Iterable[datetime | None] = (getattr(known_until, kind) for kind in kinds)
    ends = (at + ONE_SECOND for at in horizons if at and is_outdated(at))
    return min([today, *(end.astimezone(zone).date() - ONE_DAY for end in ends)])


def is_there(
    start: ColumnExpression,
    start_precision: ColumnExpression,
    end: ColumnExpression,
    until: ColumnExpression,
    end_precision: ColumnExpression,
) -> ColumnElement[bool]:
    """Condition: the time from `start` to `end` overlaps the period of the answer.

    A day alone is the same day in every zone. `until` is the end of the period that `end` starts.
    """

    def bound(precision: ColumnExpression, edge: str) -> ColumnElement[datetime]:
        by_day, by_clock = (
            bindparam(f"{kind}_{edge}", type_=UTCDateTime()) for kind in ("day", "clock")
        )
        return case((precision == Precision.DAY, by_day), else_=by_clock)

    return and_(
        start < bound(start_precision, "end"),
        or_(end.is_(None), until > bound(end_precision, "start")),
    )


def is_at(row: Row, until: str, at: datetime) -> bool:
    """Test if the state of `row`, which overlaps the period that ends with `at`, lasts then."""
    return row[until] is None or row[until] > at
