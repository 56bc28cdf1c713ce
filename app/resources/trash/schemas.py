"""Trash schemas: query parameters and read models."""

from collections.abc import Mapping
from typing import Annotated, Any

from app.api.links import Url
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import CommaList, Slug
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import WriteModel, example_config
from app.domain.enums import RecordType
from app.resources.audit.schemas import AuditActor


class TrashSort(SortChoice):
    """Sort order of deleted records."""

    NEWEST = "-deleted_at"
    OLDEST = "deleted_at"


class TrashQuery(ListQuery):
    """Query parameters of the trash."""

    type: Annotated[CommaList[RecordType], Example(["article"])] = []
    """Type of the record."""
    sort: TrashSort = TrashSort.NEWEST
    """Sort by time of deletion. `-` means descending order."""


class DeletedRecord(ReadModel):
    """Deleted record."""

    id: int
    """Id of the record, which it has again after it is restored."""
    type: RecordType
    collection: str
    """Collection of the record, such as `people`: the segment of its path."""
    slug: str
    title: str
    """Title or name of the record; the slug if it has neither."""
    version: int
    """Last version before the deletion. Its content is in `revisions`."""
    deleted_at: UtcInstant
    deleted_by: AuditActor
    restore_url: Url | None
    """URL to `POST` to, which restores the record; null if another record has had its
    slug since."""
    restore_as_url: Url | None
    """URL to `POST` `{"slug": …}` to, which restores the record under another slug; null for an
    article, which keeps its slug in the trash."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"deleted_by": {"id": row["actor"], "name": row["actor_name"]}}


class RestoredSlug(WriteModel):
    """Slug of a record that is restored."""

    model_config = example_config(slug="anne-mcclain-2")

    slug: Slug
    """New slug of the record."""


class TrashPage(Page[DeletedRecord]):
    """Page of deleted records."""
