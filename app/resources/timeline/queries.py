"""Queries of the timeline: lists and calendars of the events that match."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import Integer, literal_column, select, union_all

from app.api.embeds.launches import SPACECRAFT
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth, build_archive
from app.api.lists.pagination import MAX_COUNTED_ITEMS, build_page, count_rows
from app.api.lists.record_counts import DatedRecords, NoRecords, RecordCounts
from app.api.lists.references import References, check_references, record_reference
from app.api.lists.seek import Seek
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Mission, Module, Person
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.horizon.schemas import KnownUntil
from app.resources.timeline.event_rows import fetch_events
from app.resources.timeline.filters import TimelineSelection
from app.resources.timeline.merge import ALL_PARTS, Parts
from app.resources.timeline.schemas import (
    TimelineArchiveFilters,
    TimelineArchiveQuery,
    TimelineItem,
    TimelinePage,
    TimelineQuery,
    TimelineSort,
)
from app.resources.timeline.sources import SOURCES

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
    page = build_page(
        reader, TimelinePage, read, total, SORTS, sort, query, "timeline", known_until=known_until
    )
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
