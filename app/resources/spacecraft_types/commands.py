"""Writes of spacecraft types."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient
from app.api.embeds.agencies import select_agency_slug
from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.write_models import to_record
from app.api.writes.agencies import resolve_agency
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_referrers
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Spacecraft, SpacecraftType, stored_id
from app.domain.enums import AuditTarget
from app.resources.spacecraft_types.queries import get_spacecraft_type
from app.resources.spacecraft_types.schemas import SpacecraftTypeRecord, SpacecraftTypeWrite


@cache
def _select_records() -> AnySelect:
    maker = select_agency_slug(SpacecraftType.maker_id).label("maker")
    records = select(*SpacecraftType.__table__.columns, maker)
    return records.where(SpacecraftType.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, SpacecraftTypeRecord]:
    """The complete records of spacecraft types by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> SpacecraftTypeRecord:
    url = public_url("spacecraft-types", row["slug"])
    return to_record(SpacecraftTypeRecord, row | {"url": url})


def save(session: Session, type_: SpacecraftType, document: SpacecraftTypeWrite) -> None:
    """Apply `document` to `type_`. Raises InvalidRequest or Conflict."""
    set_slug(session, type_, document.slug, document.name)
    for name in ("name", "kind", "crewed", "crew_capacity", "height_m", "diameter_m"):
        setattr(type_, name, getattr(document, name))
    type_.maker_id = resolve_agency(session, document.maker, "/maker")
    type_.sources = [source.model_dump() for source in document.sources]
    session.add(type_)
    session.flush()


def referrers(session: Session, type_: SpacecraftType, _client: ApiClient) -> list[str]:
    """The spacecraft of a type."""
    ships = select(Spacecraft.slug).where(Spacecraft.type_id == stored_id(type_))
    ordered = ships.order_by(Spacecraft.name_key, Spacecraft.id)
    return describe_referrers(session, Spacecraft.label.before_slug, ordered)


WRITER = RecordWriter(
    AuditTarget.SPACECRAFT_TYPE,
    "spacecraft-types",
    SpacecraftType,
    SpacecraftTypeWrite,
    save,
    get_spacecraft_type,
    load_records,
    referrers,
)
