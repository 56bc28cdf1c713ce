"""Short forms of a launch: a reference, and a summary."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, WithJsonSchema
from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import aliased

from app.api.embeds.media import Image, select_image
from app.api.embeds.sites import (
    PadRef,
    SiteRef,
    localize_name,
    select_pad_ref,
    select_site_ref,
)
from app.api.embeds.vehicles import VehicleRef, select_vehicle_ref
from app.api.links import PageUrl, Url, record_urls
from app.api.lists.references import NameColumn, Reference
from app.api.read_models import ReadModel, UtcInstant, instant_of
from app.db.conditions import Slugs
from app.db.functions import AnySelect, json_array_subquery, json_object_subquery
from app.db.models import Launch, Pad, Payload, Site, Spacecraft, Vehicle
from app.domain import glossary
from app.domain.clock import has_passed
from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_end
from app.domain.enums import FlightEndKind, LaunchStatus, SpacecraftKind
from app.domain.headlines import build_launch_headline
from app.domain.labels import LAUNCH_STATUS_LABELS
from app.domain.languages import Bilingual, tr
from app.domain.text import slugify

LocalTime = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant with the offset of a time zone, as RFC 3339."""

SPACECRAFT = Reference(
    Bilingual("There is no spacecraft {}.", "Нет корабля или модуля {}."),
    (NameColumn(Payload.slug, slugify), NameColumn(Spacecraft.slug, slugify)),
    model=Spacecraft,
)
"""Spacecraft that a launch carried, in filters: names of flights, and of ships that flew often."""


class SpacecraftRef(ReadModel):
    """Spacecraft or module, by name."""

    name: str = Field(examples=["Progress MS-11"])
    kind: SpacecraftKind
    """Kind of spacecraft. `SC`: a crew spacecraft. `CV`: a cargo vehicle."""
    slug: str | None = Field(examples=["progress-ms-11"])
    """Slug of the spacecraft, which may have several flights, or null if it has no record."""
    url: Url | None
    html_url: PageUrl | None

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        slug = row["slug"]
        urls = record_urls("spacecraft", slug) if slug else {"url": None, "html_url": None}
        return {"name": glossary.spacecraft_name(row["name"]), **urls}


class SpacecraftRead(SpacecraftRef):
    """Spacecraft or module that a launch carried, with the end of its flight."""

    flight_ended_at: UtcInstant | None
    """End of its flight, or null if it has not ended or is not known."""
    flight_ended_at_precision: Precision | None
    end_kind: FlightEndKind | None
    """Landing, splashdown, controlled burn-up or loss; null if not known."""


class SiteRead(SiteRef):
    """Launch site of a launch."""

    pad: str | None
    """Code of the launch pad, or its name if it has no code."""
    pad_name: str | None
    """Name of the launch pad."""
    country: str = Field(
        description="Country of the site, as an ISO 3166-1 alpha-2 code.", examples=["KZ"]
    )
    time_zone: str | None = Field(examples=["Asia/Qyzylorda"])
    """IANA time zone of the site, or null if unknown."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        pad = row["launch_pad"]
        return super().computed_fields(row) | {
            "pad": pad and (pad["code"] or pad["name"]),
            "pad_name": pad and localize_name(pad),
        }


class LaunchRef(ReadModel):
    """Reference to a launch."""

    slug: str
    headline: str = Field(examples=["LV Soyuz-2.1a with CV Progress MS-11 is launched"])
    status: LaunchStatus
    launch_at: UtcInstant
    """Launch time: the start of the period that `launch_at_precision` gives."""
    launch_at_precision: Precision
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        vehicle = row["vehicle"]["name"] if row["vehicle"] else None
        return {
            "headline": build_launch_headline(
                LaunchStatus(row["status"]), vehicle, row["spacecraft"]
            ),
            **record_urls("launches", row["slug"]),
        }


class LaunchSummary(LaunchRef):
    """Launch in a list."""

    id: int
    cospar_id: str | None = Field(
        description="International designator (COSPAR ID), or null if none was assigned.",
        examples=["2019-019"],
    )
    status_label: str = Field(examples=["Success"])
    launch_at_uncertain: bool
    """True if the launch may fall outside the period that `launch_at_precision` gives."""
    launch_at_local: LocalTime | None
    """`launch_at` in the time zone of the site, or null if the zone or the time is unknown."""
    window_starts_at: UtcInstant | None
    window_ends_at: UtcInstant | None
    vehicle: VehicleRef | None
    spacecraft: list[SpacecraftRead]
    """Spacecraft and modules aboard, the main one first."""
    site: SiteRead | None
    launch_pad: PadRef | None
    """Pad of the launch, with its coordinates."""
    crewed: bool
    to_station: bool
    """False for a launch that goes elsewhere."""
    is_overdue: bool
    """True if the launch is planned for a time that has passed."""
    image: Image | None
    """Image of the launch, or null."""
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        status = LaunchStatus(row["status"])
        at, precision = instant_of(row["launch_at"]), Precision(row["launch_at_precision"])
        return super().computed_fields(row) | {
            "status_label": str(LAUNCH_STATUS_LABELS[status]),
            "launch_at_local": _format_local(at, precision, row["site"]),
            "site": row["site"] and row["site"] | {"launch_pad": row["launch_pad"]},
            "is_overdue": status is LaunchStatus.PLANNED and has_passed(period_end(at, precision)),
        }


def _format_local(at: datetime, precision: Precision, site: Mapping[str, Any] | None) -> str | None:
    """Time in the zone of a site as RFC 3339; None for a time or a zone that is not known."""
    if site is None or site["time_zone"] is None or precision not in PRECISIONS_WITH_TIME:
        return None
    return at.astimezone(ZoneInfo(site["time_zone"])).isoformat(timespec="seconds")


def localize_outcome_note(row: Mapping[str, Any]) -> str | None:
    """Note on the outcome, in the current language if there is a translation."""
    note: str | None = row["outcome_note"]
    return note and tr(note, row["outcome_note_ru"] or note)


def select_spacecraft_ref(payload: type[Payload] = Payload) -> AnySelect:
    """Columns of a `SpacecraftRef`."""
    return select(payload.name, payload.kind, Spacecraft.slug).outerjoin_from(
        payload, Spacecraft, Spacecraft.id == payload.spacecraft_id
    )


def select_spacecraft() -> AnySelect:
    """Columns of a `SpacecraftRead`."""
    return select_spacecraft_ref().add_columns(
        Payload.flight_ended_at, Payload.flight_ended_at_precision, Payload.end_kind
    )


def is_payload_named(parameter: str) -> ColumnElement[bool]:
    """Condition: the payload, or the spacecraft whose flight it is, has a slug of `parameter`."""
    named: Slugs = bindparam(parameter)
    own, flight = aliased(Payload), aliased(Payload)
    flights = select(flight.id).join(Spacecraft, Spacecraft.id == flight.spacecraft_id)
    # Not OR: PostgreSQL would read all payloads.
    payloads = select(own.id).where(own.slug.in_(named))
    return Payload.id.in_(payloads.union_all(flights.where(Spacecraft.slug.in_(named))))


def select_launch_ref(launch: type[Launch] = Launch) -> AnySelect:
    """Columns of a `LaunchRef`."""
    vehicle = select_vehicle_ref().where(Vehicle.id == launch.vehicle_id)
    ships = select_spacecraft().where(Payload.launch_id == launch.id)
    return select(
        launch.slug,
        launch.status,
        launch.launch_at,
        launch.launch_at_precision,
        json_object_subquery(vehicle).label("vehicle"),
        json_array_subquery(ships, Payload.ordinal).label("spacecraft"),
    )


@cache
def select_launch_summary() -> AnySelect:
    """Columns of a `LaunchSummary`."""
    site = select_site_ref().add_columns(Site.country, Site.time_zone)
    pad = select_pad_ref().where(Pad.id == Launch.pad_id)
    return select_launch_ref().add_columns(
        Launch.id,
        Launch.cospar_id,
        Launch.launch_at_uncertain,
        Launch.window_starts_at,
        Launch.window_ends_at,
        json_object_subquery(site.where(Site.id == Launch.site_id)).label("site"),
        json_object_subquery(pad).label("launch_pad"),
        Launch.crewed,
        Launch.to_station,
        select_image(Launch.image_media_id),
        Launch.updated_at,
        Launch.version,
    )
