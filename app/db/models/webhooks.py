"""Webhooks: subscriptions to changes."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import now


class Webhook(Base):
    """Webhook: URL, and position of the last change delivered.

    The table `changes` is the outbox: a change is recorded in the transaction of the write, so that
    each committed write is delivered even if a process dies. `secret` is stored in clear because it
    signs the messages.
    """

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(BoundedString(2000))
    description: Mapped[str | None] = mapped_column(BoundedString(300))
    types: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(BoundedString(80))
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(BoundedString(300))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now, onupdate=now)
    version: Mapped[int] = mapped_column(default=1)
    told_transaction_id: Mapped[int] = mapped_column(BigInteger)
    told_seq: Mapped[int]
    """Position of the last change delivered, with `told_transaction_id`."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Attempts to deliver the next change."""
    next_attempt_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the lease of the process that delivers to it."""
    last_attempt_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(BoundedString(300))

    __table_args__ = (Index(None, "enabled", "next_attempt_at"),)
