"""Change feed schemas: query parameters and read models."""

from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from app.api.links import Url
from app.api.lists.pagination import MAX_PAGE_ITEMS
from app.api.openapi.examples import Example
from app.api.params import CommaList, DecimalInt, Omittable, QueryModel
from app.api.read_models import ReadModel, UtcInstant
from app.domain.enums import RecordType
from app.resources.registry import RECORD_RESOURCES

if TYPE_CHECKING:
    RecordData = BaseModel
else:
    RecordData = reduce(
        or_,
        (RECORD_RESOURCES[each].record_model for each in RecordType),
    )


class ChangeFilters(QueryModel):
    """Filters of changes."""

    types: Annotated[CommaList[RecordType], Example(["mission"])] = []
    """Record types. Default: all."""


_Cursor = Annotated[
    Omittable[Annotated[str, Field(min_length=1, max_length=400)]],
    Example("WyJuYW1lIiwgIjhkYjI1Y2JlZTk0NyIsIDAsICJhbm5lIG1jY2xhaW4iLCAyNV0"),
]


class EventQuery(ChangeFilters):
    """Query parameters of the event stream."""

    cursor: _Cursor = None
    """Cursor from `sync`, an event id, or an export. `Last-Event-ID` overrides it."""


class ChangeQuery(ChangeFilters):
    """Query parameters of the change feed."""

    cursor: _Cursor = None
    """Cursor from `next`, `sync`, an event id, or an export. Without one, the snapshot starts."""
    limit: Annotated[DecimalInt, Example(20)] = Field(
        default=MAX_PAGE_ITEMS, ge=1, le=MAX_PAGE_ITEMS
    )
    """Maximum number of changes per page."""


class ChangeOp(StrEnum):
    """Operation to apply to a copy of the archive."""

    UPSERT = "upsert"
    DELETE = "delete"


class Change(ReadModel):
    """One change: an upsert with the record, or a deletion."""

    seq: int
    """Sequence number of the change. In the snapshot: that of the last change before it."""
    type: RecordType
    id: int
    """Id of the record, never reused within its type."""
    op: ChangeOp
    changed_at: UtcInstant
    data: RecordData | None
    """Current record with references by slug, or null if it was deleted."""

    def last_modified(self) -> datetime | None:
        return getattr(self.data, "updated_at", None)


class ChangePage(ReadModel):
    """Page of changes."""

    items: list[Change]
    next: Url | None
    """URL of the next page, or null on the last page."""
    sync: Url | None
    """URL to poll for later changes, or null if `next` is set."""
