"""Webhooks: subscriptions to changes."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import now


class Webhook(Base):
    """Webhook: URL, and position of the last change delivered or skipped.

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
    """Position of the last change delivered or skipped for its type, with `told_transaction_id`."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Attempts to deliver the next change."""
    next_attempt_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the lease of the process that delivers to it."""
    last_attempt_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(BoundedString(300))

    __table_args__ = (Index(None, "enabled", "next_attempt_at"),)


class WebhookDelivery(Base):
    """One attempt to deliver a message to a webhook, or a message to send once on request.

    A requested message has no `attempted_at` until it is sent. `seq` is the change that the message
    announces; null for a test. Texts are shortened to their columns.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(BoundedString(80))
    message_type: Mapped[str] = mapped_column(BoundedString(60))
    seq: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    attempted_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    next_attempt_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    request_url: Mapped[str | None] = mapped_column(BoundedString(2000))
    request_headers: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    request_body: Mapped[str | None] = mapped_column(BoundedString(20_000))
    response_status: Mapped[int | None]
    response_body: Mapped[str | None] = mapped_column(BoundedString(2000))
    duration_ms: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(BoundedString(300))

    __table_args__ = (Index(None, "webhook_id", "attempted_at", "id"),)
