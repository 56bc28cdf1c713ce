"""Feed sources that are polled, and the hosts that they are fetched from."""

from datetime import datetime

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import now
from app.domain.enums import SourceFormat


class FeedSource(Base):
    """Feed source: URL, polling interval, and result of the last poll."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(BoundedString(120))
    address: Mapped[str] = mapped_column(BoundedString(2000), unique=True)
    format: Mapped[SourceFormat] = mapped_column(enum_type(SourceFormat))
    trusted: Mapped[bool]
    pictures: Mapped[bool | None]
    """Pictures of its entries are fetched; null: if it is trusted."""
    language: Mapped[str | None] = mapped_column(BoundedString(3))
    every_minutes: Mapped[int]
    requests_per_hour: Mapped[int | None]
    covers: Mapped[list[str]] = mapped_column(JSON, default=list)
    enabled: Mapped[bool]
    disabled_reason: Mapped[str | None] = mapped_column(BoundedString(300))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    version: Mapped[int] = mapped_column(default=1)
    etag: Mapped[str | None] = mapped_column(BoundedString(300))
    last_modified: Mapped[str | None] = mapped_column(BoundedString(100))
    next_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the lease of the process that polls it."""
    failures: Mapped[int] = mapped_column(default=0)
    """Failed polls since the last successful one."""
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    last_error: Mapped[str | None] = mapped_column(BoundedString(300))
    last_report: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))
    """Counts of the last import."""

    next_page: Mapped[str | None] = mapped_column(BoundedString(2000))
    """URL of the page that the next poll continues with."""
    look_started_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """Time of the first page of a look that is not finished; null if one of its entries failed."""
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """Start of the last complete look: all pages were read, and all entries imported."""

    __table_args__ = (Index(None, "enabled", "next_at"),)


class SourceHost(Base):
    """Host that sources are fetched from, with the requests of the last hour."""

    __tablename__ = "source_hosts"

    host: Mapped[str] = mapped_column(BoundedString(255), primary_key=True)
    requested_at: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Times of the requests, oldest first, in seconds since 1970."""
    blocked_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the time that the host asked to wait (429 with `Retry-After`)."""
