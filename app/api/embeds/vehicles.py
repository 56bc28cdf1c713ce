"""Short form of a launch vehicle, and its names in filters and documents."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session

from app.api.links import PageUrl, Url, record_urls
from app.api.lists.references import NameColumn, Reference
from app.api.read_models import ReadModel
from app.api.writes.references import raise_unknown_name
from app.db.functions import AnySelect
from app.db.models import Vehicle, vehicle_slug
from app.db.models.vehicles import vehicle_key
from app.domain import glossary
from app.domain.languages import Bilingual
from app.domain.text import slugify

VEHICLE = Reference(
    Bilingual("There is no vehicle {}.", "Нет ракеты-носителя {}."),
    (NameColumn(Vehicle.slug, slugify), NameColumn(Vehicle.name_key, vehicle_key)),
    model=Vehicle,
)
"""Launch vehicles by slug or name, in any case."""

VEHICLE_FAMILY = Reference(
    Bilingual("There is no vehicle family {}.", "Нет семейства ракет-носителей {}."),
    (NameColumn(Vehicle.family_slug, vehicle_slug),),
)


class VehicleRef(ReadModel):
    """Reference to a launch vehicle."""

    slug: str
    name: str = Field(examples=["Soyuz-2.1a"])
    family: str = Field(examples=["Soyuz"])
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        names = {name: glossary.vehicle_name(row[name]) for name in ("name", "family")}
        return names | record_urls("vehicles", row["slug"])


def select_vehicle_ref() -> AnySelect:
    """Columns of a `VehicleRef`."""
    return select(Vehicle.slug, Vehicle.name, Vehicle.family)


def is_vehicle_named(parameter: str) -> ColumnElement[bool]:
    """Condition: the vehicle has one of the names of `parameter`, by `vehicle_name_values`."""
    keys = Vehicle.name_key.in_(bindparam(f"{parameter}_key"))
    return or_(Vehicle.slug.in_(bindparam(parameter)), keys)


def vehicle_name_values(parameter: str, names: list[str]) -> dict[str, list[Any]]:
    """Values of the parameters of `is_vehicle_named`."""
    return {
        parameter: list(map(slugify, names)),
        f"{parameter}_key": list(map(vehicle_key, names)),
    }


def find_vehicle(session: Session, name: str) -> Vehicle | None:
    """Find a vehicle by slug or name, in any case."""
    named = select(Vehicle).where(is_vehicle_named("vehicle"))
    slug = slugify(name)
    return session.scalar(
        named.order_by((Vehicle.slug == slug).desc()).limit(1),
        {"vehicle": [slug], "vehicle_key": [vehicle_key(name)]},
    )


def get_vehicle_named(session: Session, name: str, pointer: str) -> Vehicle:
    """Get a vehicle by slug or name. Raises InvalidRequest at `pointer`, with similar names."""
    return find_vehicle(session, name) or raise_unknown_name(session, VEHICLE, name, pointer)
