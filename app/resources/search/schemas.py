"""What search finds, and how it is asked."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.api.links import Url
from app.api.lists.pagination import Page, PageParams
from app.api.params import CommaList, DecimalInt, QueryModel, SearchText
from app.api.read_models import ReadModel, UtcInstant
from app.domain.dates import Precision
from app.domain.enums import RecordType

CodePointOffset = Annotated[int, Field(ge=0, description="In Unicode code points.")]


class SearchQuery(PageParams):
    """A page of what is found."""

    q: SearchText
    """Words in any order, language and spelling; also `"a phrase"`, `-not` and `type:launch`."""
    type: CommaList[RecordType] = []
    """The kinds of records to look among; otherwise all."""


class SuggestQuery(QueryModel):
    """What somebody may be typing."""

    q: SearchText
    """What is typed so far: words in any order, the last of them perhaps only begun."""
    type: CommaList[RecordType] = []
    """The kinds of records to look among; otherwise all."""
    limit: DecimalInt = Field(default=8, ge=1, le=20)
    """How many suggestions there are at the most."""


class MarkedField(StrEnum):
    """The texts of a hit that highlights stand in."""

    TITLE = "title"
    TEXT = "text"


class SuggestionHighlight(ReadModel):
    """A part of a title that was searched for."""

    start: CodePointOffset
    end: CodePointOffset


class Highlight(SuggestionHighlight):
    """A part of a hit that was searched for: from `start` to before `end`."""

    field: MarkedField


class SearchHit(ReadModel):
    """A record that was found."""

    type: RecordType
    slug: str
    title: str = Field(examples=["Progress MS-11"])
    text: str | None
    """An article's lead, a mission's summary, what else tells the record from others."""
    at: UtcInstant | None
    """When an article was published, a launch left or a mission began; null for people."""
    at_precision: Precision | None
    language: str | None
    """The language of an article, null for other records."""
    highlights: list[Highlight]
    """The parts of `title` and `text` that were searched for, in their order."""
    url: Url


class SearchPage(Page[SearchHit]):
    """A page of what was found, what matches best first, then the newest."""


class Suggestion(ReadModel):
    """A record that somebody may be looking for."""

    type: RecordType
    slug: str
    title: str = Field(examples=["Oleg Kononenko"])
    highlights: list[SuggestionHighlight]
    """The parts of `title` that were searched for, in their order."""
    url: Url


class Suggestions(ReadModel):
    """What somebody may be looking for, the likeliest first."""

    items: list[Suggestion]
