"""Short forms of spacecraft and of their types, and the names of types in filters."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.api.links import PageUrl, Url, record_urls
from app.api.lists.references import NameColumn, Reference
from app.api.read_models import ReadModel
from app.db.functions import AnySelect
from app.db.models import Spacecraft, SpacecraftType
from app.domain import glossary
from app.domain.enums import SpacecraftKind
from app.domain.languages import Bilingual
from app.domain.text import slugify

SPACECRAFT_TYPE = Reference(
    Bilingual("There is no spacecraft type {}.", "Нет типа кораблей {}."),
    (NameColumn(SpacecraftType.slug, slugify),),
    model=SpacecraftType,
)


class SpacecraftTypeRef(ReadModel):
    """Reference to a type of spacecraft."""

    slug: str
    name: str = Field(examples=["Soyuz MS"])
    kind: SpacecraftKind
    """Kind of spacecraft. `SC`: a crew spacecraft. `CV`: a cargo vehicle."""
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": glossary.spacecraft_name(row["name"]),
            **record_urls("spacecraft-types", row["slug"]),
        }


def select_spacecraft_type_ref() -> AnySelect:
    """Columns of a `SpacecraftTypeRef`."""
    return select(SpacecraftType.slug, SpacecraftType.name, SpacecraftType.kind)


class ShipRef(ReadModel):
    """Reference to a spacecraft."""

    slug: str
    name: str = Field(examples=["Dragon Endeavour"])
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": glossary.spacecraft_name(row["name"]),
            **record_urls("spacecraft", row["slug"]),
        }


def select_ship_ref() -> AnySelect:
    """Columns of a `ShipRef`."""
    return select(Spacecraft.slug, Spacecraft.name)
