"""Queries of the timeline: a merge of the first events of each source."""

from calendar import isleap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Subquery,
    and_,
    bindparam,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from app.api.date_params import time_zone_or_default
from app.api.embeds.launches import SPACECRAFT, select_launch_ref
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.modules import select_module_ref, select_port_ref
from app.api.embeds.people import select_person_ref
from app.api.lists.date_filters import DateFilters
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, build_archive
from app.api.lists.pagination import MAX_COUNTED_ITEMS, Seek, build_page, count_rows
from app.api.lists.record_counts import DatedRecords, NoRecords, RecordCounts
from app.api.lists.references import References, check_references, record_reference
from app.api.read_models import instant_of
from app.db.conditions import slug_in, slug_values
from app.db.database import Reader, Row
from app.db.functions import (
    AnySelect,
    ColumnExpression,
    has_row,
    json_array_subquery,
    json_object_subquery,
)
from app.db.models import (
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Module,
    Person,
    Port,
    Spacecraft,
    SpacewalkMember,
)
from app.db.types import UTCDateTime
from app.domain.dates import MAX_INSTANT, MIN_INSTANT
from app.domain.enums import HorizonKind, TimelineKind
from app.domain.text import slugify
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.horizon.schemas import KnownUntil
from app.resources.timeline.schemas import (
    TimelineArchiveFilters,
    TimelineArchiveQuery,
    TimelineFilters,
    TimelineItem,
    TimelinePage,
    TimelineQuery,
    TimelineSort,
)
from app.resources.timeline.sources import SOURCES, EventSource

T = TypeVar("T", bound=TimelineItem)

SORTS: Mapping[str, Mapping[str, type]] = {
    name: {"at": datetime, "source": int, "key": int} for name in ("at", "-at")
}
"""Types of the keys of an event, by sort: of its date, its source and its row."""

REFERENCES: References = {
    "mission": record_reference(Mission),
    "person": record_reference(Person),
    "spacecraft": SPACECRAFT,
    "module": record_reference(Module),
}

_KEYS = ("key_0", "key_1", "key_2")


class Part(NamedTuple):
    """The matching events of a source."""

    rank: int
    """Position of the source in `SOURCES`."""
    where: tuple[ColumnElement[bool], ...]

    @property
    def source(self) -> EventSource:
        """The source."""
        return SOURCES[self.rank]


Parts = tuple[Part, ...]

ALL_PARTS: Parts = tuple(Part(rank, ()) for rank in range(len(SOURCES)))


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
        for row in reader.all(_select_keys(ALL_PARTS, descending), number=1)
    ]
    # A year more on both sides: the local day of an event may be in another year than its key.
    years = range(min(edges).year - 1, max(edges).year + 2) if edges else range(0)
    month, of_month = map(int, day.split("-"))
    is_leap_day = (month, of_month) == (2, 29)
    return [date(year, month, of_month) for year in years if isleap(year) or not is_leap_day]


@lru_cache(maxsize=256)
def _select_keys(parts: Parts, descending: bool, has_seek: bool = False) -> AnySelect:
    """Select the first `number` events of `parts`, after the bound seek keys if any.

    Each source is read no further than that, in the order of its index.
    """
    return _ordered(select(_merge(parts, descending, has_seek)), descending)


def _merge(parts: Parts, descending: bool, has_seek: bool) -> Subquery:
    """The first `number` events of each of `parts`."""
    firsts = []
    for part in parts:
        rank, where = part
        events, keys = part.source.select_events(rank).where(*where), part.source.sort_keys
        if has_seek:
            events = events.where(*_seek(keys, rank, descending))
        order = [key.desc() if descending else key.asc() for key in keys]
        firsts.append(select(events.order_by(*order).limit(_NUMBER).subquery()))
    return union_all(*firsts).subquery()


_NUMBER = bindparam("number", type_=Integer())


def _seek(
    sort_keys: Sequence[ColumnExpression], rank: int, descending: bool
) -> list[ColumnElement[bool]]:
    """Conditions: an event is after the bound seek keys."""
    sort_at, key = sort_keys
    types = sort_at.type, Integer(), Integer()
    seek = [bindparam(f"seek_{n}", type_=type_) for n, type_ in enumerate(types)]
    keys = tuple_(sort_at, literal_column(str(rank), Integer()), key)
    # The first condition bounds the range of the index.
    if descending:
        return [sort_at <= seek[0], keys < tuple_(*seek)]
    return [sort_at >= seek[0], keys > tuple_(*seek)]


def _ordered(statement: AnySelect, descending: bool) -> AnySelect:
    """The first `number` rows of a statement of events."""
    keys: list[ColumnElement[Any]] = [literal_column(name) for name in _KEYS]
    order = (key.desc() if descending else key.asc() for key in keys)
    return statement.order_by(*order).limit(_NUMBER)


@lru_cache(maxsize=256)
def _select_page(parts: Parts, descending: bool, has_seek: bool) -> AnySelect:
    """Select the first `number` events with all that `TimelineItem` shows."""
    event = _select_keys(parts, descending, has_seek).subquery()
    return _ordered(select(event, *_select_details(event.c)), descending)


def _select_details(event: Any) -> Iterator[Label[Any]]:
    """Columns with the records that an event refers to; null where it refers to none."""
    launch, ship, flight, assignment = (
        aliased(Launch),
        aliased(Spacecraft),
        aliased(Flight),
        aliased(CrewAssignment),
    )
    own, current, member = aliased(Mission), aliased(Mission), aliased(SpacewalkMember)
    port, from_port = aliased(Port), aliased(Port)
    module, other = aliased(Module), aliased(Module)
    references: dict[str, AnySelect] = {
        "launch": select_launch_ref(launch).where(launch.id == event.launch_id),
        "spacecraft": select(ship.name, ship.kind).where(ship.id == event.spacecraft_id),
        "port": select_port_ref(port).where(port.id == event.port_id),
        "from_port": select_port_ref(from_port).where(from_port.id == event.from_port_id),
        "module": select_module_ref(module).where(module.id == event.module_id),
        "attached_to": select_module_ref(other).where(other.id == event.attached_to_id),
        "own_mission": select_mission_ref(own).where(own.id == event.mission_id),
        "current_mission": (
            select_mission_ref(current)
            .add_columns(current.starts_sort_at)
            .where(current.ends_sort_at >= event.key_0)
            .order_by(current.ends_sort_at, current.number)
            .limit(1)
        ),
    }
    for name, statement in references.items():
        yield json_object_subquery(statement).label(name)
    groups: dict[str, tuple[Any, ColumnElement[bool], tuple[ColumnExpression, ...]]] = {
        "risen": (flight, flight.launch_id == event.ascent_id, (flight.ordinal, flight.id)),
        "landed": (
            flight,
            flight.landed_with_id == event.landing_id,
            (flight.launch_id, flight.ordinal, flight.id),
        ),
        "walkers": (member, member.spacewalk_id == event.spacewalk_id, (member.ordinal,)),
        "crew": (
            assignment,
            assignment.mission_id == event.mission_crew_id,
            (assignment.ordinal,),
        ),
    }
    for name, (table, where, order) in groups.items():
        person = aliased(Person)
        people = select_person_ref(person).join(table, table.person_id == person.id).where(where)
        yield json_array_subquery(people, *order).label(name)
    person = aliased(Person)
    commander = select_person_ref(person).where(person.id == event.person_id)
    yield json_array_subquery(commander, person.id).label("commander")


_PEOPLE = ("risen", "landed", "walkers", "crew", "commander")


def fetch_events(
    reader: Reader,
    parts: Parts,
    descending: bool,
    number: int,
    known_until: KnownUntil,
    seek: Seek | None = None,
    **values: Any,
) -> list[Row]:
    """Fetch the first `number` events of `parts`, after `seek` if any, as rows."""
    if not parts:
        return []
    keys = {f"seek_{n}": key for n, key in enumerate(seek.keys if seek else ())}
    statement = _select_page(parts, descending, seek is not None)
    rows = reader.all(statement, number=number, **keys, **values)
    return [_complete_row(row, known_until) for row in rows]


def _complete_row(row: Row, known_until: KnownUntil) -> Row:
    """Add the kind, the mission, the people and the horizon of an event."""
    source = SOURCES[row["key_1"]]
    kind = next(iter(source.kinds))
    if kind is TimelineKind.DOCKING and row["from_port"]:
        kind = TimelineKind.RELOCATION
    elif kind is TimelineKind.LANDING and not row["landed"]:
        kind = TimelineKind.FLIGHT_END
    current = row["current_mission"]
    if current and instant_of(current["starts_sort_at"]) > row["key_0"]:
        current = None
    is_of_crew = source.horizon is HorizonKind.DOCKINGS and (row["risen"] or row["landed"])
    horizon = HorizonKind.CREWS if is_of_crew else source.horizon
    return row | {
        "id": f"{source.name}-{row['key_2']}",
        "kind": kind,
        "mission": row["own_mission"] or current,
        "people": [person for group in _PEOPLE for person in row[group]],
        "known_until": getattr(known_until, horizon),
    }


@lru_cache(maxsize=256)
def _date_parts(parts: Parts) -> tuple[DatedRecords, ...]:
    """The keys of the events of each of `parts`."""
    return tuple(
        DatedRecords(
            part.source.dates, part.source.statement.add_columns(part.source.key).where(*part.where)
        )
        for part in parts
    )


@lru_cache(maxsize=256)
def select_matches(parts: Parts) -> AnySelect:
    """Select the keys of the events of `parts`, at most `MAX_COUNTED_ITEMS` + 1 of each source."""
    limit = literal_column(str(MAX_COUNTED_ITEMS + 1), Integer())
    matches = (each.statement.limit(limit).subquery() for each in _date_parts(parts))
    return select(union_all(*map(select, matches)).subquery())


def list_timeline(reader: Reader, query: TimelineQuery) -> TimelinePage:
    """List the events that match."""
    selection = TimelineSelection.resolve(reader, query)
    known_until = get_known_until_by_kind(reader)

    def read(seek: Seek | None, number: int) -> list[Row]:
        descending = (query.sort is TimelineSort.NEWEST) != (seek is not None and seek.backwards)
        return _fetch_matches(reader, selection, descending, number, known_until, seek)

    def total() -> int:
        if not selection.parts:
            return 0
        matches = select_matches(selection.bounded_parts())
        return sum(count_rows(reader, matches, **values) for values in selection.day_values())

    sort = str(query.sort)
    fields = {"known_until": known_until}
    page = build_page(reader, TimelinePage, read, total, SORTS, sort, query, "timeline", **fields)
    check_references(reader, REFERENCES, query, found=bool(page.items))
    return page


def _fetch_matches(
    reader: Reader,
    selection: TimelineSelection,
    descending: bool,
    number: int,
    known_until: KnownUntil,
    seek: Seek | None = None,
) -> list[Row]:
    """Fetch the first `number` events of `selection`, after `seek` if any, as rows."""
    rows: list[Row] = []
    parts = selection.bounded_parts()
    for values in selection.day_values(seek, descending):
        missing = number - len(rows)
        if missing:
            rows += fetch_events(reader, parts, descending, missing, known_until, seek, **values)
    return rows


def list_events(
    reader: Reader, filters: TimelineArchiveFilters, number: int, item: type[T]
) -> list[T]:
    """List the newest `number` events that match, as instances of `item`.

    Raises InvalidRequest for names that do not exist.
    """
    selection = TimelineSelection.resolve(reader, filters)
    known_until = get_known_until_by_kind(reader)
    rows = _fetch_matches(reader, selection, True, number, known_until)
    check_references(reader, REFERENCES, filters, found=bool(rows))
    return [item.model_validate(row) for row in reader.within_budget(rows)]


def list_next_events(
    reader: Reader, after: datetime, number: int, known_until: KnownUntil
) -> list[TimelineItem]:
    """List the first `number` events after an instant."""
    seek = Seek((after, len(SOURCES), 0), backwards=False)
    rows = fetch_events(reader, ALL_PARTS, False, number, known_until, seek)
    return [TimelineItem.model_validate(row) for row in rows]


def get_timeline_archive(
    reader: Reader, query: TimelineArchiveQuery
) -> ArchiveMonth | ArchiveIndex:
    """Get the calendar of a month, or the index of all months, of the events that match."""
    selection = TimelineSelection.resolve(reader, query)
    if not selection.parts:
        return build_archive(reader, NoRecords(), query, "timeline", "on", REFERENCES)
    first, *others = _date_parts(selection.parts)
    counts = RecordCounts(
        *first, selection.dates.sort_range(), next(selection.day_values()), others=tuple(others)
    )
    return build_archive(reader, counts, query, "timeline", "on", REFERENCES)
