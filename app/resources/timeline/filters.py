"""Filters of events as SQL, by source."""

from calendar import isleap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.lists.date_filters import DateFilters
from app.api.lists.seek import Seek
from app.db.conditions import slug_in, slug_values
from app.db.database import Reader, Row
from app.db.functions import AnySelect, has_row
from app.db.models import Mission, Module, Person, Port
from app.db.types import UTCDateTime
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
from app.domain.enums import TimelineKind
from app.domain.text import slugify
from app.resources.timeline.event_source import EventSource
from app.resources.timeline.merge import ALL_PARTS, Part, Parts, select_event_keys
from app.resources.timeline.schemas import TimelineArchiveFilters, TimelineFilters
from app.resources.timeline.sources import SOURCES


@dataclass(frozen=True)
class TimelineSelection:
    """Events that match filters."""

    parts: Parts
    dates: DateFilters
    values: dict[str, Any]
    """Values of the parameters of the conditions, other than those of `dates`."""
    days: Sequence[date] | None
    """Days of several years, in order, each read by itself as the `day` of `dates`, or None."""

    @classmethod
    def resolve(cls, reader: Reader, filters: TimelineArchiveFilters) -> "TimelineSelection":
        """Resolve `filters`, with the ids and dates of the records that they name."""
        dates, days = _date_filters(reader, filters)
        values: dict[str, Any] = {}
        if filters.spacecraft:
            values["spacecraft"] = list(map(slugify, filters.spacecraft))
        for name, find in (
            ("mission", _find_missions),
            ("person", _find_people),
            ("module", _find_modules),
        ):
            if slugs := getattr(filters, name):
                values |= find(reader, slugs)
        named = [name for name in ("person", "spacecraft", "module") if getattr(filters, name)]
        parts = []
        for rank, source in enumerate(SOURCES):
            kinds = _kind_conditions(source, filters.kind)
            if kinds is None or not _can_match(source, named, values):
                continue
            where = kinds + [source.filters[name] for name in named]
            where += [_is_during_mission(source)] if filters.mission else []
            parts.append(Part(rank, tuple(where + source.dates.exact_conditions(dates))))
        return cls(tuple(parts), dates, values, days)

    def bounded_parts(self) -> Parts:
        """The parts, with the bounds of the sort keys that match."""
        return tuple(
            Part(part.rank, part.where + tuple(part.source.dates.range_conditions(self.dates)))
            for part in self.parts
        )

    def day_values(self, seek: Seek | None = None, descending: bool = False) -> Iterator[Row]:
        """Values of the parameters for each of `days` in reading order, or for all events."""
        if self.days is None:
            yield self.dates.values() | self.values
            return
        for day in self.days[::-1] if descending else self.days:
            dates = self.dates._replace(day=day)
            low, high = dates.sort_range()
            if seek is None or (low <= seek.keys[0] if descending else high >= seek.keys[0]):
                yield dates.values() | self.values


def _kind_conditions(
    source: EventSource, kinds: Sequence[TimelineKind]
) -> list[ColumnElement[bool]] | None:
    """Conditions of the events of `source` that are of `kinds`; None if there are none."""
    wanted = source.kinds.keys() & set(kinds or TimelineKind)
    if not wanted:
        return None
    if wanted == source.kinds.keys():
        return []
    return [condition for kind in wanted if (condition := source.kinds[kind]) is not None]


def _can_match(source: EventSource, named: Sequence[str], values: Mapping[str, Any]) -> bool:
    """Test if `source` has the filters `named`, and if the records that they name exist."""
    no_ports = "module" in named and source.is_at_port and values["module_port_ids"] == _NONE
    no_record = any(values.get(name) == _NONE for name in ("person_ids", "module_ids"))
    return set(named) <= source.filters.keys() and not no_ports and not no_record


_NONE = [0]
"""Ids of no record."""


@cache
def _select_missions() -> AnySelect:
    named = slug_in(Mission, bindparam("slugs"))
    return select(Mission.id, Mission.starts_sort_at, Mission.ends_sort_at).where(named)


def _find_missions(reader: Reader, slugs: Sequence[str]) -> dict[str, Any]:
    """Parameters of `_is_during_mission`: the ids of the missions, and the bounds of all."""
    rows = reader.all(_select_missions(), **slug_values(Mission, "slugs", slugs))
    return {
        "mission_ids": _ids(row["id"] for row in rows),
        "missions_from": min((row["starts_sort_at"] for row in rows), default=MAX_INSTANT),
        "missions_until": max((row["ends_sort_at"] for row in rows), default=MIN_INSTANT),
    }


@cache
def _select_people() -> AnySelect:
    return select(Person.id).where(Person.slug.in_(bindparam("slugs")))


def _find_people(reader: Reader, slugs: Sequence[str]) -> dict[str, Any]:
    """Parameters of the filter `person`: the ids of the people."""
    return {"person_ids": _ids(row["id"] for row in reader.all(_select_people(), slugs=slugs))}


def _ids(found: Iterable[int | None]) -> list[int]:
    """Distinct ids, or `_NONE`."""
    return sorted({id_ for id_ in found if id_ is not None}) or _NONE


@cache
def _select_modules() -> AnySelect:
    ports = select(Module.id, Module.launch_id, Port.id.label("port_id"))
    return ports.outerjoin(Port, Port.module_id == Module.id).where(
        Module.slug.in_(bindparam("slugs"))
    )


def _find_modules(reader: Reader, slugs: Sequence[str]) -> dict[str, Any]:
    """Parameters of the filter `module`: the ids of the modules, their launches and their ports."""
    rows = reader.all(_select_modules(), slugs=slugs)
    names = {"module_ids": "id", "module_launch_ids": "launch_id", "module_port_ids": "port_id"}
    return {name: _ids(row[column] for row in rows) for name, column in names.items()}


@cache
def _is_during_mission(source: EventSource) -> ColumnElement[bool]:
    """Condition: an event is between the start and the end of a mission."""
    mission, sort_at = aliased(Mission), source.dates.sort_at
    first, last = (
        bindparam(name, type_=UTCDateTime()) for name in ("missions_from", "missions_until")
    )
    during = select(mission.id).where(
        mission.id.in_(bindparam("mission_ids")),
        mission.starts_sort_at <= sort_at,
        mission.ends_sort_at >= sort_at,
    )
    return and_(sort_at >= first, sort_at <= last, has_row(during.correlate_except(mission)))


def _date_filters(
    reader: Reader, filters: TimelineArchiveFilters
) -> tuple[DateFilters, Sequence[date] | None]:
    """The date filters, and the days of `on_this_day`, of which the first is in the filters."""
    dates = DateFilters(
        time_zone_or_default(filters.tz), from_=filters.at_gte, before=filters.at_lt
    )
    if not isinstance(filters, TimelineFilters):
        return dates, None
    if filters.on_this_day is None:
        return dates._replace(day=filters.on), None
    days = [filters.on] if filters.on else _list_days(reader, filters.on_this_day)
    days = [day for day in days if f"{day:%m-%d}" == filters.on_this_day]
    return dates._replace(day=next(iter(days), filters.on or _ANY_DAY)), days


_ANY_DAY = date(2000, 1, 1)


def _list_days(reader: Reader, day: str) -> list[date]:
    """List the days `day`, as MM-DD, of the years with events."""
    edges = [
        row["key_0"]
        for descending in (False, True)
        for row in reader.all(select_event_keys(ALL_PARTS, descending), number=1)
    ]
    # A year more on both sides: the local day of an event may be in another year than its key.
    years = range(min(edges).year - 1, max(edges).year + 2) if edges else range(0)
    month, of_month = map(int, day.split("-"))
    is_leap_day = (month, of_month) == (2, 29)
    return [date(year, month, of_month) for year in years if isleap(year) or not is_leap_day]
