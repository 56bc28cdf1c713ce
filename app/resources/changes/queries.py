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

from app.api.embeds import public
from app.api.links import link
from app.api.lists.pagination import parameters
from app.db.database import Reader
from app.db.functions import Horizon, unindexed
from app.db.models import Article, RecordType, Restoration
from app.db.models import Change as ChangeRow
from app.domain.dates import now
from app.resources.articles import commands as articles
from app.resources.articles.schemas import ArticleRecord, ArticleStatus
from app.resources.changes.cursor import TOMBSTONES, Place, start_anew, today
from app.resources.changes.schemas import Change, ChangeOp, ChangePage, ChangeQuery
from app.resources.launches import commands as launches
from app.resources.missions import commands as missions
from app.resources.people import commands as people

RECORDS: Mapping[RecordType, Any] = {
    RecordType.MISSION: missions.EDITABLE,
    RecordType.PERSON: people.EDITABLE,
    RecordType.LAUNCH: launches.EDITABLE,
    RecordType.ARTICLE: articles.EDITABLE,
}
ORDER = list(RecordType)
MARGIN = timedelta(days=2)
"""How much longer than cursors hold changes are kept: a cursor knows its day, and no finer time."""

_HERE = tuple_(ChangeRow.transaction_id, ChangeRow.seq)
_COMPLETE = ChangeRow.transaction_id < Horizon()


def conditions(types: Collection[RecordType]) -> list[ColumnElement[bool]]:
    """What `types` ask of a change; none ask nothing."""
    return [ChangeRow.type.in_(types)] if types else []


def present(reader: Reader) -> Place:
    """The place behind all changes that are complete."""
    newest = select(ChangeRow.transaction_id, ChangeRow.seq).where(_COMPLETE)
    row = reader.first(newest.order_by(ChangeRow.transaction_id.desc(), ChangeRow.seq.desc()))
    known = row or {"transaction_id": 0, "seq": 0}
    return Place(_restored(reader), known["transaction_id"], known["seq"], today())


def _restored(reader: Reader) -> int:
    """How often the archive has been put back to a backup."""
    return reader.scalar(select(func.count(Restoration.id))) or 0


def check_place(reader: Reader, place: Place) -> None:
    """Refuse a place in what was there before the archive was put back to a backup."""
    if place.restored != _restored(reader):
        raise start_anew("The archive has been restored from a backup since.")


def unseen_since(reader: Reader) -> datetime | None:
    """When the oldest of the changes was made that are not complete yet; None without any."""
    # By the horizon: the index of `changed_at` would be looked through to its end for none.
    return reader.scalar(select(func.min(unindexed(ChangeRow.changed_at))).where(not_(_COMPLETE)))


def list_changes(reader: Reader, query: ChangeQuery) -> ChangePage:
    """A page of the snapshot or of the changes since, and where to go on."""
    if query.cursor is None:
        place = replace(present(reader), snapshot=(0, 0))
    else:
        place = Place.read(query.cursor, query.types)
        check_place(reader, place)
    if place.snapshot is None:
        told, place, more = changes_after(reader, place, query.types, query.limit)
        items = [change for change, _ in told]
    else:
        items, place = _snapshot(reader, place, query.types, query.limit)
        more = True
    kept = parameters(query, cursor=place.write(query.types))
    address = link("changes", **kept)
    return ChangePage(items=items, next=address if more else None, sync=None if more else address)


def _snapshot(
    reader: Reader, place: Place, types: Collection[RecordType], limit: int
) -> tuple[list[Change], Place]:
    """Some records by type and id, and the place behind them; the changes since come after."""
    number, last = place.snapshot or (0, 0)
    items: list[Change] = []
    while number < len(ORDER) and len(items) < limit:
        kind = ORDER[number]
        rest = limit - len(items)
        found = _records(reader, kind, last, rest) if not types or kind in types else []
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
    return items, replace(place, snapshot=(number, last) if number < len(ORDER) else None)


def _records(reader: Reader, kind: RecordType, last: int, limit: int) -> list[Any]:
    """The public records behind the id `last`."""
    editable = RECORDS[kind]
    model = editable.model
    where = [model.id > last, *([public()] if model is Article else [])]
    ids = select(model.id).where(*where).order_by(model.id).limit(limit)
    found = [row["id"] for row in reader.all(ids)]
    records = editable.recorded(reader, found)
    return [records[id_] for id_ in found]


def changes_after(
    reader: Reader, place: Place, types: Collection[RecordType], limit: int
) -> tuple[list[tuple[Change, Place]], Place, bool]:
    """The changes behind `place`, each with its own, and the place behind all of them.

    Of several changes of one record only the last is told. The third says whether more follow.
    """
    known = tuple_(literal(place.transaction_id), literal(place.seq))
    rows = reader.all(
        select(*ChangeRow.__table__.columns)
        .where(known < _HERE, _COMPLETE, *conditions(types))
        .order_by(ChangeRow.transaction_id, ChangeRow.seq)
        .limit(limit + 1)
    )
    page, more = rows[:limit], len(rows) > limit
    latest = {(row["type"], row["record_id"]): row for row in page}
    records = {
        kind: RECORDS[kind].recorded(reader, [id_ for type_, id_ in latest if type_ == kind])
        for kind in {type_ for type_, _ in latest}
    }
    ordered = sorted(latest.values(), key=lambda row: (row["transaction_id"], row["seq"]))
    told = [
        (_change(row, records[row["type"]].get(row["record_id"])), _behind(row, place))
        for row in ordered
    ]
    place = _behind(page[-1], place) if page else place
    return told, place if more else replace(place, known_on=today()), more


def _behind(row: Mapping[str, Any], place: Place) -> Place:
    """The place behind a change that was found behind `place`."""
    return Place(place.restored, row["transaction_id"], row["seq"], row["changed_at"].date())


def _change(row: Mapping[str, Any], record: Any) -> Change:
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


def prune(session: Session) -> None:
    """Forget changes that no cursor can lead to any more."""
    session.execute(delete(ChangeRow).where(ChangeRow.changed_at < now() - TOMBSTONES - MARGIN))
