"""Base model and types of response schemas."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, overload

from pydantic import (
    AwareDatetime,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from app.api.attribute_docstrings import DescribedModel
from app.api.links import Url
from app.domain.dates import format_rfc3339_utc

UtcInstant = Annotated[
    AwareDatetime,
    PlainSerializer(format_rfc3339_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant in UTC, to the second."""


@overload
def instant_of(value: None) -> None: ...
@overload
def instant_of(value: str | date) -> datetime: ...
def instant_of(value: str | date | None) -> datetime | None:
    """Convert an instant or a day, from a column or from JSON, to an instant; None stays None."""
    if value is None or isinstance(value, datetime):
        return value
    at = datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class ReadModel(DescribedModel):
    """Base of response schemas: all keys present, no defaults.

    Filled from the columns of a row by name, and from `computed_fields`.
    """

    @model_validator(mode="before")
    @classmethod
    def _add_computed_fields(cls, row: Any) -> Any:
        return row | cls.computed_fields(row) if isinstance(row, dict) else row

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Fields computed from the columns of `row`."""
        return {}

    def last_modified(self) -> datetime | None:
        """Time of the newest change of the records in it, for `Last-Modified`; None without any."""
        return getattr(self, "updated_at", None)


class Source(ReadModel):
    """Source that a record cites."""

    name: str
    url: Url | None
    licence: str | None
