"""Records of writes: changes, former slugs, restored backups, and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.functions import CurrentTransactionId
from app.db.models.base import WITHOUT_CHECK, Base
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import now
from app.domain.enums import RecordType


class RecordChange(Base):
    """A change of a public record: saved or deleted. Its content is in its own table.

    `transaction_id` is that of the writer on PostgreSQL, where `seq` is assigned before the commit
    and does not tell the order of commits. SQLite has one writer at a time; there it is 0.
    """

    __tablename__ = "changes"

    seq: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(BigInteger, server_default=CurrentTransactionId())
    type: Mapped[RecordType] = mapped_column(enum_type(RecordType), info=WITHOUT_CHECK)
    record_id: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)

    __table_args__ = (
        Index(None, "transaction_id", "seq"),
        Index(None, "changed_at"),
        {"sqlite_autoincrement": True},
    )


class Restoration(Base):
    """A restored backup; copies of the archive made before it must restart."""

    __tablename__ = "restorations"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)


class FormerSlug(Base):
    """Former slug of a record: a redirect, or a tombstone (`record_id` null) after deletion."""

    __tablename__ = "former_slugs"

    type: Mapped[RecordType] = mapped_column(
        enum_type(RecordType), primary_key=True, info=WITHOUT_CHECK
    )
    slug: Mapped[str] = mapped_column(BoundedString(120), primary_key=True)
    record_id: Mapped[int | None]

    __table_args__ = (Index(None, "type", "record_id"),)


class AuditEntry(Base):
    """Entry of the audit log, which is append-only: triggers refuse UPDATE and DELETE.

    They only allow that values are taken out of `before` and `after`, and named in `redacted`.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    actor: Mapped[str] = mapped_column(BoundedString(120))
    """Id of an API key, or name of a command."""
    actor_name: Mapped[str] = mapped_column(BoundedString(120))
    action: Mapped[str] = mapped_column(BoundedString(40))
    type: Mapped[str] = mapped_column(BoundedString(24))
    record_id: Mapped[int | None]
    slug: Mapped[str | None] = mapped_column(BoundedString(120))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    request_id: Mapped[str | None] = mapped_column(BoundedString(36))
    redacted: Mapped[dict[str, list[str]] | None] = mapped_column(JSON(none_as_null=True))
    """Paths of the fields that `before` and `after` have lost."""

    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "actor", "at", "id"),
        Index(None, "type", "slug", "at", "id"),
        Index(None, "type", "record_id", "id"),
        Index(
            "ix_audit_entries_deletions",
            "at",
            "id",
            sqlite_where=text("action = 'delete'"),
            postgresql_where=text("action = 'delete'"),
        ),
    )
