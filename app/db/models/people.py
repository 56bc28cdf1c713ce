"""People and their flights."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import Precision, period_bounds
from app.domain.enums import RecordType, ShipRole
from app.domain.labels import RecordLabel
from app.domain.text import fold, slugify

MAX_AGENCY_SLUG_CHARS = 60


def agency_slug(name: str) -> str:
    """Slug of a space agency."""
    return slugify(name, MAX_AGENCY_SLUG_CHARS)


class Person(VersionedRecord, Base):
    """Person who flew to the station, or was launched to it."""

    __tablename__ = "people"
    record_type = RecordType.PERSON
    label = RecordLabel("person", "человека", "people", "anne-mcclain")

    name: Mapped[str] = mapped_column(BoundedString(120))
    name_ru: Mapped[str | None] = mapped_column(BoundedString(120))
    name_native: Mapped[str | None] = mapped_column(BoundedString(120))
    agency: Mapped[str | None] = mapped_column(BoundedString(60))
    agency_slug: Mapped[str | None] = mapped_column(
        BoundedString(MAX_AGENCY_SLUG_CHARS), index=True
    )
    nationality: Mapped[str | None] = mapped_column(BoundedString(2), index=True)
    born_on: Mapped[date | None]
    aliases: Mapped[list[str]] = mapped_column(JSON)
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)
    name_key: Mapped[str] = mapped_column(BoundedString(120))
    spacewalks_count: Mapped[int] = mapped_column(default=0)
    """Kept by `app.db.tracking.spacewalk_totals`, like `spacewalk_seconds`."""
    spacewalk_seconds: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(None, "name_key", "id"),
        Index(None, "spacewalks_count", "id"),
        Index(None, "spacewalk_seconds", "id"),
    )

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:120]
        self.agency_slug = agency_slug(self.agency) if self.agency else None


class Flight(Base):
    """Flight of a person: up with one launch, down with the ship of the same launch or another.

    `landed_with_id` is the launch of the ship for the return. It and `landed_at` are null while the
    person is in space.
    """

    __tablename__ = "flights"

    record_type = RecordType.LAUNCH
    record_key = "launch_id"
    searchable = True

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    launch_id: Mapped[int] = mapped_column(ForeignKey("launches.id", ondelete="CASCADE"))
    role: Mapped[ShipRole] = mapped_column(enum_type(ShipRole))
    agency: Mapped[str | None] = mapped_column(BoundedString(60))
    """Agency that the person flew for, or null if it is the agency of the person."""
    ordinal: Mapped[int]
    landed_with_id: Mapped[int | None] = mapped_column(
        ForeignKey("launches.id", ondelete="SET NULL"), index=True
    )
    landed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    landed_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    landed_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the period that `landed_at` starts."""

    __table_args__ = (
        UniqueConstraint("person_id", "launch_id"),
        Index(None, "launch_id", "ordinal"),
        Index(None, "landed_until"),
    )

    def compute_columns(self) -> None:
        if self.landed_at is not None and self.landed_at_precision is not None:
            self.landed_at, self.landed_until = period_bounds(
                self.landed_at, self.landed_at_precision
            )
        else:
            self.landed_at = self.landed_at_precision = self.landed_until = None
