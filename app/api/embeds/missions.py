"""Short form of a mission."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.api.links import PageUrl, Url, record_urls
from app.api.read_models import ReadModel
from app.db.functions import AnySelect
from app.db.models import Mission
from app.domain import glossary
from app.domain.languages import tr


class MissionRef(ReadModel):
    """Reference to a mission."""

    slug: str
    number: int
    name: str = Field(examples=["ISS-59"])
    title: str = Field(examples=["ISS-59 mission"])
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{glossary.station_name(row['station'])}-{row['number']}"
        title = tr(f"{name} mission", f"Экспедиция {name}")
        return {
            "name": name,
            "title": title,
            **record_urls("missions", row["slug"]),
        }


def select_mission_ref(mission: type[Mission] = Mission) -> AnySelect:
    """Columns of a `MissionRef`."""
    return select(mission.slug, mission.number, mission.station)
