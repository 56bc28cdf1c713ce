"""Note schemas: query parameters, read models and write models."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict

from app.api.date_params import Rfc3339
from app.api.links import Url, url_for_request
from app.api.lists.pagination import ListQuery, Page
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import Omittable, QueryModel, SearchText, Slug
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import MaxChars, NonBlankText, SluggableName, WriteModel, example_config


class NoteSort(SortChoice):
    """Sort orders of notes."""

    NEWEST = "-written_at"
    OLDEST = "written_at"


class NoteFilters(QueryModel):
    """Filters of notes."""

    q: Annotated[Omittable[SearchText], Example("docking")] = None
    """Full-text search: all words, in any spelling and inflection, as in `/v1/search`."""
    written_at_gte: Annotated[Omittable[Rfc3339], Example("2019-04-04T00:00:00Z")] = None
    """Written at this instant or later."""


class NoteQuery(NoteFilters, ListQuery):
    """Query parameters of the note list."""

    sort: NoteSort = NoteSort.NEWEST
    """Sort by time of writing. `-` means descending order."""


class NoteSummary(ReadModel):
    """Note in a list."""

    id: int
    slug: str
    title: str
    written_at: UtcInstant
    updated_at: UtcInstant
    version: int
    url: Url

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": url_for_request("notes", row["slug"])}


class NoteRead(NoteSummary):
    """Note with its text."""

    body: str


class NotePage(Page[NoteSummary]):
    """Page of notes."""


class NoteWrite(WriteModel):
    """Writable fields of a note."""

    model_config = example_config(
        title="Docking delayed", body="By one orbit.", written_at="2019-04-04T12:00:00Z"
    )

    slug: Slug | None = None
    """Slug in the note's URL. Default: derived from `title`."""
    title: Annotated[SluggableName, MaxChars(120)]
    """Title of the note."""
    body: Annotated[NonBlankText, MaxChars(4000)]
    """Text of the note."""
    written_at: Rfc3339
    """Time at which it was written."""


class NoteRecord(NoteWrite):
    """Complete note."""

    model_config = ConfigDict(json_schema_extra=None)

    id: int
    url: Url
    created_at: Rfc3339
    updated_at: Rfc3339
    version: int
