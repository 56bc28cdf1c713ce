"""Search schemas: query parameters and read models."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.api.links import PageUrl, Url
from app.api.lists.pagination import Page, PageParams
from app.api.openapi.examples import Example
from app.api.params import CommaList, DecimalInt, QueryModel, SearchText
from app.api.read_models import ReadModel, UtcInstant
from app.domain.dates import Precision
from app.domain.enums import RecordType

CodePointOffset = Annotated[int, Field(ge=0, description="Offset in Unicode code points.")]


class SearchQuery(PageParams):
    """Query parameters of the search."""

    q: Annotated[SearchText, Example("kononenko")]
    """Words in any order, language and spelling. Supports `"a phrase"`, `-not`, `type:launch`."""
    type: Annotated[CommaList[RecordType], Example(["mission"])] = []
    """Record types to search. Default: all."""


class SuggestQuery(QueryModel):
    """Query parameters of the suggestions."""

    q: Annotated[SearchText, Example("kononenko")]
    """Text typed so far: words in any order. The last word may be incomplete."""
    type: Annotated[CommaList[RecordType], Example(["mission"])] = []
    """Record types to search. Default: all."""
    limit: Annotated[DecimalInt, Example(20)] = Field(default=8, ge=1, le=20)
    """Maximum number of suggestions."""


class MarkedField(StrEnum):
    """Text field of a hit that a highlight refers to."""

    TITLE = "title"
    TEXT = "text"


class SuggestionHighlight(ReadModel):
    """Range of a title that matches the query, from `start` to before `end`."""

    start: CodePointOffset
    end: CodePointOffset


class Highlight(SuggestionHighlight):
    """Range of a hit's text that matches the query, from `start` to before `end`."""

    field: MarkedField


class SearchHit(ReadModel):
    """Search hit: a matching record."""

    type: RecordType
    slug: str
    title: str = Field(examples=["Progress MS-11"])
    text: str | None
    """Lead of an article, summary of a mission, or other identifying text."""
    at: UtcInstant | None
    """Publication, launch or mission start time. Null for people."""
    at_precision: Precision | None
    language: str | None
    """Language of an article. Null for other records."""
    highlights: list[Highlight]
    """Ranges of `title` and `text` that match the query, in order."""
    url: Url
    html_url: PageUrl | None


class SearchPage(Page[SearchHit]):
    """Page of search hits, best match first, then newest first."""


class Suggestion(ReadModel):
    """Suggested record."""

    type: RecordType
    slug: str
    title: str = Field(examples=["Oleg Kononenko"])
    highlights: list[SuggestionHighlight]
    """Ranges of `title` that match the query, in order."""
    url: Url
    html_url: PageUrl | None


class Suggestions(ReadModel):
    """Suggested records, best match first."""

    items: list[Suggestion]
