"""A mission in short."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.database import Reader, Rows
from app.errors import NotFound, Renamed
from app.links import Url, link
from app.models import Mission, MissionAlias
from app.refs.base import Shape


class MissionRef(Shape):
    """A mission in short."""

    slug: str
    number: int
    name: str = Field(examples=["ISS-59"])
    title: str = Field(examples=["ISS-59 mission"])
    url: Url

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{row['station']}-{row['number']}"
        return {"name": name, "title": f"{name} mission", "url": link("missions", row["slug"])}


def mission_ref(mission: type[Mission] = Mission) -> Rows:
    """What a `MissionRef` is filled from."""
    return select(mission.slug, mission.number, mission.station)


def missing_mission(reader: Reader, slug: str) -> Exception:
    """What to raise where no mission has `slug`: it may go by another one."""
    known = reader.scalar(
        select(Mission.slug)
        .join(MissionAlias, MissionAlias.mission_id == Mission.id)
        .where(MissionAlias.slug == slug)
    )
    if known:
        return Renamed(slug, known)
    return NotFound(f"There is no mission {slug!r}; slugs look like iss-59. See /v1/missions.")
