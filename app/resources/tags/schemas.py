"""Tag schemas: query parameters and read models."""

from typing import Annotated

from pydantic import Field

from app.api.links import Url
from app.api.lists.sorting import SortChoice
from app.api.openapi.examples import Example
from app.api.params import Omittable, QueryModel, SearchText
from app.api.read_models import ReadModel, UtcInstant
from app.domain.dates import Precision


class TagSort(SortChoice):
    """Sort order of tags."""

    MOST_USED = "-count"
    A_TO_Z = "tag"
    LAST_USED = "-last_published_at"


class TagQuery(QueryModel):
    """Query parameters of the tags."""

    q: Annotated[Omittable[SearchText], Example("launch")] = None
    """Part of the tag."""
    sort: Annotated[TagSort, Example("-count")] = TagSort.MOST_USED
    """Sort by the number of articles, by name or by the last use. `-` means descending order."""


class TagRead(ReadModel):
    """Tag of public articles."""

    tag: str = Field(examples=["launch"])
    count: int = Field(ge=1)
    """Number of articles with the tag, up to 1,000. Translations count."""
    count_is_minimum: bool
    """True if more than 1,000 articles have the tag."""
    first_published_at: UtcInstant
    """Publication of the first article with the tag."""
    first_published_at_precision: Precision
    last_published_at: UtcInstant
    """Publication of the newest article with the tag."""
    last_published_at_precision: Precision
    url: Url
    """URL of the list of these articles."""


class Tags(ReadModel):
    """Tags of public articles."""

    items: list[TagRead]
    """At most 200 tags; of more, the first by name. `q` searches the first 1,000 tags."""
