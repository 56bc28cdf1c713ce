"""Change records: rows of `changes` and `former_slugs` for each record that is written."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, literal, select, update
from sqlalchemy.orm import Mapper, Session

from app.db.models import Article, Base, FormerSlug, Media, RecordChange, VersionedRecord, stored_id
from app.db.tracking.steps import Writes
from app.db.types import UTCDateTime
from app.domain.dates import now
from app.domain.enums import ArticleState


def record_changes(session: Session, writes: Writes) -> None:
    """Record one change for each public record saved or deleted.

    A new slug leaves the old one behind as a redirect. A new slug or name that other records show
    is also a change of these. A deleted record leaves a tombstone of its slug.
    """
    saved, deleted = list(_select_records(writes.saved)), list(_select_records(writes.deleted))
    # Records that are not public and were not public leave no trace in the public feed.
    changes = [
        {"type": record.record_type, "record_id": record.id}
        for record in (*saved, *deleted)
        if _is_public(record) or _was_public(record)
    ]
    if changes:
        session.connection().execute(insert(RecordChange), changes)
    new = session.new
    for record in saved:
        if record in new:
            continue
        attributes = inspect(record).attrs
        if former := attributes.slug.history.deleted:
            _record_rename(session.connection(), record, former[0])
        if any(attributes[name].history.deleted for name in record.shown_columns):
            record_referrer_changes(session.connection(), record)
    for record in deleted:
        _write_tombstone(session.connection(), record)


def record_referrers_of_deleted(session: Session, writes: Writes) -> None:
    """Record a change of the records that show a record by its slug, before it is deleted.

    Locks the record, so that no other transaction adds a reference in the meantime.
    """
    for record in _select_records(writes.deleted):
        id_ = inspect(type(record)).columns["id"]
        session.connection().execute(select(id_).where(id_ == record.id).with_for_update())
        record_referrer_changes(session.connection(), record)


def _select_records(entities: Iterable[Base]) -> Iterator[VersionedRecord]:
    """The records among the entities, without parts of records."""
    for entity in entities:
        if isinstance(entity, VersionedRecord):
            yield entity


def _is_public(record: VersionedRecord) -> bool:
    """True if readers see the record in its present state."""
    match record:
        case Article():
            return record.announced and record.state == ArticleState.PUBLISHED
        case Media():
            return record.published
    return True


def _was_public(record: VersionedRecord) -> bool:
    """True if readers saw the record before this flush."""
    match record:
        case Article():
            is_announced = bool(_get_former(record, "announced"))
            return is_announced and _get_former(record, "state") == ArticleState.PUBLISHED
        case Media():
            return bool(_get_former(record, "published"))
    return True


def _get_former(record: VersionedRecord, column: str) -> Any:
    """Value of a column before this flush."""
    deleted = inspect(record).attrs[column].history.deleted
    return deleted[0] if deleted else getattr(record, column)


def _record_rename(connection: Connection, record: VersionedRecord, former: str) -> None:
    slugs = FormerSlug.slug.in_([record.slug, former])
    connection.execute(delete(FormerSlug).where(FormerSlug.type == record.record_type, slugs))
    redirect = {"type": record.record_type, "slug": former, "record_id": record.id}
    connection.execute(insert(FormerSlug).values(redirect))


def _write_tombstone(connection: Connection, record: VersionedRecord) -> None:
    of_type = FormerSlug.type == record.record_type
    connection.execute(delete(FormerSlug).where(of_type, FormerSlug.slug == record.slug))
    redirects = of_type, FormerSlug.record_id == stored_id(record)
    connection.execute(update(FormerSlug).where(*redirects).values(record_id=None))
    tombstone = {"type": record.record_type, "slug": record.slug, "record_id": None}
    connection.execute(insert(FormerSlug).values(tombstone))


def record_referrer_changes(connection: Connection, record: VersionedRecord) -> None:
    """Record a change of each public record that shows `record` by its slug."""
    for model, column in find_slug_references(inspect(record).mapper):
        key, reference = getattr(model, model.record_key), getattr(model, column)
        referrers = select(literal(model.record_type), key, literal(now(), UTCDateTime())).where(
            reference == record.id
        )
        if model.record_type is Article.record_type:
            # Waits for a transaction that is publishing one of them; a later one waits for this.
            articles = select(Article.id)
            if model is not Article:
                articles = articles.join(model, key == Article.id)
            articles = articles.where(reference == record.id).order_by(Article.id)
            connection.execute(articles.with_for_update(read=True, of=Article))
            if model is not Article:
                referrers = referrers.join(Article, Article.id == key)
            referrers = referrers.where(Article.announced, Article.state == ArticleState.PUBLISHED)
        columns = ["type", "record_id", "changed_at"]
        connection.execute(insert(RecordChange).from_select(columns, referrers.distinct()))


@cache
def find_slug_references(mapper: Mapper[Any]) -> list[tuple[type[Base], str]]:
    """Find the columns by which other records show one of `mapper`.

    That is each foreign key to its table, except the one from a part to the record it belongs to.
    """
    return [
        (other, column.name)
        for other in Base.__subclasses__()
        if other.record_type
        for column in inspect(other).columns
        if column.name != other.record_key
        and any(key.column.table is mapper.local_table for key in column.foreign_keys)
    ]
