"""Writes of stays."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.api.links import public_url
from app.api.slugs import not_found_detail, set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Launch, Payload, Port, Stay, stored_id
from app.domain.dates import Precision, period_end
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.domain.stays import StayPeriod, is_in_service
from app.resources.stays.queries import get_stay
from app.resources.stays.schemas import StayRecord, StayWrite


@cache
def _select_records() -> AnySelect:
    return (
        select(
            *(column for column in Stay.__table__.columns),
            Launch.slug.label("launch"),
            Port.slug.label("port"),
        )
        .join(Launch, Launch.id == Stay.launch_id)
        .join(Port, Port.id == Stay.port_id)
        .where(Stay.id.in_(bindparam("ids")))
    )


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, StayRecord]:
    """The complete records of stays by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> StayRecord:
    return to_record(StayRecord, row | {"url": public_url("stays", row["slug"])})


def save(session: Session, stay: Stay, document: StayWrite) -> None:
    """Apply `document` to `stay`. Raises InvalidRequest or Conflict."""
    launch, port = _lock_launch(session, document.launch), _lock_port(session, document.port)
    period = StayPeriod.of(vars(document))
    _check_order(session, launch, period)
    _check_in_service(port, period)
    _check_free(session, stay, launch, port, period)
    set_slug(session, stay, document.slug, f"{launch.slug} {port.slug}")
    stay.launch_id, stay.port_id = stored_id(launch), stored_id(port)
    for name in (
        "arrived_at",
        "arrived_at_precision",
        "arrived_at_uncertain",
        "arrival_kind",
        "departed_at",
        "departed_at_precision",
        "departed_at_uncertain",
    ):
        setattr(stay, name, getattr(document, name))
    stay.sources = [source.model_dump() for source in document.sources]
    session.add(stay)
    session.flush()


def _lock_launch(session: Session, slug: str) -> Launch:
    """Lock the launch, so that no other request adds a stay of its spacecraft meanwhile."""
    launch = session.scalar(select(Launch).where(Launch.slug == slug).with_for_update())
    if launch is None:
        raise_field_error("/launch", "unknown-reference", not_found_detail(Launch, slug))
    return launch


def _lock_port(session: Session, slug: str) -> Port:
    """Lock the port, so that no other request adds a stay there meanwhile."""
    port = session.scalar(select(Port).where(Port.slug == slug).with_for_update())
    if port is None:
        detail = tr(
            f"There is no port {slug!r}. See /v1/modules.",
            f"Нет стыковочного узла {slug!r}: см. /v1/modules.",
        )
        raise_field_error("/port", "unknown-reference", detail)
    return port


def _check_order(session: Session, launch: Launch, period: StayPeriod) -> None:
    """Check that launch, arrival, departure and end of flight can have come in this order."""
    arrival, departure = period
    if arrival[1] <= launch.launch_at:
        detail = tr("The arrival is before the launch.", "Прибытие раньше запуска.")
        raise_field_error("/arrived_at", "before-launch", detail)
    if departure[1] <= arrival[0]:
        detail = tr("The departure is before the arrival.", "Отбытие раньше прибытия.")
        raise_field_error("/departed_at", "before-arrival", detail)
    ended_at, precision = _find_flight_end(session, launch)
    if ended_at and precision and period_end(ended_at, precision) <= departure[0]:
        detail = tr(
            "The flight of the spacecraft ended before the departure.",
            "Полёт корабля закончился раньше отбытия.",
        )
        raise_field_error("/departed_at", "after-flight", detail)


def _find_flight_end(session: Session, launch: Launch) -> tuple[datetime | None, Precision | None]:
    main = select(Payload).where(Payload.launch_id == stored_id(launch))
    ship = session.scalar(main.order_by(Payload.ordinal).limit(1))
    return (ship.flight_ended_at, ship.flight_ended_at_precision) if ship else (None, None)


def _check_in_service(port: Port, period: StayPeriod) -> None:
    if not is_in_service(port.in_service_from, port.in_service_until, period.arrival):
        detail = tr(
            f"The port {port.slug!r} was not in service at the arrival.",
            f"Узел {port.slug!r} не действовал во время прибытия.",
        )
        raise_field_error("/port", "not-in-service", detail)


def _check_free(
    session: Session, stay: Stay, launch: Launch, port: Port, period: StayPeriod
) -> None:
    """Check that no other ship is at the port, and that the ship is at no other port.

    Only where the periods certainly overlap.
    """
    others = session.execute(
        select(
            Stay.slug,
            Stay.launch_id,
            Stay.arrived_at,
            Stay.arrived_at_precision,
            Stay.departed_at,
            Stay.departed_at_precision,
            Launch.slug.label("launch"),
        )
        .join(Launch, Launch.id == Stay.launch_id)
        .where(
            or_(Stay.port_id == stored_id(port), Stay.launch_id == stored_id(launch)),
            Stay.id.is_distinct_from(stay.id),
            Stay.arrived_at < period.departure[0],
            or_(Stay.departed_at.is_(None), Stay.departed_at >= period.arrival[1]),
        )
        .order_by(Stay.arrived_at, Stay.id)
    )
    for other in map(dict, others.mappings()):
        if not period.certainly_overlaps(StayPeriod.of(other)):
            continue
        ship, slug = other["launch"], other["slug"]
        if other["launch_id"] == launch.id:
            detail = tr(
                f"The spacecraft is at a port at that time: {slug!r}.",
                f"Корабль в это время пристыкован: {slug!r}.",
            )
            raise_field_error("/arrived_at", "at-a-port", detail)
        detail = tr(
            f"The spacecraft of {ship!r} is at the port at that time: {slug!r}.",
            f"У этого узла в это время корабль {ship!r}: {slug!r}.",
        )
        raise_field_error("/port", "occupied", detail)


WRITER = RecordWriter(AuditTarget.STAY, "stays", Stay, StayWrite, save, get_stay, load_records)
