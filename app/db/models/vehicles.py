"""Launch vehicles."""

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.types import BoundedString
from app.domain.enums import RecordType
from app.domain.labels import RecordLabel
from app.domain.text import fold, slugify

_MAX_NAME_CHARS = 80


def vehicle_slug(name: str) -> str:
    """Slug of a launch vehicle, or of a family of them."""
    return slugify(name, _MAX_NAME_CHARS)


def vehicle_key(name: str) -> str:
    """Key of a launch vehicle's name, the same for a name in any case."""
    return fold(name)[:_MAX_NAME_CHARS]


class Vehicle(VersionedRecord, Base):
    """Launch vehicle type, such as Soyuz-2.1a of the family Soyuz."""

    __tablename__ = "vehicles"
    record_type = RecordType.VEHICLE
    label = RecordLabel("vehicle", "ракета-носитель", "ракеты-носителя", "vehicles", "soyuz-2-1a")
    shown_columns = ("slug", "name", "family")

    name: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS))
    name_key: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS), unique=True)
    """See `vehicle_key`."""
    family: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS))
    family_slug: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS), index=True)
    variant: Mapped[str | None] = mapped_column(BoundedString(40))
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    """Agency or company that makes it."""
    stages: Mapped[int | None]
    height_m: Mapped[float | None]
    diameter_m: Mapped[float | None]
    mass_kg: Mapped[int | None]
    """Mass at lift-off."""
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON, default=list)

    __table_args__ = (Index(None, "name_key", "id"),)

    def compute_columns(self) -> None:
        self.name_key, self.family_slug = vehicle_key(self.name), vehicle_slug(self.family)
