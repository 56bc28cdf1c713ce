"""Writes of launch vehicles."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient
from app.api.embeds.agencies import select_agency_slug
from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.agencies import resolve_agency
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_referrers
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Launch, Vehicle, stored_id
from app.db.models.vehicles import vehicle_key
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.resources.vehicles.queries import get_vehicle
from app.resources.vehicles.schemas import VehicleRecord, VehicleWrite


@cache
def _select_records() -> AnySelect:
    maker = select_agency_slug(Vehicle.maker_id).label("maker")
    return select(*Vehicle.__table__.columns, maker).where(Vehicle.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, VehicleRecord]:
    """The complete records of vehicles by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> VehicleRecord:
    return to_record(VehicleRecord, row | {"url": public_url("vehicles", row["slug"])})


def save(session: Session, vehicle: Vehicle, document: VehicleWrite) -> None:
    """Apply `document` to `vehicle`. Raises InvalidRequest or Conflict."""
    _check_name_unique(session, vehicle, document.name)
    set_slug(session, vehicle, document.slug, document.name)
    for name in (
        "name",
        "family",
        "variant",
        "stages",
        "height_m",
        "diameter_m",
        "mass_kg",
    ):
        setattr(vehicle, name, getattr(document, name))
    vehicle.maker_id = resolve_agency(session, document.maker, "/maker")
    vehicle.sources = [source.model_dump() for source in document.sources]
    session.add(vehicle)
    session.flush()


def _check_name_unique(session: Session, vehicle: Vehicle, name: str) -> None:
    """Raise InvalidRequest if another vehicle has the name: documents name vehicles by it."""
    same = Vehicle.name_key == vehicle_key(name), Vehicle.id.is_distinct_from(vehicle.id)
    if slug := session.scalar(select(Vehicle.slug).where(*same)):
        detail = tr(f"The vehicle {slug!r} has this name.", f"Это имя у ракеты-носителя {slug!r}.")
        raise_field_error("/name", "taken", detail)


def referrers(session: Session, vehicle: Vehicle, _client: ApiClient) -> list[str]:
    """The launches of a vehicle."""
    launches = select(Launch.slug).where(Launch.vehicle_id == stored_id(vehicle))
    oldest = launches.order_by(Launch.launch_sort_at, Launch.id)
    return describe_referrers(session, Launch.label.before_slug, oldest)


WRITER = RecordWriter(
    AuditTarget.VEHICLE,
    "vehicles",
    Vehicle,
    VehicleWrite,
    save,
    get_vehicle,
    load_records,
    referrers,
)
