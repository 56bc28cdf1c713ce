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


def _format_utc(at: datetime) -> str:
    return at.isoformat()[:19] + "Z"  # the quickest way by far, and lists have two in each item


UtcInstant = Annotated[
    AwareDatetime,
    PlainSerializer(_format_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant in UTC, to the second."""


class ReadModel(BaseModel):
    """What an answer or a part of one looks like: every key present, nothing by default.

    It is filled from the columns of a row, by name, and by `computed_fields` with what follows
    from them.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _add_computed_fields(cls, row: Any) -> Any:
        return row | cls.computed_fields(row) if isinstance(row, dict) else row

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that follow from the columns in `row`."""
        return {}


class Source(ReadModel):
    """Source that a record cites."""

    name: str
    url: Url | None
    licence: str | None
