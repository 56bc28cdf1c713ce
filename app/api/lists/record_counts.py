"""Counts of the records of a list by day and month, for archives."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.api.lists.date_filters import DateColumns, PeriodBounds
from app.api.lists.day_counts import MonthCounts
from app.db.database import Reader
from app.db.functions import AnySelect, CollapseMidMonth, ColumnExpression, StartOfHour
from app.domain.dates import (
    ONE_DAY,
    Precision,
    add_months,
    days_of_month,
    is_whole_hour,
    start_of_day,
    utc_month_start_times,
)


class DatedRecords(NamedTuple):
    """Records of a statement, dated by columns."""

    date_columns: DateColumns
    statement: AnySelect


def _union(statements: Sequence[AnySelect]) -> AnySelect:
    """The rows of all statements, each with an order and a limit of its own."""
    if len(statements) == 1:
        return statements[0]
    return select(union_all(*(select(each.subquery()) for each in statements)).subquery())


@lru_cache(maxsize=256)
def _counts_statement(
    records: tuple[DatedRecords, ...],
    number: ColumnElement[int],
    is_hourly: bool,
    is_collapsed: bool,
) -> AnySelect:
    """Build a statement for the numbers of `records` by time, with sort keys from `low` to `high`.

    By hour or by instant, and separately for records with a day alone. The middle of a month,
    which no time zone moves into another month, can be collapsed into one instant.
    """
    return _union([_count_by_time(each, number, is_hourly, is_collapsed) for each in records])


def _count_by_time(
    counted: DatedRecords, number: ColumnElement[int], is_hourly: bool, is_collapsed: bool
) -> AnySelect:
    dated, records = counted
    bucket: ColumnExpression = StartOfHour(dated.at) if is_hourly else dated.at
    if is_collapsed:
        bucket = CollapseMidMonth(bucket)
    low, high = _bounds(dated, "low", "high")
    columns = (
        bucket.label("bucket"),
        (dated.precision == Precision.DAY).label("is_day"),
        number.label("count"),
    )
    return (
        records.with_only_columns(*columns, maintain_column_froms=True)
        .where(dated.has_day(), dated.sort_at >= low, dated.sort_at < high)
        .group_by("bucket", "is_day")
    )


@lru_cache(maxsize=256)
def _edges_statement(records: tuple[DatedRecords, ...]) -> AnySelect:
    """Build a statement for the sort keys next to `low` and `high`, and the first and the last.

    All of them from `first` to before `end`; one row for each of `records`.
    """
    return _union([_select_edges(*each) for each in records])


def _select_edges(dated: DateColumns, records: AnySelect) -> AnySelect:
    key = dated.sort_at
    low, high, first, end = _bounds(dated, "low", "high", "first", "end")
    edges = {
        "before": (key.desc(), (key >= first, key < low)),
        "after": (key.asc(), (key >= high, key < end)),
        "first": (key.asc(), (key >= first, key < end)),
        "last": (key.desc(), (key >= first, key < end)),
    }
    with_day = records.with_only_columns(key, maintain_column_froms=True).where(dated.has_day())
    return select(
        *(
            with_day.where(*where).order_by(order).limit(1).scalar_subquery().label(name)
            for name, (order, where) in edges.items()
        )
    )


@lru_cache(maxsize=256)
def _key_statement(
    dates: tuple[DateColumns, ...], part_column: ColumnExpression | None
) -> AnySelect:
    """Build a statement for the sort keys `number` places before the last of each index.

    Of the keys from `low` to `high`, with `part_value` in `part_column`.
    """
    return _union([_select_key(each, part_column) for each in dates])


def _select_key(dated: DateColumns, part_column: ColumnExpression | None) -> AnySelect:
    key = dated.sort_at
    low, high = _bounds(dated, "low", "high")
    keys = select(key).where(key >= low, key < high).order_by(key.desc())
    if part_column is not None:
        keys = keys.where(part_column == _part_value(part_column))
    return keys.limit(1).offset(bindparam("number", type_=Integer()))


def _part_value(part_column: ColumnExpression) -> BindParameter[Any]:
    return bindparam("part_value", type_=part_column.type)


def _bounds(dated: DateColumns, *names: str) -> list[BindParameter[datetime]]:
    type_: Any = dated.sort_at.type
    return [bindparam(name, type_=type_) for name in names]


@lru_cache(maxsize=256)
def _select_parts(records: AnySelect, part_column: InstrumentedAttribute[Any] | None) -> AnySelect:
    """Select the records with any of the bound `part_values`."""
    if part_column is None:
        return records
    return records.where(part_column.in_(bindparam("part_values")))


@lru_cache(maxsize=256)
def _select_part(records: AnySelect, part_column: InstrumentedAttribute[Any] | None) -> AnySelect:
    """Select the records with the bound `part_value`."""
    return (
        records if part_column is None else records.where(part_column == _part_value(part_column))
    )


COUNT: ColumnElement[int] = func.count()

MAX_COUNTED_ROWS = 10_000
"""Index rows from which the months of one index are counted, unless a month alone has more."""

_EDGE_WINDOW = 3 * ONE_DAY
"""Distance of sort keys from which their order is that of the days, in any time zone."""


class RecordCounts(NamedTuple):
    """Counts of the records of a statement, dated by columns."""

    date_columns: DateColumns
    statement: AnySelect
    """Selects the records, without bounds of their sort keys and without `part_values`."""
    sort_range: tuple[datetime, datetime]
    """Bounds of the sort keys of the records: the first, and the exclusive end."""
    values: Mapping[str, Any] = MappingProxyType({})
    """Values of the named parameters of `statement`."""
    part_column: InstrumentedAttribute[Any] | None = None
    """Column whose index is in the order of the sort keys for each of its values."""
    part_values: Sequence[Any] = ()
    """Values of `part_column`; a record has one of them."""
    number: ColumnElement[int] = COUNT
    """Number of the records in rows of `statement`, which may repeat them."""
    are_few: bool = False
    """True if the records are few and not found by an index of sort keys."""
    others: tuple[DatedRecords, ...] = ()
    """Records of other tables, counted together with these."""

    def count_by_day(
        self, reader: Reader, month: date, zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        days = [*days_of_month(month), add_months(month, 1)]
        starts = [start_of_day(day, zone) for day in days]
        bounds = PeriodBounds.of_days(month, days[-1], zone)
        counts, months = [0] * (len(days) - 1), set[date]()
        for at, is_day, count in self._count(reader, bounds.low, bounds.high, zone):
            n = (at.date() - month).days if is_day else bisect_right(starts, at) - 1
            if 0 <= n < len(counts):
                counts[n] += count
                months.add(month)
            else:
                months.add(_local_month(at, is_day, zone))
        for key, is_first in self._find_edges(reader, bounds.low, bounds.high):
            months.add(self._find_edge_month(reader, key, is_first, zone))
        return counts, sorted(months)

    def count_by_month(self, reader: Reader, zone: ZoneInfo, end: date | None) -> MonthCounts:
        low, high = self.sort_range
        if end:
            high = min(high, PeriodBounds.of_days(end - ONE_DAY, end, zone).high)
        start = self._find_first_month(reader, low, high, zone, end)
        if start:
            low = max(low, PeriodBounds.of_days(start, start + ONE_DAY, zone).low)
        counts = Counter[date]()
        for at, is_day, count in self._count(reader, low, high, zone, True):
            counts[_local_month(at, is_day, zone)] += count
        months = (m for m in sorted(counts) if (start or m) <= m and (end is None or m < end))
        return MonthCounts({month: counts[month] for month in months}, start)

    def _find_first_month(
        self, reader: Reader, low: datetime, high: datetime, zone: ZoneInfo, end: date | None
    ) -> date | None:
        """Find the first month that can be counted from at most `MAX_COUNTED_ROWS` index rows.

        None if all months can; at least the last month is counted.
        """
        dates = (self.date_columns, *(each.date_columns for each in self.others))
        statement = _key_statement(dates, self.part_column)

        def find_month(number: int) -> date | None:
            """Last month with `number` later rows of an index."""
            values = self.part_values or [None]
            bounds = {"low": low, "high": high, "number": number // (len(values) * len(dates))}
            rows = (reader.all(statement, **bounds, part_value=value) for value in values)
            keys = [key for found in rows for row in found for key in row.values()]
            return _local_month(max(keys), False, zone) if keys else None

        if self.are_few or (uncounted := find_month(MAX_COUNTED_ROWS)) is None:
            return None
        last = find_month(0) or uncounted
        return min(add_months(uncounted, 1), last, add_months(end, -1) if end else last)

    def _count(
        self, reader: Reader, low: datetime, high: datetime, zone: ZoneInfo, collapsed: bool = False
    ) -> Iterator[tuple[datetime, bool, int]]:
        """Count by time: instant, whether only the day is known, and the number of records."""
        own = DatedRecords(self.date_columns, _select_parts(self.statement, self.part_column))
        statement = _counts_statement(
            (own, *self.others),
            self.number,
            all(map(is_whole_hour, utc_month_start_times(zone))),
            collapsed,
        )
        first, end = self.sort_range
        bounds = {"low": max(low, first), "high": min(high, end)}
        for row in reader.all(
            statement, **self.values, **bounds, part_values=list(self.part_values)
        ):
            yield row["bucket"], row["is_day"], row["count"]

    def _find_edges(
        self, reader: Reader, low: datetime, high: datetime
    ) -> Iterator[tuple[datetime, bool]]:
        """Find the sort keys next to a range, and the first and the last of all.

        With each, whether the others of its kind are later.
        """
        first, end = self.sort_range
        bounds = {"low": min(low, end), "high": max(high, first), "first": first, "end": end}
        found: dict[str, set[datetime]] = defaultdict(set)
        own = DatedRecords(self.date_columns, _select_part(self.statement, self.part_column))
        statement = _edges_statement((own, *self.others))
        for value in self.part_values or [None]:
            for row in reader.all(statement, **self.values, **bounds, part_value=value):
                for name, key in row.items():
                    found[name] |= {key} - {None}
        for name, keys in found.items():
            if keys:
                is_first = name in {"after", "first"}
                yield (min(keys) if is_first else max(keys)), is_first

    def _find_edge_month(
        self, reader: Reader, key: datetime, is_first: bool, zone: ZoneInfo
    ) -> date:
        """Find the first or last month of the records with sort keys from or up to `key`."""
        low, high = (key, key + _EDGE_WINDOW) if is_first else (key - _EDGE_WINDOW, key)
        # A record is at most two days from its sort key.
        outer = low - 2 * ONE_DAY, high + 2 * ONE_DAY
        earliest, latest = (at.date().replace(day=1) for at in outer)
        if earliest == latest:
            return earliest
        rows = self._count(reader, low, high + timedelta(microseconds=1), zone)
        months = [_local_month(at, is_day, zone) for at, is_day, _ in rows]
        return min(months) if is_first else max(months)


class NoRecords:
    """Counts of no records, without a statement."""

    def count_by_day(
        self, _reader: Reader, month: date, _zone: ZoneInfo
    ) -> tuple[list[int], list[date]]:
        return [0 for _ in days_of_month(month)], []

    def count_by_month(self, _reader: Reader, _zone: ZoneInfo, _end: date | None) -> MonthCounts:
        return MonthCounts({}, None)


def _local_month(at: datetime, is_day: bool, zone: ZoneInfo) -> date:
    """First day of the month of an instant in `zone`, or of a day that is the same in all zones."""
    return (at if is_day else at.astimezone(zone)).date().replace(day=1)
