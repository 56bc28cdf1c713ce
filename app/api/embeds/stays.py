"""Short forms of a stay at the station: a reference, and a summary."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.api.date_params import time_zone_or_default
from app.api.embeds.launches import LaunchRef, SpacecraftRef, select_launch_ref, select_spacecraft
from app.api.embeds.modules import PortRef, select_port_ref
from app.api.links import PageUrl, Url, page_url, url_for_request
from app.api.read_models import ReadModel, UtcInstant, instant_of
from app.db.functions import AnySelect, json_object_subquery
from app.db.horizon import known_until_subquery
from app.db.models import Launch, Payload, Port, Stay
from app.domain.clock import has_passed
from app.domain.dates import Precision, local_day
from app.domain.enums import ArrivalKind, HorizonKind
from app.domain.horizon import is_outdated


class StayRef(ReadModel):
    """Stay of the main spacecraft of a launch at a port."""

    slug: str
    port: PortRef
    arrived_at: UtcInstant
    """Docking, berthing or capture: the start of the period that `arrived_at_precision` gives."""
    arrived_at_precision: Precision
    arrived_at_uncertain: bool
    """True if the arrival may fall outside the period that `arrived_at_precision` gives."""
    arrival_kind: ArrivalKind
    """Arrival. `berthing`: by the arm. `capture`: by the arm, and only the capture is known."""
    departed_at: UtcInstant | None
    """Undocking, or release by the arm. Null if the spacecraft has not left."""
    departed_at_precision: Precision | None
    departed_at_uncertain: bool
    """True if the departure may fall outside the period that `departed_at_precision` gives."""
    is_docked: bool | None
    """True if the spacecraft is there now. Null if that is not known, after the horizon."""
    updated_at: UtcInstant
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        arrived_at, departed_at, known_until = (
            instant_of(row[name]) for name in ("arrived_at", "departed_at", "known_until")
        )
        return {
            "is_docked": is_docked(arrived_at, departed_at, known_until),
            "url": url_for_request("stays", row["slug"]),
            "html_url": stay_page_url(arrived_at, Precision(row["arrived_at_precision"])),
        }


class StaySummary(StayRef):
    """Stay in a list."""

    id: int
    spacecraft: SpacecraftRef
    """Main spacecraft of the launch."""
    launch: LaunchRef
    version: int


def stay_page_url(arrived_at: datetime, precision: Precision) -> str:
    """URL of the station's page on the day of an arrival, or on the first day of its period."""
    day = local_day(arrived_at, precision, time_zone_or_default(None)) or arrived_at.date()
    return page_url("station", on=day.isoformat())


def is_docked(
    arrived_at: datetime, departed_at: datetime | None, known_until: datetime | None
) -> bool | None:
    """Test if a spacecraft is at its port now; None if facts known until `known_until` are old.

    The condition in SQL is `app.resources.stays.queries.is_docked_at`.
    """
    if not has_passed(arrived_at) or (departed_at is not None and has_passed(departed_at)):
        return False
    return None if is_outdated(known_until) else True


@cache
def select_stay_ref() -> AnySelect:
    """Columns of a `StayRef`."""
    return select(
        Stay.slug,
        json_object_subquery(select_port_ref().where(Port.id == Stay.port_id)).label("port"),
        Stay.arrived_at,
        Stay.arrived_at_precision,
        Stay.arrived_at_uncertain,
        Stay.arrival_kind,
        Stay.departed_at,
        Stay.departed_at_precision,
        Stay.departed_at_uncertain,
        known_until_subquery(HorizonKind.DOCKINGS).label("known_until"),
        Stay.updated_at,
    )


@cache
def select_stay_summary() -> AnySelect:
    """Columns of a `StaySummary`, and those of a `SpacecraftRead` in `spacecraft`."""
    ship, launch = select_main_spacecraft(Stay.launch_id), select_launch_ref()
    return select_stay_ref().add_columns(
        Stay.id,
        json_object_subquery(ship).label("spacecraft"),
        json_object_subquery(launch.where(Launch.id == Stay.launch_id)).label("launch"),
        Stay.version,
    )


_before = aliased(Payload)
IS_MAIN_PAYLOAD = ~(
    select(_before.id)
    .where(_before.launch_id == Payload.launch_id, _before.ordinal < Payload.ordinal)
    .exists()
)
"""Condition: a payload is the main spacecraft of its launch."""


def select_main_spacecraft(launch_id: InstrumentedAttribute[int]) -> AnySelect:
    """Columns of a `SpacecraftRead` of the main spacecraft of a launch."""
    ships = select_spacecraft().where(Payload.launch_id == launch_id)
    return ships.order_by(Payload.ordinal).limit(1)
