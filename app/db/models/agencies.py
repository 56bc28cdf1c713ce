"""Space agencies and companies, and the names that they are found by."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, VersionedRecord
from app.db.types import BoundedString, enum_type
from app.domain.dates import Precision, first_day
from app.domain.enums import AgencyKind, RecordType
from app.domain.labels import RecordLabel
from app.domain.text import fold, slugify

MAX_AGENCY_NAME_CHARS = 120
_MAX_KEY_CHARS = 120


def agency_key(name: str) -> str:
    """Key that an agency is found by, the same for a name in any case: `esa` for `ESA`."""
    return slugify(name, _MAX_KEY_CHARS)


def agency_keys(names: Iterable[str | None]) -> list[str]:
    """The different keys of `names`, in their order; none for a name without letters or digits."""
    return list(dict.fromkeys(key for name in names if name and (key := agency_key(name))))


class Agency(VersionedRecord, Base):
    """Space agency, company or institute that people fly for, or that operates or owns a part."""

    __tablename__ = "agencies"
    record_type = RecordType.AGENCY
    label = RecordLabel("agency", "агентство", "агентства", "agencies", "roscosmos")
    shown_columns = ("slug", "name")

    name: Mapped[str] = mapped_column(BoundedString(MAX_AGENCY_NAME_CHARS))
    """Name in common use, by which other records show the agency."""
    full_name: Mapped[str | None] = mapped_column(BoundedString(120))
    name_ru: Mapped[str | None] = mapped_column(BoundedString(120))
    name_native: Mapped[str | None] = mapped_column(BoundedString(120))
    abbreviation: Mapped[str | None] = mapped_column(BoundedString(20))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    kind: Mapped[AgencyKind | None] = mapped_column(enum_type(AgencyKind), index=True)
    country: Mapped[str | None] = mapped_column(BoundedString(2), index=True)
    founded_on: Mapped[date | None]
    """First day of the period that `founded_on_precision` gives."""
    founded_on_precision: Mapped[Precision | None] = mapped_column(enum_type(Precision))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    website: Mapped[str | None] = mapped_column(BoundedString(300))
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON, default=list)
    name_key: Mapped[str] = mapped_column(BoundedString(MAX_AGENCY_NAME_CHARS))

    __table_args__ = (Index(None, "name_key", "id"),)

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:MAX_AGENCY_NAME_CHARS]
        self.founded_on = first_day(self.founded_on, self.founded_on_precision)

    def list_keys(self) -> list[str]:
        """The keys of its slug and of all its names."""
        names = (self.name, self.full_name, self.abbreviation, self.name_ru, self.name_native)
        return agency_keys([self.slug, *names, *self.aliases])


class AgencyName(Base):
    """Key of a name of an agency: `nasa`, `natsionalnoe-upravlenie-po-aeronavtike` …"""

    __tablename__ = "agency_names"

    record_type = RecordType.AGENCY
    record_key = "agency_id"

    key: Mapped[str] = mapped_column(BoundedString(_MAX_KEY_CHARS), primary_key=True)
    agency_id: Mapped[int] = mapped_column(
        ForeignKey("agencies.id", ondelete="CASCADE"), index=True
    )
