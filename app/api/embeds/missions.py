"""A mission in short."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.api.links import Url, link
from app.api.read_models import Shape
from app.db.functions import Rows
from app.db.models import Mission
from app.domain import glossary
from app.domain.languages import either


class MissionRef(Shape):
    """A mission in short."""

    slug: str
    number: int
    name: str = Field(examples=["ISS-59"])
    title: str = Field(examples=["ISS-59 mission"])
    url: Url

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{glossary.station(row['station'])}-{row['number']}"
        title = either(f"{name} mission", f"Экспедиция {name}")
        return {"name": name, "title": title, "url": link("missions", row["slug"])}


def mission_ref(mission: type[Mission] = Mission) -> Rows:
    """What a `MissionRef` is filled from."""
    return select(mission.slug, mission.number, mission.station)
