"""What sources look like."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from app.api.links import Url
from app.api.lists.pagination import Page
from app.api.params import LanguageCode
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import FetchableUrl, SluggableName, WriteModel, example_config
from app.domain.enums import SourceFormat


class SourceWrite(WriteModel):
    """An address to be looked at for news."""

    model_config = example_config(
        name="Station news", feed_url="https://portal.example/station.rss", language="en"
    )

    name: Annotated[SluggableName, Field(max_length=120)]
    feed_url: FetchableUrl
    """Where it is published."""
    format: SourceFormat = SourceFormat.FEED
    """What it is published in: `feed` is RSS, Atom or JSON Feed."""
    trusted: StrictBool = False
    """Whether its articles are published at once; otherwise they are drafts."""
    language: LanguageCode | None = None
    """The language of entries that do not tell theirs."""
    every_minutes: Annotated[StrictInt, Field(ge=5, le=10080)] = 60
    """How long to wait from one look to the next."""
    enabled: StrictBool = True
    """Whether it is looked at."""


class SourceReport(ReadModel):
    """What a look came to."""

    created: int
    updated: int
    unchanged: int
    rejected: int


class SourceRead(ReadModel):
    """An address that is looked at for news, and how that fares."""

    id: int
    name: str
    feed_url: Url
    format: SourceFormat
    trusted: bool
    language: str | None
    every_minutes: int
    enabled: bool
    disabled_reason: str | None
    """Why it is no longer looked at, where nobody switched it off."""
    next_at: UtcInstant | None
    """When it will be looked at again, null where it is not enabled."""
    checked_at: UtcInstant | None
    """When it was looked at last."""
    failures: int
    """How many looks have failed since the last one that did not."""
    last_error: str | None
    """What went wrong at the last look: with all of it, or with some of its entries."""
    last_report: SourceReport | None
    """What the last look that brought something came to."""
    created_at: UtcInstant
    updated_at: UtcInstant
    version: int


class SourcePage(Page[SourceRead]):
    """A page of sources."""
