"""A person in short."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import select

from app.api.links import Url, link
from app.api.read_models import Shape
from app.db.functions import Rows
from app.db.models import Person
from app.domain import glossary


class PersonRef(Shape):
    """A person in short."""

    slug: str
    name: str
    """The name in the language of the answer where it is known."""
    name_native: str | None
    """The name in the person's own spelling, null where that is `name`."""
    agency: str | None
    nationality: str | None = Field(description="ISO 3166-1 alpha-2.", examples=["RU"])
    url: Url

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        name, native = (
            glossary.person(row["name"], row["name_ru"]),
            row["name_native"] or row["name"],
        )
        return {
            "name": name,
            "name_native": None if native == name else native,
            "url": link("people", row["slug"]),
        }


def person_ref(person: type[Person] = Person) -> Rows:
    """What a `PersonRef` is filled from."""
    return select(
        person.slug,
        person.name,
        person.name_ru,
        person.name_native,
        person.agency,
        person.nationality,
    )
