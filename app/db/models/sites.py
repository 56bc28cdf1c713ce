"""Launch sites and their pads."""

from collections.abc import Iterable

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.models.media import IllustratedRecord
from app.db.types import BoundedString
from app.domain.enums import RecordType
from app.domain.labels import RecordLabel
from app.domain.text import fold, slugify

_LATITUDE_RULE = "latitude BETWEEN -90 AND 90"
_LONGITUDE_RULE = "longitude BETWEEN -180 AND 180"


def name_slugs(names: Iterable[str | None]) -> list[str]:
    """Slugs of names, codes and aliases, sorted, by which a reference finds a site or a pad."""
    return sorted({slug for name in names if name and (slug := slugify(name))})


class Site(IllustratedRecord, Base):
    """Launch site; `code` is that of the General Catalog of Artificial Space Objects."""

    __tablename__ = "sites"
    record_type = RecordType.SITE
    label = RecordLabel("site", "космодром", "космодрома", "sites", "baikonur-cosmodrome")

    code: Mapped[str | None] = mapped_column(BoundedString(12), unique=True)
    name: Mapped[str] = mapped_column(BoundedString(120))
    name_ru: Mapped[str | None] = mapped_column(BoundedString(120))
    name_key: Mapped[str] = mapped_column(BoundedString(120))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    name_slugs: Mapped[list[str]] = mapped_column(JSON)
    country: Mapped[str] = mapped_column(BoundedString(2), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    time_zone: Mapped[str | None] = mapped_column(BoundedString(64))
    """IANA name."""
    sources: Mapped[list[dict[str, str | None]]] = mapped_column(JSON, default=list)

    __table_args__ = (
        Index(None, "name_key", "id"),
        CheckConstraint(_LATITUDE_RULE, name="latitude_bounds"),
        CheckConstraint(_LONGITUDE_RULE, name="longitude_bounds"),
    )

    def compute_columns(self) -> None:
        self.name_key = fold(self.name)[:120]
        self.name_slugs = name_slugs(
            (self.slug, self.code, self.name, self.name_ru, *(self.aliases or ()))
        )


class Pad(Base):
    """Launch pad of a site."""

    __tablename__ = "pads"

    record_type = RecordType.SITE
    record_key = "site_id"
    searchable = True

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    slug: Mapped[str] = mapped_column(BoundedString(120), unique=True)
    code: Mapped[str | None] = mapped_column(BoundedString(40))
    """Code in the catalogue, unique in the site."""
    name: Mapped[str] = mapped_column(BoundedString(120))
    name_ru: Mapped[str | None] = mapped_column(BoundedString(120))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    name_slugs: Mapped[list[str]] = mapped_column(JSON)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    __table_args__ = (
        Index(None, "site_id", "ordinal"),
        CheckConstraint(_LATITUDE_RULE, name="latitude_bounds"),
        CheckConstraint(_LONGITUDE_RULE, name="longitude_bounds"),
    )

    def compute_columns(self) -> None:
        self.name_slugs = name_slugs(
            (self.slug, self.code, self.name, self.name_ru, *(self.aliases or ()))
        )
