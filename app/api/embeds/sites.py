"""Launch sites and their pads: references in filters and writes, and short forms."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.links import PageUrl, Url, record_urls
from app.api.lists.references import NameColumn, Reference
from app.api.read_models import ReadModel
from app.db.conditions import SITE_NAMES
from app.db.functions import AnySelect, select_json_values
from app.db.models import Pad, Site, stored_id
from app.domain.languages import Bilingual, tr
from app.domain.text import slugify

SITE = Reference(
    Bilingual("There is no launch site {}.", "Нет космодрома {}."),
    (NameColumn(SITE_NAMES.subquery().c.value, slugify),),
    model=Site,
)
"""Launch site, by slug, name or code."""

SITE_COUNTRY = Reference(
    Bilingual("No launch site is in the country {}.", "В стране {} нет космодромов."),
    (NameColumn(Site.country),),
)
"""Country of a launch site."""

PAD = Reference(
    Bilingual("There is no launch pad {}.", "Нет стартовой площадки {}."), (NameColumn(Pad.slug),)
)
"""Launch pad, by slug."""


def pad_reference(site: Site) -> Reference:
    """Reference to a pad of `site`, by slug, name or code."""
    names = select_json_values(Pad.id, Pad.name_slugs).where(Pad.site_id == stored_id(site))
    return Reference(
        Bilingual(
            f"The launch site {site.slug!r} has no pad {{}}.",
            f"У космодрома {site.slug!r} нет площадки {{}}.",
        ),
        (NameColumn(names.subquery().c.value, slugify),),
    )


class SiteRef(ReadModel):
    """Reference to a launch site."""

    slug: str
    name: str = Field(examples=["Baikonur Cosmodrome"])
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": localize_name(row), **record_urls("sites", row["slug"])}


class PadRef(ReadModel):
    """Launch pad."""

    slug: str = Field(examples=["baikonur-site-31-6"])
    name: str = Field(examples=["Site 31/6"])
    code: str | None = Field(examples=["LC31"])
    """Code in the catalogue of its site, or null."""
    latitude: float | None
    """Latitude in degrees, north positive, or null if unknown."""
    longitude: float | None
    """Longitude in degrees, east positive, or null if unknown."""
    url: Url
    """URL of its site."""
    html_url: Annotated[Url, Field(description="URL of the page of its site.")]

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": localize_name(row), **record_urls("sites", row["site"])}


def localize_name(row: Mapping[str, Any]) -> str:
    """Name of a site or a pad in the current language, if known."""
    name: str = row["name"]
    return tr(name, row["name_ru"] or name)


def select_site_ref() -> AnySelect:
    """Columns of a `SiteRef`."""
    return select(Site.slug, Site.name, Site.name_ru)


def select_pad_ref() -> AnySelect:
    """Columns of a `PadRef`."""
    owner = aliased(Site)
    columns = Pad.slug, Pad.name, Pad.name_ru, Pad.code, Pad.latitude, Pad.longitude
    return select(*columns, owner.slug.label("site")).join_from(Pad, owner, owner.id == Pad.site_id)
