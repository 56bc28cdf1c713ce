"""Missions (expeditions to the station), their tasks, crews and launches."""

import re
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
    utc_day_bounds,
)
from app.domain.enums import CrewRole, LaunchRelation, RecordType
from app.domain.labels import RecordLabel
from app.domain.text import slugify

_NUMBER_PATTERN = re.compile(
    "((expedition|exp|ekspeditsiya|eksp|mks)-?)?0{0,3}(?P<number>[1-9][0-9]{0,3})"
)


def mission_number(name: str) -> int | None:
    """Number of a mission that is named by it: 59 for `59`, `Expedition 59` and `МКС-59`."""
    match = _NUMBER_PATTERN.fullmatch(slugify(name))
    return int(match["number"]) if match else None


class Mission(IllustratedRecord, Base):
    """Expedition, from `starts_at` until before `ends_at`; null if it has not ended."""

    __tablename__ = "missions"
    record_type = RecordType.MISSION
    label = RecordLabel("mission", "экспедиция", "экспедиции", "missions", "iss-59")

    number: Mapped[int] = mapped_column(unique=True)
    station: Mapped[str] = mapped_column(BoundedString(40))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime())
    starts_at_precision: Mapped[Precision] = mapped_column(enum_type(Precision))
    starts_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`."""
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    ends_at_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    ends_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    ends_sort_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """See `app.domain.dates.sort_instant`; without an end, `NEVER_SORT_AT`."""
    summary: Mapped[str] = mapped_column(BoundedString(2000))
    summary_ru: Mapped[str | None] = mapped_column(BoundedString(2000))
    alternative_names: Mapped[list[str]] = mapped_column(JSON)
    featured_article_id: Mapped[int | None] = mapped_column(
        ForeignKey("articles.id", ondelete="SET NULL"), index=True
    )
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)

    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 9999", name="number_bounds"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_after_start"),
        Index(None, "starts_sort_at", "number"),
        Index(None, "ends_until"),
        Index(None, "ends_sort_at", "number"),
    )

    def compute_columns(self) -> None:
        self.starts_at = period_start(self.starts_at, self.starts_at_precision)
        self.starts_sort_at = sort_instant(self.starts_at, self.starts_at_precision)
        if self.ends_at is not None and self.ends_at_precision is not None:
            self.ends_at, self.ends_until = period_bounds(self.ends_at, self.ends_at_precision)
            self.ends_sort_at = sort_instant(self.ends_at, self.ends_at_precision)
        else:
            self.ends_at = self.ends_at_precision = self.ends_until = None
            self.ends_sort_at = NEVER_SORT_AT


class MissionAlias(Base):
    """Alias of a mission's slug, such as `expedition-59` of `iss-59`."""

    __tablename__ = "mission_aliases"

    record_type = RecordType.MISSION
    record_key = "mission_id"

    slug: Mapped[str] = mapped_column(BoundedString(120), primary_key=True)
    mission_id: Mapped[int] = mapped_column(
        ForeignKey("missions.id", ondelete="CASCADE"), index=True
    )


class MissionTask(Base):
    """Main task of a mission. `derived`: generated from its launches, crews and spacewalks."""

    __tablename__ = "mission_tasks"

    record_type = RecordType.MISSION
    record_key = "mission_id"
    searchable = True

    mission_id: Mapped[int] = mapped_column(
        ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(BoundedString(500))
    text_ru: Mapped[str | None] = mapped_column(BoundedString(500))
    derived: Mapped[bool]


class CrewAssignment(Base):
    """Role of a person in a mission, from `from_on` to `to_on`; null for all of the mission."""

    __tablename__ = "crew_assignments"

    record_type = RecordType.MISSION
    record_key = "mission_id"
    searchable = True

    id: Mapped[int] = mapped_column(primary_key=True)
    mission_id: Mapped[int] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    flight_id: Mapped[int | None] = mapped_column(
        ForeignKey("flights.id", ondelete="SET NULL"), index=True
    )
    role: Mapped[CrewRole] = mapped_column(enum_type(CrewRole))
    position: Mapped[str | None] = mapped_column(BoundedString(12))
    ordinal: Mapped[int]
    credited_as: Mapped[str | None] = mapped_column(BoundedString(120))
    from_on: Mapped[date | None]
    from_sort_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    """Sort key of `from_on`; see `app.domain.dates.sort_instant`."""
    to_on: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("mission_id", "ordinal"),
        CheckConstraint("to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name="interval"),
        Index(None, "person_id", "mission_id"),
        Index(None, "role", "mission_id"),
        Index(None, "role", "from_sort_at", "id"),
    )

    def compute_columns(self) -> None:
        self.from_sort_at = None
        if self.from_on is not None:
            self.from_sort_at = sort_instant(utc_day_bounds(self.from_on)[0], Precision.DAY)


class MissionLaunch(Base):
    """Launch that served a mission, and its purpose."""

    __tablename__ = "mission_launches"

    record_type = RecordType.MISSION
    record_key = "mission_id"

    mission_id: Mapped[int] = mapped_column(
        ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True
    )
    launch_id: Mapped[int] = mapped_column(
        ForeignKey("launches.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    relation: Mapped[LaunchRelation] = mapped_column(enum_type(LaunchRelation), primary_key=True)
