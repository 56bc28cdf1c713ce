"""Change feed: a snapshot of all records, then the changes since its start.

A change contains the current state of its record, read in the same database snapshot. So a copy is
correct in whatever order changes of one record were committed.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    bindparam,
    exists,
    func,
    literal,
    not_,
    select,
    tuple_,
)

from app.api.links import url_for_request
from app.api.lists.pagination import to_query_params
from app.db.database import Reader
from app.db.functions import AnySelect, SnapshotXmin, hide_from_planner
from app.db.long_writes import LongWriter
from app.db.models import RecordChange as ChangeRow
from app.db.models import Restoration
from app.domain.dates import now
from app.domain.enums import RecordType
from app.resources.changes.cursor import (
    TOMBSTONE_RETENTION_PERIOD,
    ChangeCursor,
    build_restart_error,
    utc_today,
)
from app.resources.changes.schemas import Change, ChangeOp, ChangePage, ChangeQuery
from app.resources.registry import RECORD_RESOURCES

_SNAPSHOT_TYPE_ORDER = list(RecordType)
PRUNE_GRACE_PERIOD = timedelta(days=2)
"""Time for which changes outlive the cursors before them, whose precision is a day."""

_POSITION = tuple_(ChangeRow.transaction_id, ChangeRow.seq)
_IS_BELOW_HORIZON = ChangeRow.transaction_id < SnapshotXmin()


def conditions(types: Collection[RecordType]) -> list[ColumnElement[bool]]:
    """SQL conditions for changes of some record types; none means all."""
    return [ChangeRow.type.in_(types)] if types else []


def get_latest_cursor(reader: Reader) -> ChangeCursor:
    """Cursor after all changes below the horizon."""
    newest = select(ChangeRow.transaction_id, ChangeRow.seq).where(_IS_BELOW_HORIZON)
    row = reader.first(newest.order_by(ChangeRow.transaction_id.desc(), ChangeRow.seq.desc()))
    position = row or {"transaction_id": 0, "seq": 0}
    return ChangeCursor(
        _count_restores(reader), position["transaction_id"], position["seq"], utc_today()
    )


def _count_restores(reader: Reader) -> int:
    """Number of times that the archive was restored from a backup."""
    return reader.scalar(select(func.count(Restoration.id))) or 0


def check_change_cursor(reader: Reader, cursor: ChangeCursor) -> None:
    """Raise Gone for a cursor from before the archive was restored from a backup."""
    if cursor.restore_count != _count_restores(reader):
        raise build_restart_error("The archive has been restored from a backup since.")


def get_oldest_pending_change_time(reader: Reader) -> datetime | None:
    """Time of the oldest change above the horizon, None if there is none."""
    # By the index of the transaction ids: that of `changed_at` would be read to its end.
    return reader.scalar(
        select(func.min(hide_from_planner(ChangeRow.changed_at))).where(not_(_IS_BELOW_HORIZON))
    )


def list_changes(reader: Reader, query: ChangeQuery) -> ChangePage:
    """A page of the change feed. Raises InvalidCursor, CursorMismatch or Gone."""
    if query.cursor is None:
        cursor = replace(get_latest_cursor(reader), snapshot_position=(0, 0))
    else:
        cursor = ChangeCursor.decode(query.cursor, query.types)
        check_change_cursor(reader, cursor)
    if cursor.snapshot_position is None:
        changes, cursor, more = list_changes_after(reader, cursor, query.types, query.limit)
        items = [change for change, _ in changes]
    else:
        items, cursor = _read_snapshot(reader, cursor, query.types, query.limit)
        more = True
    params = to_query_params(query, cursor=cursor.encode(query.types))
    address = url_for_request("changes", **params)
    return ChangePage(items=items, next=address if more else None, sync=None if more else address)


def _read_snapshot(
    reader: Reader, cursor: ChangeCursor, types: Collection[RecordType], limit: int
) -> tuple[list[Change], ChangeCursor]:
    """The next records of the snapshot by type and id, and the cursor after them."""
    number, last = cursor.snapshot_position or (0, 0)
    items: list[Change] = []
    while number < len(_SNAPSHOT_TYPE_ORDER) and len(items) < limit:
        record_type = _SNAPSHOT_TYPE_ORDER[number]
        rest = limit - len(items)
        records = (
            _load_public_records(reader, record_type, last, rest)
            if not types or record_type in types
            else []
        )
        items += [
            Change(
                seq=cursor.seq,
                type=record_type,
                id=record.id,
                op=ChangeOp.UPSERT,
                changed_at=record.updated_at,
                data=record,
            )
            for record in records
        ]
        number, last = (number + 1, 0) if len(records) < rest else (number, records[-1].id)
    return items, replace(
        cursor, snapshot_position=(number, last) if number < len(_SNAPSHOT_TYPE_ORDER) else None
    )


def _load_public_records(
    reader: Reader, record_type: RecordType, last: int, limit: int
) -> list[Any]:
    """The public records of a type after the id `last`."""
    resource = RECORD_RESOURCES[record_type]
    rows = reader.all(_select_public_ids(record_type), last=last, number=limit)
    ids = [row["id"] for row in rows]
    records = resource.load_records(reader, ids)
    return [records[id_] for id_ in ids]


@cache
def _select_public_ids(record_type: RecordType) -> AnySelect:
    """Select the ids of the first `number` public records of a type after the id `last`."""
    resource = RECORD_RESOURCES[record_type]
    where = [resource.model.id > bindparam("last")]
    if resource.public_condition:
        where.append(resource.public_condition())
    ids = select(resource.model.id).where(*where).order_by(resource.model.id)
    return ids.limit(bindparam("number", type_=Integer()))


def list_changes_after(
    reader: Reader, cursor: ChangeCursor, types: Collection[RecordType], limit: int
) -> tuple[list[tuple[Change, ChangeCursor]], ChangeCursor, bool]:
    """Return the next changes with their cursors, the final cursor, and whether more follow.

    Of several changes of one record only the last is included.
    """
    position = tuple_(literal(cursor.transaction_id), literal(cursor.seq))
    rows = reader.all(
        select(*ChangeRow.__table__.columns)
        .where(position < _POSITION, _IS_BELOW_HORIZON, *conditions(types))
        .order_by(ChangeRow.transaction_id, ChangeRow.seq)
        .limit(limit + 1)
    )
    page, more = rows[:limit], len(rows) > limit
    latest = {(row["type"], row["record_id"]): row for row in page}
    records = {
        record_type: RECORD_RESOURCES[record_type].load_records(
            reader, [id_ for type_, id_ in latest if type_ == record_type]
        )
        for record_type in {type_ for type_, _ in latest}
    }
    ordered = sorted(latest.values(), key=lambda row: (row["transaction_id"], row["seq"]))
    changes = [
        (
            _build_change(row, records[row["type"]].get(row["record_id"])),
            _build_cursor_after(row, cursor),
        )
        for row in ordered
    ]
    cursor = _build_cursor_after(page[-1], cursor) if page else cursor
    return changes, cursor if more else replace(cursor, as_of_date=utc_today()), more


def has_change_after(
    transaction_id: SQLColumnExpression[int], seq: SQLColumnExpression[int]
) -> ColumnElement[bool]:
    """SQL condition: a change of any type follows the position."""
    return exists().where(tuple_(transaction_id, seq) < _POSITION, _IS_BELOW_HORIZON)


def keeps_changes_until(reader: Reader, transaction_id: int, seq: int) -> bool:
    """True if a change at or before the position is kept, so that none after it is pruned."""
    kept = select(ChangeRow.seq).where(tuple_(literal(transaction_id), literal(seq)) >= _POSITION)
    return reader.first(kept.limit(1)) is not None


def get_change(reader: Reader, seq: int) -> Change | None:
    """The change `seq` with the present state of its record; None if it has been pruned."""
    row = reader.first(select(*ChangeRow.__table__.columns).where(ChangeRow.seq == seq))
    if row is None:
        return None
    records = RECORD_RESOURCES[row["type"]].load_records(reader, [row["record_id"]])
    return _build_change(row, records.get(row["record_id"]))


def get_position_before(reader: Reader, instant: datetime) -> tuple[int, int] | None:
    """Transaction id and seq before the first change since `instant`; None if there is none."""
    first = (
        select(ChangeRow.transaction_id, ChangeRow.seq)
        .where(ChangeRow.changed_at >= instant, _IS_BELOW_HORIZON)
        .order_by(ChangeRow.transaction_id, ChangeRow.seq)
    )
    row = reader.first(first)
    return (row["transaction_id"], row["seq"] - 1) if row else None


def _build_cursor_after(row: Mapping[str, Any], cursor: ChangeCursor) -> ChangeCursor:
    """The cursor after a change."""
    return ChangeCursor(
        cursor.restore_count, row["transaction_id"], row["seq"], row["changed_at"].date()
    )


def _build_change(row: Mapping[str, Any], record: Any) -> Change:
    if record is not None and not RECORD_RESOURCES[row["type"]].is_public(record):
        record = None  # no longer public
    return Change(
        seq=row["seq"],
        type=row["type"],
        id=row["record_id"],
        op=ChangeOp.DELETE if record is None else ChangeOp.UPSERT,
        changed_at=row["changed_at"],
        data=record,
    )


def prune_changes(writer: LongWriter) -> None:
    """Delete changes older than the retention period, which no valid cursor needs."""
    pruned_before = now() - TOMBSTONE_RETENTION_PERIOD - PRUNE_GRACE_PERIOD
    writer.delete_rows(ChangeRow, ChangeRow.changed_at < pruned_before)
