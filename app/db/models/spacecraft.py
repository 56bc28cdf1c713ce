"""Spacecraft, which fly once or several times, and their types."""

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.models.media import IllustratedRecord
from app.db.types import BoundedString, enum_type
from app.domain.enums import RecordType, SpacecraftKind
from app.domain.labels import RecordLabel
from app.domain.text import fold

_MAX_NAME_CHARS = 120


class SpacecraftType(VersionedRecord, Base):
    """Type of spacecraft, such as Soyuz MS."""

    __tablename__ = "spacecraft_types"
    record_type = RecordType.SPACECRAFT_TYPE
    label = RecordLabel(
        "spacecraft type", "тип кораблей", "типа кораблей", "spacecraft-types", "soyuz-ms"
    )

    name: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS))
    name_key: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS))
    kind: Mapped[SpacecraftKind] = mapped_column(enum_type(SpacecraftKind), index=True)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    """Agency or company that makes them."""
    crewed: Mapped[bool]
    """True if the type can carry a crew."""
    crew_capacity: Mapped[int | None]
    height_m: Mapped[float | None]
    diameter_m: Mapped[float | None]
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON, default=list)

    __table_args__ = (Index(None, "name_key", "id"),)

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:_MAX_NAME_CHARS]


class Spacecraft(IllustratedRecord, Base):
    """Spacecraft of one or more flights; each of them is a `Payload` of its launch."""

    __tablename__ = "spacecraft"
    record_type = RecordType.SPACECRAFT
    label = RecordLabel("spacecraft", "корабль", "корабля", "spacecraft", "dragon-endeavour")

    name: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS))
    name_key: Mapped[str] = mapped_column(BoundedString(_MAX_NAME_CHARS))
    type_id: Mapped[int] = mapped_column(ForeignKey("spacecraft_types.id"))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    """Agency or company that operates it."""
    serial: Mapped[str | None] = mapped_column(BoundedString(40))
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON, default=list)

    __table_args__ = (Index(None, "name_key", "id"), Index(None, "type_id", "name_key", "id"))

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:_MAX_NAME_CHARS]
