"""What sources look like."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from app.api.embeds import At, Shape
from app.api.links import Url
from app.api.lists.pagination import Page
from app.api.params import Language
from app.api.write_models import Document, ProperName, Target, example
from app.db.models import SourceFormat


class SourceWrite(Document):
    """An address to be looked at for news."""

    model_config = example(
        name="Station news", feed_url="https://portal.example/station.rss", language="en"
    )

    name: Annotated[ProperName, Field(max_length=120)]
    feed_url: Target
    """Where it is published."""
    format: SourceFormat = SourceFormat.FEED
    """What it is published in: `feed` is RSS, Atom or JSON Feed."""
    trusted: StrictBool = False
    """Whether its articles are published at once; otherwise they are drafts."""
    language: Language | None = None
    """The language of entries that do not tell theirs."""
    every_minutes: Annotated[StrictInt, Field(ge=5, le=10080)] = 60
    """How long to wait from one look to the next."""
    enabled: StrictBool = True
    """Whether it is looked at."""


class SourceReport(Shape):
    """What a look came to."""

    created: int
    updated: int
    unchanged: int
    rejected: int


class SourceRead(Shape):
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
    next_at: At | None
    """When it will be looked at again, null where it is not enabled."""
    checked_at: At | None
    """When it was looked at last."""
    failures: int
    """How many looks have failed since the last one that did not."""
    last_error: str | None
    """What went wrong at the last look: with all of it, or with some of its entries."""
    last_report: SourceReport | None
    """What the last look that brought something came to."""
    created_at: At
    updated_at: At
    version: int


class SourcePage(Page[SourceRead]):
    """A page of sources."""
