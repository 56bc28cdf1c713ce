"""What every part of an answer shares."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from app.api.links import Url


def _spelt(at: datetime) -> str:
    return at.isoformat()[:19] + "Z"  # the quickest way by far, and lists have two in each item


At = Annotated[
    AwareDatetime,
    PlainSerializer(_spelt, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant in UTC, to the second."""


class Shape(BaseModel):
    """What an answer or a part of one looks like: every key present, nothing by default.

    It is filled from the columns of a row, by name, and by `complete` with what follows from them.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, row: Any) -> Any:
        return row | cls.complete(row) if isinstance(row, dict) else row

    @classmethod
    def complete(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that follow from the columns in `row`."""
        return {}


class Source(Shape):
    """Where facts of a record come from."""

    name: str
    url: Url | None
    licence: str | None
