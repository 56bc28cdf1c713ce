"""API keys, and the stored responses of requests with an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import now


class ApiKey(Base):
    """API key. Only the SHA-256 of its secret is stored: 190 random bits need no slower hash.

    A person who signs in with OpenID has one whose secret nobody has: only sessions use it.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(BoundedString(8), primary_key=True)
    """Public part of the key, in lists and in the audit log."""
    name: Mapped[str] = mapped_column(BoundedString(120))
    secret_sha256: Mapped[str] = mapped_column(BoundedString(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    """Empty if the key has a role."""
    role: Mapped[str | None] = mapped_column(BoundedString(24))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    openid_issuer: Mapped[str | None] = mapped_column(BoundedString(300))
    openid_subject: Mapped[str | None] = mapped_column(BoundedString(255))
    """Subject of the person at the issuer."""

    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "openid_issuer", "openid_subject", unique=True),
    )


class IdempotentResponse(Base):
    """Response to a request with an Idempotency-Key, to replay it."""

    __tablename__ = "kept_answers"

    caller: Mapped[str] = mapped_column(BoundedString(8), primary_key=True)
    key: Mapped[str] = mapped_column(BoundedString(255), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(BoundedString(64))
    """SHA-256 of method, path, query and body."""
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[str | None] = mapped_column(BoundedString(2_000_000))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now, index=True)
