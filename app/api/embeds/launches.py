"""A launch in short, in two sizes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.api.links import Url, link
from app.api.read_models import At, Shape
from app.db.functions import Rows, nested, nested_one
from app.db.models import Launch, LaunchStatus, Site, Spacecraft, SpacecraftKind, Vehicle
from app.domain import glossary
from app.domain.dates import Precision
from app.domain.headlines import headline
from app.domain.labels import LAUNCH_STATUSES
from app.domain.languages import either


class SpacecraftRead(Shape):
    """A ship or module that a launch carried."""

    name: str = Field(examples=["Progress MS-11"])
    kind: SpacecraftKind
    """SC: a ship for a crew. CV: a cargo vehicle."""

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": glossary.craft(row["name"])}


class VehicleRead(Shape):
    """A launch vehicle."""

    name: str = Field(examples=["Soyuz-2.1a"])
    family: str = Field(examples=["Soyuz"])

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: glossary.vehicle(row[name]) for name in ("name", "family")}


class SiteRead(Shape):
    """Where a launch leaves from."""

    name: str = Field(examples=["Baikonur Cosmodrome"])
    pad: str | None
    country: str = Field(description="ISO 3166-1 alpha-2: where the site lies.", examples=["KZ"])

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": glossary.site(row["name"])}


class LaunchRef(Shape):
    """A launch in short."""

    slug: str
    headline: str = Field(examples=["LV Soyuz-2.1a with CV Progress MS-11 is launched"])
    status: LaunchStatus
    launch_at: At
    """The start of the period in which it is known to leave; see `launch_at_precision`."""
    launch_at_precision: Precision
    url: Url

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        vehicle = row["vehicle"]["name"] if row["vehicle"] else None
        return {
            "headline": headline(LaunchStatus(row["status"]), vehicle, row["spacecraft"]),
            "url": link("launches", row["slug"]),
        }


class LaunchSummary(LaunchRef):
    """A launch as lists show it."""

    id: int
    cospar_id: str | None = Field(
        description="The international designator, null where it got none.", examples=["2019-019"]
    )
    status_label: str = Field(examples=["Success"])
    launch_at_uncertain: bool
    """Whether even that period is doubtful."""
    window_starts_at: At | None
    window_ends_at: At | None
    vehicle: VehicleRead | None
    spacecraft: list[SpacecraftRead]
    """What it carried, the main ship first."""
    site: SiteRead | None
    crewed: bool
    updated_at: At
    version: int

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        label = str(LAUNCH_STATUSES[LaunchStatus(row["status"])])
        return super().complete(row) | {"status_label": label}


def outcome_note(row: Mapping[str, Any]) -> str | None:
    """What went other than planned, in this language where it is known."""
    note: str | None = row["outcome_note"]
    return note and either(note, row["outcome_note_ru"] or note)


def launch_ref(launch: type[Launch] = Launch) -> Rows:
    """What a `LaunchRef` is filled from."""
    vehicle = select(Vehicle.name, Vehicle.family).where(Vehicle.id == launch.vehicle_id)
    ships = select(Spacecraft.name, Spacecraft.kind).where(Spacecraft.launch_id == launch.id)
    return select(
        launch.slug,
        launch.status,
        launch.launch_at,
        launch.launch_at_precision,
        nested_one(vehicle).label("vehicle"),
        nested(ships, Spacecraft.ordinal).label("spacecraft"),
    )


@cache
def launch_summary() -> Rows:
    """What a `LaunchSummary` is filled from."""
    site = select(Site.name, Launch.pad, Site.country).where(Site.id == Launch.site_id)
    return launch_ref().add_columns(
        Launch.id,
        Launch.cospar_id,
        Launch.launch_at_uncertain,
        Launch.window_starts_at,
        Launch.window_ends_at,
        nested_one(site.select_from(Site)).label("site"),
        Launch.crewed,
        Launch.updated_at,
        Launch.version,
    )
