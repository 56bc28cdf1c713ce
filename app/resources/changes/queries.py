"""How changes are read: a snapshot of all records first, then what has changed since it began.

What a change says is what its record says now, read with it in one snapshot of the database. So a
copy comes out right in whatever order changes of one record were committed.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal, not_, select, tuple_
from sqlalchemy.orm import Session

from app.api.links import url_for_request
from app.api.lists.pagination import to_query_params
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import SnapshotXmin, hide_from_planner
from app.db.models import Article, Restoration
from app.db.models import RecordChange as ChangeRow
from app.domain.dates import now
from app.domain.enums import RecordType
from app.resources.articles import commands as articles
from app.resources.articles.schemas import ArticleRecord, ArticleStatus
from app.resources.changes.cursor import (
    TOMBSTONE_RETENTION_PERIOD,
    ChangeCursor,
    build_restart_error,
    utc_today,
)
from app.resources.changes.schemas import Change, ChangeOp, ChangePage, ChangeQuery
from app.resources.launches import commands as launches
from app.resources.missions import commands as missions
from app.resources.people import commands as people

RECORD_WRITERS: Mapping[RecordType, Any] = {
    RecordType.MISSION: missions.WRITER,
    RecordType.PERSON: people.WRITER,
    RecordType.LAUNCH: launches.WRITER,
    RecordType.ARTICLE: articles.WRITER,
}
_SNAPSHOT_TYPE_ORDER = list(RecordType)
PRUNE_GRACE_PERIOD = timedelta(days=2)
"""How much longer than cursors hold changes are kept: a cursor knows its day, and no finer time."""

_POSITION = tuple_(ChangeRow.transaction_id, ChangeRow.seq)
_IS_BELOW_HORIZON = ChangeRow.transaction_id < SnapshotXmin()


def conditions(types: Collection[RecordType]) -> list[ColumnElement[bool]]:
    """What `types` ask of a change; none ask nothing."""
    return [ChangeRow.type.in_(types)] if types else []


def get_latest_cursor(reader: Reader) -> ChangeCursor:
    """The place behind all changes that are complete."""
    newest = select(ChangeRow.transaction_id, ChangeRow.seq).where(_IS_BELOW_HORIZON)
    row = reader.first(newest.order_by(ChangeRow.transaction_id.desc(), ChangeRow.seq.desc()))
    known = row or {"transaction_id": 0, "seq": 0}
    return ChangeCursor(_count_restores(reader), known["transaction_id"], known["seq"], utc_today())


def _count_restores(reader: Reader) -> int:
    """How often the archive has been put back to a backup."""
    return reader.scalar(select(func.count(Restoration.id))) or 0


def check_change_cursor(reader: Reader, place: ChangeCursor) -> None:
    """Refuse a place in what was there before the archive was put back to a backup."""
    if place.restore_count != _count_restores(reader):
        raise build_restart_error("The archive has been restored from a backup since.")


def get_oldest_pending_change_time(reader: Reader) -> datetime | None:
    """When the oldest of the changes was made that are not complete yet; None without any."""
    # By the horizon: the index of `changed_at` would be looked through to its end for none.
    return reader.scalar(
        select(func.min(hide_from_planner(ChangeRow.changed_at))).where(not_(_IS_BELOW_HORIZON))
    )


def list_changes(reader: Reader, query: ChangeQuery) -> ChangePage:
    """A page of the snapshot or of the changes since, and where to go on."""
    if query.cursor is None:
        place = replace(get_latest_cursor(reader), snapshot_position=(0, 0))
    else:
        place = ChangeCursor.decode(query.cursor, query.types)
        check_change_cursor(reader, place)
    if place.snapshot_position is None:
        told, place, more = list_changes_after(reader, place, query.types, query.limit)
        items = [change for change, _ in told]
    else:
        items, place = _read_snapshot(reader, place, query.types, query.limit)
        more = True
    kept = to_query_params(query, cursor=place.encode(query.types))
    address = url_for_request("changes", **kept)
    return ChangePage(items=items, next=address if more else None, sync=None if more else address)


def _read_snapshot(
    reader: Reader, place: ChangeCursor, types: Collection[RecordType], limit: int
) -> tuple[list[Change], ChangeCursor]:
    """Some records by type and id, and the place behind them; the changes since come after."""
    number, last = place.snapshot_position or (0, 0)
    items: list[Change] = []
    while number < len(_SNAPSHOT_TYPE_ORDER) and len(items) < limit:
        kind = _SNAPSHOT_TYPE_ORDER[number]
        rest = limit - len(items)
        found = _load_public_records(reader, kind, last, rest) if not types or kind in types else []
        items += [
            Change(
                seq=place.seq,
                type=kind,
                id=record.id,
                op=ChangeOp.UPSERT,
                changed_at=record.updated_at,
                data=record,
            )
            for record in found
        ]
        number, last = (number + 1, 0) if len(found) < rest else (number, found[-1].id)
    return items, replace(
        place, snapshot_position=(number, last) if number < len(_SNAPSHOT_TYPE_ORDER) else None
    )


def _load_public_records(reader: Reader, kind: RecordType, last: int, limit: int) -> list[Any]:
    """The public records behind the id `last`."""
    editable = RECORD_WRITERS[kind]
    model = editable.model
    where = [model.id > last, *([article_is_public()] if model is Article else [])]
    ids = select(model.id).where(*where).order_by(model.id).limit(limit)
    found = [row["id"] for row in reader.all(ids)]
    records = editable.load_records(reader, found)
    return [records[id_] for id_ in found]


def list_changes_after(
    reader: Reader, place: ChangeCursor, types: Collection[RecordType], limit: int
) -> tuple[list[tuple[Change, ChangeCursor]], ChangeCursor, bool]:
    """The changes behind `place`, each with its own, and the place behind all of them.

    Of several changes of one record only the last is told. The third says whether more follow.
    """
    known = tuple_(literal(place.transaction_id), literal(place.seq))
    rows = reader.all(
        select(*ChangeRow.__table__.columns)
        .where(known < _POSITION, _IS_BELOW_HORIZON, *conditions(types))
        .order_by(ChangeRow.transaction_id, ChangeRow.seq)
        .limit(limit + 1)
    )
    page, more = rows[:limit], len(rows) > limit
    latest = {(row["type"], row["record_id"]): row for row in page}
    records = {
        kind: RECORD_WRITERS[kind].load_records(
            reader, [id_ for type_, id_ in latest if type_ == kind]
        )
        for kind in {type_ for type_, _ in latest}
    }
    ordered = sorted(latest.values(), key=lambda row: (row["transaction_id"], row["seq"]))
    told = [
        (
            _build_change(row, records[row["type"]].get(row["record_id"])),
            _build_cursor_after(row, place),
        )
        for row in ordered
    ]
    place = _build_cursor_after(page[-1], place) if page else place
    return told, place if more else replace(place, as_of_date=utc_today()), more


def _build_cursor_after(row: Mapping[str, Any], place: ChangeCursor) -> ChangeCursor:
    """The place behind a change that was found behind `place`."""
    return ChangeCursor(
        place.restore_count, row["transaction_id"], row["seq"], row["changed_at"].date()
    )


def _build_change(row: Mapping[str, Any], record: Any) -> Change:
    if isinstance(record, ArticleRecord) and record.status != ArticleStatus.PUBLISHED:
        record = None  # the public has seen it, and sees it no more
    return Change(
        seq=row["seq"],
        type=row["type"],
        id=row["record_id"],
        op=ChangeOp.DELETE if record is None else ChangeOp.UPSERT,
        changed_at=row["changed_at"],
        data=record,
    )


def prune_changes(session: Session) -> None:
    """Forget changes that no cursor can lead to any more."""
    session.execute(
        delete(ChangeRow).where(
            ChangeRow.changed_at < now() - TOMBSTONE_RETENTION_PERIOD - PRUNE_GRACE_PERIOD
        )
    )
