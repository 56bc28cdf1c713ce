"""Writes of spacecraft."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient
from app.api.embeds.agencies import select_agency_slug
from app.api.embeds.spacecraft import SPACECRAFT_TYPE
from app.api.links import public_url
from app.api.slugs import load_ids, set_slug
from app.api.write_models import to_record
from app.api.writes.agencies import resolve_agency
from app.api.writes.images import select_written_image, set_image
from app.api.writes.records import RecordWriter
from app.api.writes.references import raise_unknown_name
from app.api.writes.referrers import describe_referrers
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Launch, Payload, Spacecraft, SpacecraftType, stored_id
from app.domain.enums import AuditTarget
from app.resources.spacecraft.queries import get_spacecraft
from app.resources.spacecraft.schemas import ShipRecord, ShipWrite


@cache
def _select_records() -> AnySelect:
    return (
        select(
            *Spacecraft.__table__.columns,
            select_written_image(Spacecraft),
            SpacecraftType.slug.label("type"),
            select_agency_slug(Spacecraft.operator_id).label("operator"),
        )
        .join(SpacecraftType, SpacecraftType.id == Spacecraft.type_id)
        .where(Spacecraft.id.in_(bindparam("ids")))
    )


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, ShipRecord]:
    """The complete records of spacecraft by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> ShipRecord:
    return to_record(ShipRecord, row | {"url": public_url("spacecraft", row["slug"])})


def save(session: Session, spacecraft: Spacecraft, document: ShipWrite) -> None:
    """Apply `document` to `spacecraft`. Raises InvalidRequest or Conflict."""
    type_ids = load_ids(session, SpacecraftType, [document.type])
    if document.type not in type_ids:
        raise_unknown_name(session, SPACECRAFT_TYPE, document.type, "/type")
    set_slug(session, spacecraft, document.slug, document.name)
    spacecraft.type_id = type_ids[document.type]
    for name in ("name", "serial"):
        setattr(spacecraft, name, getattr(document, name))
    spacecraft.operator_id = resolve_agency(session, document.operator, "/operator")
    spacecraft.sources = [source.model_dump() for source in document.sources]
    set_image(session, spacecraft, document.image)
    session.add(spacecraft)
    session.flush()


def referrers(session: Session, spacecraft: Spacecraft, _client: ApiClient) -> list[str]:
    """The launches of a spacecraft."""
    launches = (
        select(Launch.slug)
        .join(Payload, Payload.launch_id == Launch.id)
        .where(Payload.spacecraft_id == stored_id(spacecraft))
    )
    oldest = launches.order_by(Launch.launch_sort_at, Launch.id)
    return describe_referrers(session, Launch.label.before_slug, oldest)


WRITER = RecordWriter(
    AuditTarget.SPACECRAFT,
    "spacecraft",
    Spacecraft,
    ShipWrite,
    save,
    get_spacecraft,
    load_records,
    referrers,
)
