"""Launches, with payloads and history."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.models.media import IllustratedRecord
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import Precision, now, period_start, sort_instant
from app.domain.enums import FlightEndKind, LaunchStatus, RecordType, SpacecraftKind
from app.domain.labels import RecordLabel
from app.domain.text import slugify


class Launch(IllustratedRecord, Base):
    """Launch in the period of `launch_at_precision` that starts at `launch_at`."""

    __tablename__ = "launches"
    record_type = RecordType.LAUNCH
    label = RecordLabel("launch", "запуск", "запуска", "launches", "progress-ms-11")

    cospar_id: Mapped[str | None] = mapped_column(BoundedString(12), unique=True)
    status: Mapped[LaunchStatus] = mapped_column(enum_type(LaunchStatus))
    launch_at: Mapped[datetime] = mapped_column(UTCDateTime())
    launch_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    launch_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    launch_at_uncertain: Mapped[bool] = mapped_column(default=False)
    window_starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    window_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"))
    """Agency or company that launches."""
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    pad_id: Mapped[int | None] = mapped_column(ForeignKey("pads.id"))
    """Pad of the site."""
    crewed: Mapped[bool]
    to_station: Mapped[bool] = mapped_column(default=True)
    """False for a launch that goes elsewhere."""
    outcome_note: Mapped[str | None] = mapped_column(BoundedString(1000))
    outcome_note_ru: Mapped[str | None] = mapped_column(BoundedString(1000))
    probability_percent: Mapped[int | None]
    """Probability of weather that permits the launch."""
    hold_reason: Mapped[str | None] = mapped_column(BoundedString(1000))
    links: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)

    __table_args__ = (
        Index(None, "launch_at"),
        Index(None, "launch_sort_at", "id"),
        Index(None, "status", "launch_sort_at", "id"),
        Index(None, "provider_id", "launch_sort_at", "id"),
        Index(None, "vehicle_id", "launch_sort_at", "id"),
        Index(None, "vehicle_id", "status"),
        Index(None, "site_id", "launch_sort_at", "id"),
        Index(None, "pad_id", "launch_sort_at", "id"),
        CheckConstraint("probability_percent BETWEEN 0 AND 100", name="probability_bounds"),
    )

    def compute_columns(self) -> None:
        self.launch_at = period_start(self.launch_at, self.launch_at_precision)
        self.launch_sort_at = sort_instant(self.launch_at, self.launch_at_precision)


class LaunchSlip(Base):
    """Change of a launch's time or status, with both values and the reason."""

    __tablename__ = "launch_slips"

    record_type = RecordType.LAUNCH
    record_key = "launch_id"

    id: Mapped[int] = mapped_column(primary_key=True)
    launch_id: Mapped[int] = mapped_column(
        ForeignKey("launches.id", ondelete="CASCADE"), index=True
    )
    from_status: Mapped[LaunchStatus] = mapped_column(enum_type(LaunchStatus))
    from_at: Mapped[datetime] = mapped_column(UTCDateTime())
    from_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    to_status: Mapped[LaunchStatus] = mapped_column(enum_type(LaunchStatus))
    to_at: Mapped[datetime] = mapped_column(UTCDateTime())
    to_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    reason: Mapped[str | None] = mapped_column(BoundedString(300))


class Payload(Base):
    """Ship, module or other payload of a launch; the first is the main one."""

    __tablename__ = "payloads"

    record_type = RecordType.LAUNCH
    record_key = "launch_id"
    searchable = True

    id: Mapped[int] = mapped_column(primary_key=True)
    launch_id: Mapped[int] = mapped_column(ForeignKey("launches.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    spacecraft_id: Mapped[int | None] = mapped_column(ForeignKey("spacecraft.id"))
    """Spacecraft whose flight it is."""
    name: Mapped[str] = mapped_column(BoundedString(120))
    slug: Mapped[str] = mapped_column(BoundedString(120))
    kind: Mapped[SpacecraftKind] = mapped_column(enum_type(SpacecraftKind))
    flight_ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    flight_ended_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    flight_ended_sort_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    end_kind: Mapped[FlightEndKind | None] = mapped_column(enum_type(FlightEndKind))

    __table_args__ = (
        UniqueConstraint("launch_id", "ordinal"),
        Index(None, "spacecraft_id", "launch_id"),
        Index(None, "slug", "launch_id"),
        Index(None, "kind", "launch_id"),
        Index(None, "flight_ended_sort_at", "id"),
    )

    def compute_columns(self) -> None:
        self.slug = slugify(self.name)
        if self.flight_ended_at is not None and self.flight_ended_at_precision is not None:
            precision = self.flight_ended_at_precision
            self.flight_ended_at = period_start(self.flight_ended_at, precision)
            self.flight_ended_sort_at = sort_instant(self.flight_ended_at, precision)
        else:
            self.flight_ended_at = self.flight_ended_at_precision = None
            self.flight_ended_sort_at = None
