"""What is noted of every write, in its own transaction: that a record changed, and who did it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Index,
    delete,
    insert,
    inspect,
    literal,
    select,
    update,
)
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session

from app.db.models.articles import Article, ArticleLaunch, ArticleMission, ArticlePerson
from app.db.models.base import (
    Base,
    BoundedString,
    CurrentTransactionId,
    UTCDateTime,
    VersionedRecord,
    enum_type,
)
from app.db.models.launches import Launch
from app.db.models.missions import CrewAssignment, Mission, MissionLaunch
from app.db.models.people import Flight, Person
from app.domain.dates import now
from app.domain.enums import ArticleState, RecordType


class RecordChange(Base):
    """That a public record was written or deleted; what it says now stands in its own table.

    `transaction_id` is the writer's on PostgreSQL, where numbers are given before commits are made
    and so do not tell their order; SQLite has one writer at a time, and there it is 0.
    """

    __tablename__ = "changes"

    seq: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(BigInteger, server_default=CurrentTransactionId())
    type: Mapped[RecordType] = mapped_column(enum_type(RecordType))
    record_id: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)

    __table_args__ = (
        Index(None, "transaction_id", "seq"),
        Index(None, "changed_at"),
        {"sqlite_autoincrement": True},
    )


class Restoration(Base):
    """That the archive was put back to what a backup holds: copies of it have to start anew."""

    __tablename__ = "restorations"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)


class FormerSlug(Base):
    """A slug that a record had: it leads to the record, or to nothing since that was deleted."""

    __tablename__ = "former_slugs"

    type: Mapped[RecordType] = mapped_column(enum_type(RecordType), primary_key=True)
    slug: Mapped[str] = mapped_column(BoundedString(120), primary_key=True)
    record_id: Mapped[int | None]

    __table_args__ = (Index(None, "type", "record_id"),)


class AuditEntry(Base):
    """Who changed what, when, from what to what. The database refuses to change or delete one."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    actor: Mapped[str] = mapped_column(BoundedString(120))
    """The id of a key, or the command that did it."""
    actor_name: Mapped[str] = mapped_column(BoundedString(120))
    action: Mapped[str] = mapped_column(BoundedString(40))
    type: Mapped[str] = mapped_column(BoundedString(24))
    record_id: Mapped[int | None]
    slug: Mapped[str | None] = mapped_column(BoundedString(120))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    request_id: Mapped[str | None] = mapped_column(BoundedString(36))

    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "actor", "at", "id"),
        Index(None, "type", "slug", "at", "id"),
    )


def get_record_type(model: type[VersionedRecord]) -> RecordType:
    """The kind of record that `model` holds."""
    return RecordType(model.__name__.lower())


@listens_for(VersionedRecord, "after_insert", propagate=True)
@listens_for(VersionedRecord, "after_delete", propagate=True)
def _record_change(_mapper: Mapper[Any], connection: Connection, record: VersionedRecord) -> None:
    # What editors do with an article that the public does not see is nobody's business.
    if not isinstance(record, Article) or _is_public(record) or _was_public(record):
        kind = get_record_type(type(record))
        connection.execute(insert(RecordChange).values(type=kind, record_id=record.id))


def _is_public(article: Article) -> bool:
    return article.announced and article.state == ArticleState.PUBLISHED


def _was_public(article: Article) -> bool:
    attributes = inspect(article).attrs
    announced, state = (
        attributes[name].history.deleted or [getattr(article, name)]
        for name in ("announced", "state")
    )
    return bool(announced[0]) and state[0] == ArticleState.PUBLISHED


@listens_for(VersionedRecord, "after_update", propagate=True)
def _record_update(mapper: Mapper[Any], connection: Connection, record: VersionedRecord) -> None:
    session = object_session(record)
    if session is None or not session.is_modified(record, include_collections=False):
        return  # named as changed, but the same: nothing was written
    _record_change(mapper, connection, record)
    if renamed := inspect(record).attrs.slug.history.deleted:
        kind = get_record_type(type(record))
        taken = FormerSlug.slug.in_([record.slug, *renamed])
        connection.execute(delete(FormerSlug).where(FormerSlug.type == kind, taken))
        former = {"type": kind, "slug": renamed[0], "record_id": record.id}
        connection.execute(insert(FormerSlug).values(former))
        _record_referrer_changes(connection, record)


SLUG_REFERENCES: dict[type[VersionedRecord], tuple[tuple[RecordType, Any, Any], ...]] = {
    Article: ((RecordType.MISSION, Mission.id, Mission.featured_article_id),),
    Mission: ((RecordType.ARTICLE, ArticleMission.article_id, ArticleMission.mission_id),),
    Person: (
        (RecordType.ARTICLE, ArticlePerson.article_id, ArticlePerson.person_id),
        (RecordType.MISSION, CrewAssignment.mission_id, CrewAssignment.person_id),
        (RecordType.LAUNCH, Flight.launch_id, Flight.person_id),
    ),
    Launch: (
        (RecordType.ARTICLE, ArticleLaunch.article_id, ArticleLaunch.launch_id),
        (RecordType.MISSION, MissionLaunch.mission_id, MissionLaunch.launch_id),
        (RecordType.LAUNCH, Flight.launch_id, Flight.landed_with_id),
    ),
}
"""What names a record by its slug: the type, its id, and where the id of the record stands."""


def _record_referrer_changes(connection: Connection, record: VersionedRecord) -> None:
    """Note that those have changed who name `record` by its slug."""
    for kind, id_, named in SLUG_REFERENCES[type(record)]:
        found = select(literal(kind), id_, literal(now(), UTCDateTime())).where(named == record.id)
        if kind is RecordType.ARTICLE:
            # Whoever is publishing one of them has done so, or waits until this is committed.
            concerned = select(Article.id).join(named.class_, id_ == Article.id)
            concerned = concerned.where(named == record.id).order_by(Article.id)
            connection.execute(concerned.with_for_update(read=True, of=Article))
            found = found.join(Article, Article.id == id_).where(
                Article.announced, Article.state == ArticleState.PUBLISHED
            )
        columns = ["type", "record_id", "changed_at"]
        connection.execute(insert(RecordChange).from_select(columns, found.distinct()))


@listens_for(VersionedRecord, "before_delete", propagate=True)
def _record_referrers_before_delete(
    mapper: Mapper[Any], connection: Connection, record: VersionedRecord
) -> None:
    # Locked, so that no other transaction makes something name it that would not be noted.
    itself = mapper.local_table.c.id == record.id
    connection.execute(select(mapper.local_table.c.id).where(itself).with_for_update())
    _record_referrer_changes(connection, record)


@listens_for(VersionedRecord, "after_delete", propagate=True)
def _write_slug_tombstone(
    _mapper: Mapper[Any], connection: Connection, record: VersionedRecord
) -> None:
    kind = get_record_type(type(record))
    own = FormerSlug.type == kind
    connection.execute(delete(FormerSlug).where(own, FormerSlug.slug == record.slug))
    led_here = own, FormerSlug.record_id == record.id
    connection.execute(update(FormerSlug).where(*led_here).values(record_id=None))
    connection.execute(insert(FormerSlug).values(type=kind, slug=record.slug, record_id=None))
