"""Change records: rows of `changes` and `former_slugs` for each record that is written."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, literal, select, update
from sqlalchemy.orm import Mapper, Session

from app.db.models import Article, Base, FormerSlug, RecordChange, VersionedRecord, stored_id
from app.db.tracking.steps import Writes
from app.db.types import UTCDateTime
from app.domain.dates import now
from app.domain.enums import ArticleState


def record_changes(session: Session, writes: Writes) -> None:
    """Record one change for each public record saved or deleted.

    A new slug leaves the old one behind as a redirect, and is also a change of the records that
    show it. A deleted record leaves a tombstone of its slug.
    """
    saved, deleted = list(_select_records(writes.saved)), list(_select_records(writes.deleted))
    # Articles that are not public and were not public leave no trace in the public feed.
    changes = [
        {"type": record.record_type, "record_id": record.id}
        for record in (*saved, *deleted)
        if not isinstance(record, Article) or _is_public(record) or _was_public(record)
    ]
    if changes:
        session.connection().execute(insert(RecordChange), changes)
    for record in saved:
        if former := inspect(record).attrs.slug.history.deleted:
            _record_rename(session.connection(), record, former[0])
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


def _is_public(article: Article) -> bool:
    return article.announced and article.state == ArticleState.PUBLISHED


def _was_public(article: Article) -> bool:
    attributes = inspect(article).attrs
    announced, state = (
        attributes[name].history.deleted or [getattr(article, name)]
        for name in ("announced", "state")
    )
    return bool(announced[0]) and state[0] == ArticleState.PUBLISHED


def _record_rename(connection: Connection, record: VersionedRecord, former: str) -> None:
    slugs = FormerSlug.slug.in_([record.slug, former])
    connection.execute(delete(FormerSlug).where(FormerSlug.type == record.record_type, slugs))
    redirect = {"type": record.record_type, "slug": former, "record_id": record.id}
    connection.execute(insert(FormerSlug).values(redirect))
    record_referrer_changes(connection, record)


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
            articles = select(Article.id).join(model, key == Article.id)
            articles = articles.where(reference == record.id).order_by(Article.id)
            connection.execute(articles.with_for_update(read=True, of=Article))
            referrers = referrers.join(Article, Article.id == key).where(
                Article.announced, Article.state == ArticleState.PUBLISHED
            )
        columns = ["type", "record_id", "changed_at"]
        connection.execute(insert(RecordChange).from_select(columns, referrers.distinct()))


@cache
def find_slug_references(mapper: Mapper[Any]) -> list[tuple[type[Base], str]]:
    """Find the columns by which other records show one of `mapper` by its slug.

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
