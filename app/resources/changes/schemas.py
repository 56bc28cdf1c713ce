"""What changes look like, and how they can be asked for."""

from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from app.api.embeds import ReadModel, UtcInstant
from app.api.links import Url
from app.api.lists.pagination import MAX_PAGE_ITEMS
from app.api.params import CommaList, DecimalInt, Omittable, QueryModel
from app.domain.enums import RecordType
from app.resources.registry import RECORD_RESOURCES

if TYPE_CHECKING:
    RecordData = BaseModel
else:
    RecordData = reduce(or_, (RECORD_RESOURCES[each].record_model for each in RecordType))


class ChangeFilters(QueryModel):
    """Which changes."""

    types: CommaList[RecordType] = []
    """The kinds of records; otherwise all."""


class ChangeQuery(ChangeFilters):
    """A page of changes."""

    cursor: Omittable[Annotated[str, Field(min_length=1, max_length=400)]] = None
    """Where the page starts: take it from `next` or `sync`; without one the snapshot begins."""
    limit: DecimalInt = Field(default=MAX_PAGE_ITEMS, ge=1, le=MAX_PAGE_ITEMS)
    """How many changes a page holds at the most."""


class ChangeOp(StrEnum):
    """What a copy has to do."""

    UPSERT = "upsert"
    DELETE = "delete"


class Change(ReadModel):
    """That a record is so, or is no more."""

    seq: int
    """The number of the change; in the snapshot, that of the last one before it began."""
    type: RecordType
    id: int
    """The record's id, which no other record of its type ever gets."""
    op: ChangeOp
    changed_at: UtcInstant
    data: RecordData | None
    """The record as it is now, null where it is no more. What it refers to is named by slug."""


class ChangePage(ReadModel):
    """Some changes, and where to go on."""

    items: list[Change]
    next: Url | None
    """More is to be had at once from here; null where this was all."""
    sync: Url | None
    """What changes from now on will be had from here; null where there is more to be had first."""
