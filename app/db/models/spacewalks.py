"""Spacewalks and the people who made them."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import Precision, period_bounds, period_start, sort_instant
from app.domain.enums import RecordType, SpacewalkRole
from app.domain.labels import RecordLabel


class Spacewalk(VersionedRecord, Base):
    """Spacewalk from the station, or from a ship at the station."""

    __tablename__ = "spacewalks"
    record_type = RecordType.SPACEWALK
    label = RecordLabel(
        "spacewalk",
        "выход в открытый космос",
        "выхода в открытый космос",
        "spacewalks",
        "spacewalk-54",
    )

    number: Mapped[int | None] = mapped_column(unique=True)
    """Number in the order of time; null before it is made."""
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime())
    starts_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    starts_at_uncertain: Mapped[bool] = mapped_column(default=False)
    starts_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    ends_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    ends_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the period that `ends_at` starts."""
    duration_seconds: Mapped[int | None]
    duration_sort_seconds: Mapped[int]
    """Sort key: `duration_seconds`, or 0 if it is not known."""
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"))
    """Space agency whose suits and airlock were used."""
    airlock_id: Mapped[int | None] = mapped_column(
        ForeignKey("modules.id", ondelete="SET NULL"), index=True
    )
    mission_id: Mapped[int | None] = mapped_column(ForeignKey("missions.id", ondelete="SET NULL"))
    purpose: Mapped[str | None] = mapped_column(BoundedString(1000))
    purpose_ru: Mapped[str | None] = mapped_column(BoundedString(1000))
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)

    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 9999", name="number_bounds"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="interval"),
        CheckConstraint("duration_seconds BETWEEN 1 AND 86400", name="duration_bounds"),
        Index(None, "starts_sort_at", "id"),
        Index(None, "duration_sort_seconds", "id"),
        Index(None, "operator_id", "starts_sort_at", "id"),
        Index(None, "mission_id", "starts_sort_at", "id"),
    )

    def compute_columns(self) -> None:
        self.starts_at = period_start(self.starts_at, self.starts_at_precision)
        self.starts_sort_at = sort_instant(self.starts_at, self.starts_at_precision)
        self.duration_sort_seconds = self.duration_seconds or 0
        if self.ends_at is not None and self.ends_at_precision is not None:
            self.ends_at, self.ends_until = period_bounds(self.ends_at, self.ends_at_precision)
        else:
            self.ends_at = self.ends_at_precision = self.ends_until = None


class SpacewalkMember(Base):
    """Person in a spacewalk."""

    __tablename__ = "spacewalk_members"

    record_type = RecordType.SPACEWALK
    record_key = "spacewalk_id"
    searchable = True

    id: Mapped[int] = mapped_column(primary_key=True)
    spacewalk_id: Mapped[int] = mapped_column(ForeignKey("spacewalks.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    role: Mapped[SpacewalkRole] = mapped_column(enum_type(SpacewalkRole))

    __table_args__ = (
        UniqueConstraint("spacewalk_id", "person_id"),
        Index(None, "person_id", "spacewalk_id"),
    )
