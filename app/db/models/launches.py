"""Launches to the station, with what flew, on what, from where."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, UniqueConstraint, insert, inspect
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session

from app.db.models.base import Base, BoundedString, UTCDateTime, VersionedRecord, enum_type
from app.domain.dates import Precision, now, period_bounds
from app.domain.enums import LaunchStatus, SpacecraftKind
from app.domain.labels import RecordLabel
from app.domain.text import fold, slugify


class Vehicle(Base):
    """A launch vehicle type, such as Soyuz-2.1a of the family Soyuz."""

    __tablename__ = "vehicles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(BoundedString(80), unique=True)
    name: Mapped[str] = mapped_column(BoundedString(80))
    family: Mapped[str] = mapped_column(BoundedString(80))
    family_slug: Mapped[str] = mapped_column(BoundedString(80), index=True)

    def compute_columns(self) -> None:
        self.slug, self.family_slug = slugify(self.name), slugify(self.family)


class Site(Base):
    """A launch site; `code` is the one the General Catalog of Artificial Space Objects uses."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(BoundedString(12), unique=True)
    slug: Mapped[str] = mapped_column(BoundedString(120), unique=True)
    name: Mapped[str] = mapped_column(BoundedString(120))
    country: Mapped[str] = mapped_column(BoundedString(2), index=True)

    def compute_columns(self) -> None:
        self.slug = slugify(self.name)


class Launch(VersionedRecord, Base):
    """One launch. `launch_at` starts a period of `launch_at_precision`; `launch_until` ends it."""

    __tablename__ = "launches"
    label = RecordLabel("launch", "запуска", "launches", "progress-ms-11")

    cospar_id: Mapped[str | None] = mapped_column(BoundedString(12), unique=True)
    status: Mapped[LaunchStatus] = mapped_column(enum_type(LaunchStatus))
    launch_at: Mapped[datetime] = mapped_column(UTCDateTime())
    launch_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    launch_until: Mapped[datetime] = mapped_column(UTCDateTime())
    launch_at_uncertain: Mapped[bool] = mapped_column(default=False)
    window_starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    window_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    pad: Mapped[str | None] = mapped_column(BoundedString(40))
    crewed: Mapped[bool]
    outcome_note: Mapped[str | None] = mapped_column(BoundedString(1000))
    outcome_note_ru: Mapped[str | None] = mapped_column(BoundedString(1000))
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)
    search_text: Mapped[str] = mapped_column(BoundedString(1000))
    """The folded names of vehicle, ships and site: what `q` looks in. Set by `set_search_names`."""

    __table_args__ = (
        Index(None, "launch_at", "id"),
        Index(None, "launch_until"),
        Index(None, "status", "launch_at", "id"),
        Index(None, "vehicle_id", "launch_at", "id"),
        Index(None, "site_id", "launch_at", "id"),
    )

    def compute_columns(self) -> None:
        self.launch_at, self.launch_until = period_bounds(self.launch_at, self.launch_at_precision)

    def set_search_names(self, *names: str | None) -> None:
        """Make the launch findable by `names`: its vehicle, its ships, its site, its pad."""
        self.search_text = "\n".join(fold(name) for name in names if name)[:1000]


class LaunchSlip(Base):
    """That a launch's time or status changed, and why: what it was before, and what it became."""

    __tablename__ = "launch_slips"

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


@listens_for(Launch, "after_update")
def _record_slip(_mapper: Mapper[Any], connection: Connection, launch: Launch) -> None:
    """Note a change of time or status, whoever makes it; its reason is the session's `info`."""
    names = {"status": "status", "launch_at": "at", "launch_at_precision": "at_precision"}
    slip: dict[str, Any] = {}
    for name, kept in names.items():
        history = inspect(launch).attrs[name].history
        slip[f"to_{kept}"] = getattr(launch, name)
        slip[f"from_{kept}"] = history.deleted[0] if history.deleted else getattr(launch, name)
    if any(slip[f"from_{kept}"] != slip[f"to_{kept}"] for kept in names.values()):
        session = object_session(launch)
        reason = session.info.get("reason") if session else None
        slip |= {"launch_id": launch.id, "reason": reason}
        connection.execute(insert(LaunchSlip).values(slip))


class Spacecraft(Base):
    """A ship, module or other thing that a launch carried; the first is the main one."""

    __tablename__ = "spacecraft"

    id: Mapped[int] = mapped_column(primary_key=True)
    launch_id: Mapped[int] = mapped_column(ForeignKey("launches.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    name: Mapped[str] = mapped_column(BoundedString(120))
    slug: Mapped[str] = mapped_column(BoundedString(120))
    kind: Mapped[SpacecraftKind] = mapped_column(enum_type(SpacecraftKind))

    __table_args__ = (
        UniqueConstraint("launch_id", "ordinal"),
        Index(None, "slug", "launch_id"),
        Index(None, "kind", "launch_id"),
    )

    def compute_columns(self) -> None:
        self.slug = slugify(self.name)
