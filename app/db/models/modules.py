"""Modules of the station, their ports, and the places where they were attached."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.models.media import IllustratedRecord
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import (
    NEVER_SORT_AT,
    Precision,
    period_bounds,
    period_start,
    sort_instant,
)
from app.domain.enums import ModuleKind, PortDirection, RecordType
from app.domain.labels import RecordLabel
from app.domain.text import fold


def first_attachment_sort_at(dates: Iterable[tuple[datetime, Precision]]) -> datetime:
    """Sort key of a module whose attachments began at `dates`; `NEVER_SORT_AT` without any."""
    return next((sort_instant(at, precision) for at, precision in dates), NEVER_SORT_AT)


class Module(IllustratedRecord, Base):
    """Element of the station: a module, a node, a truss segment, an adapter, a platform …"""

    __tablename__ = "modules"
    record_type = RecordType.MODULE
    label = RecordLabel("module", "модуль", "модуля", "modules", "zvezda")

    name: Mapped[str] = mapped_column(BoundedString(120))
    name_ru: Mapped[str | None] = mapped_column(BoundedString(120))
    name_key: Mapped[str] = mapped_column(BoundedString(120))
    kind: Mapped[ModuleKind] = mapped_column(enum_type(ModuleKind), index=True)
    length_m: Mapped[float | None]
    diameter_m: Mapped[float | None]
    mass_kg: Mapped[int | None]
    """Mass at launch."""
    assembly_flight: Mapped[str | None] = mapped_column(BoundedString(12))
    launch_id: Mapped[int | None] = mapped_column(
        ForeignKey("launches.id", ondelete="SET NULL"), index=True
    )
    attached_sort_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=NEVER_SORT_AT)
    """See `first_attachment_sort_at`."""
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)

    __table_args__ = (Index(None, "name_key", "id"), Index(None, "attached_sort_at", "id"))

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:120]


class ModuleOwner(Base):
    """Space agency, or company, that owns a module or a part of it."""

    __tablename__ = "module_owners"

    record_type = RecordType.MODULE
    record_key = "module_id"
    searchable = True

    module_id: Mapped[int] = mapped_column(
        ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))

    __table_args__ = (Index(None, "agency_id", "module_id"),)


class Port(Base):
    """Port of a module for ships and other modules, in service between two days."""

    __tablename__ = "ports"

    record_type = RecordType.MODULE
    record_key = "module_id"
    searchable = True

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    slug: Mapped[str] = mapped_column(BoundedString(120), unique=True)
    direction: Mapped[PortDirection] = mapped_column(enum_type(PortDirection))
    in_service_from: Mapped[date | None]
    """First day; null if it has no limit of its own."""
    in_service_until: Mapped[date | None]
    """Last day; null if it has no limit of its own."""

    __table_args__ = (Index(None, "module_id", "ordinal"),)


class ModuleAttachment(Base):
    """Attachment of a module to another one; a relocation ends it and starts the next one.

    The first module of the station is attached to none: its attachment starts with its launch.
    """

    __tablename__ = "module_attachments"

    record_type = RecordType.MODULE
    record_key = "module_id"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    attached_to_id: Mapped[int | None] = mapped_column(
        ForeignKey("modules.id", ondelete="SET NULL"), index=True
    )
    port_id: Mapped[int | None] = mapped_column(
        ForeignKey("ports.id", ondelete="SET NULL"), index=True
    )
    """Port that the module occupies; null if ships never use the place."""
    attached_at: Mapped[datetime] = mapped_column(UTCDateTime())
    attached_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    attached_at_uncertain: Mapped[bool] = mapped_column(default=False)
    attached_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    detached_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    detached_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    detached_at_uncertain: Mapped[bool] = mapped_column(default=False)
    detached_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`; without a detachment, `NEVER_SORT_AT`."""
    detached_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """End of the period that `detached_at` starts."""

    __table_args__ = (
        UniqueConstraint("module_id", "ordinal"),
        CheckConstraint("detached_at IS NULL OR detached_at >= attached_at", name="interval"),
        Index(None, "attached_sort_at", "id"),
        Index(None, "detached_sort_at", "id"),
    )

    def compute_columns(self) -> None:
        self.attached_at = period_start(self.attached_at, self.attached_at_precision)
        self.attached_sort_at = sort_instant(self.attached_at, self.attached_at_precision)
        if self.detached_at is not None and self.detached_at_precision is not None:
            self.detached_at, self.detached_until = period_bounds(
                self.detached_at, self.detached_at_precision
            )
            self.detached_sort_at = sort_instant(self.detached_at, self.detached_at_precision)
        else:
            self.detached_at = self.detached_at_precision = self.detached_until = None
            self.detached_sort_at = NEVER_SORT_AT
