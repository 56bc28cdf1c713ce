"""Short form of a person."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.api.embeds.agencies import select_agency_name
from app.api.links import PageUrl, Url, record_urls
from app.api.read_models import ReadModel
from app.db.functions import AnySelect
from app.db.models import Person
from app.domain import glossary


class PersonRef(ReadModel):
    """Reference to a person."""

    slug: str
    name: str
    """Name in the language of the response, if known."""
    name_native: str | None
    """Name in its original spelling, or null if it equals `name`."""
    agency: str | None
    """Name of the agency of the person."""
    nationality: str | None = Field(
        description="Nationality, as an ISO 3166-1 alpha-2 code.", examples=["RU"]
    )
    url: Url
    html_url: PageUrl

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        name, native = (
            glossary.person_name(row["name"], row["name_ru"]),
            row["name_native"] or row["name"],
        )
        return {
            "name": name,
            "name_native": None if native == name else native,
            **record_urls("people", row["slug"]),
        }


def select_person_ref(person: type[Person] = Person) -> AnySelect:
    """Columns of a `PersonRef`."""
    return select(
        person.slug,
        person.name,
        person.name_ru,
        person.name_native,
        select_agency_name(person.agency_id).label("agency"),
        person.nationality,
    )
