"""People and their flights."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.models.media import IllustratedRecord
from app.db.types import BoundedString, UTCDateTime, enum_type
from app.domain.dates import Precision, first_day, period_bounds
from app.domain.enums import RecordType, Sex, ShipRole
from app.domain.labels import RecordLabel
from app.domain.text import fold


class Person(IllustratedRecord, Base):
    """Person who flew to the station, or was launched to it."""

    __tablename__ = "people"
    record_type = RecordType.PERSON
    label = RecordLabel("person", "человек", "человека", "people", "anne-mcclain")

    name: Mapped[str] = mapped_column(BoundedString(120))
    name_ru: Mapped[str | None] = mapped_column(BoundedString(120))
    name_native: Mapped[str | None] = mapped_column(BoundedString(120))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    nationality: Mapped[str | None] = mapped_column(BoundedString(2), index=True)
    """The first of its `PersonNationality` rows."""
    born_on: Mapped[date | None]
    """First day of the period that `born_on_precision` gives, like `died_on`."""
    born_on_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    died_on: Mapped[date | None]
    died_on_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    birth_country: Mapped[str | None] = mapped_column(BoundedString(2))
    sex: Mapped[Sex | None] = mapped_column(enum_type(Sex))
    wikidata_id: Mapped[str | None] = mapped_column(BoundedString(12))
    wikipedia: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """Articles of Wikipedia, each with `language` and `url`."""
    biography: Mapped[str | None] = mapped_column(BoundedString(5000))
    biography_ru: Mapped[str | None] = mapped_column(BoundedString(5000))
    aliases: Mapped[list[str]] = mapped_column(JSON)
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)
    name_key: Mapped[str] = mapped_column(BoundedString(120))
    spacewalks_count: Mapped[int] = mapped_column(default=0)
    """Kept by `app.db.tracking.person_totals`, like the three totals below."""
    spacewalk_seconds: Mapped[int] = mapped_column(default=0)
    flights_count: Mapped[int] = mapped_column(default=0)
    flight_seconds: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(None, "name_key", "id"),
        Index(None, "spacewalks_count", "id"),
        Index(None, "spacewalk_seconds", "id"),
        Index(None, "flights_count", "id"),
        Index(None, "flight_seconds", "id"),
        Index(None, "born_on", "id"),
    )

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:120]
        self.born_on = first_day(self.born_on, self.born_on_precision)
        self.died_on = first_day(self.died_on, self.died_on_precision)


class PersonNationality(Base):
    """Nationality of a person."""

    __tablename__ = "person_nationalities"

    record_type = RecordType.PERSON
    record_key = "person_id"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(BoundedString(2))

    __table_args__ = (Index(None, "country", "person_id"),)


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
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
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
