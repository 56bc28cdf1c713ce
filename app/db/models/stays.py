"""Stays of ships at the ports of the station."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.types import UTCDateTime, enum_type
from app.domain.dates import NEVER_SORT_AT, Precision, period_bounds, period_start, sort_instant
from app.domain.enums import ArrivalKind, RecordType
from app.domain.labels import RecordLabel


class Stay(VersionedRecord, Base):
    """Stay of the main spacecraft of a launch at a port; a relocation starts the next one.

    `departed_at` is null while the ship is there.
    """

    __tablename__ = "stays"
    record_type = RecordType.STAY
    label = RecordLabel("stay", "стоянка", "стоянки", "stays", "progress-ms-11-pirs-nadir")

    launch_id: Mapped[int] = mapped_column(ForeignKey("launches.id", ondelete="CASCADE"))
    port_id: Mapped[int] = mapped_column(ForeignKey("ports.id"))
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime())
    arrived_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    arrived_at_uncertain: Mapped[bool] = mapped_column(default=False)
    arrived_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    arrival_kind: Mapped[ArrivalKind] = mapped_column(enum_type(ArrivalKind))
    departed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    departed_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    departed_at_uncertain: Mapped[bool] = mapped_column(default=False)
    departed_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`; without a departure, `NEVER_SORT_AT`."""
    departed_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the period that `departed_at` starts."""
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)

    __table_args__ = (
        CheckConstraint("departed_until > arrived_at", name="interval"),
        Index(None, "arrived_sort_at", "id"),
        Index(None, "arrival_kind", "arrived_sort_at", "id"),
        # With the times, for counting the stays during each mission.
        Index(None, "departed_sort_at", "id", "arrived_at", "departed_at"),
        Index(None, "departed_until"),
        Index(None, "launch_id", "arrived_sort_at", "id"),
        Index(None, "port_id", "arrived_sort_at", "id"),
        Index(None, "port_id", "departed_sort_at", "id"),
    )

    def compute_columns(self) -> None:
        self.arrived_at = period_start(self.arrived_at, self.arrived_at_precision)
        self.arrived_sort_at = sort_instant(self.arrived_at, self.arrived_at_precision)
        if self.departed_at is not None and self.departed_at_precision is not None:
            self.departed_at, self.departed_until = period_bounds(
                self.departed_at, self.departed_at_precision
            )
            self.departed_sort_at = sort_instant(self.departed_at, self.departed_at_precision)
        else:
            self.departed_at = self.departed_at_precision = None
            self.departed_until = None
            self.departed_sort_at = NEVER_SORT_AT
