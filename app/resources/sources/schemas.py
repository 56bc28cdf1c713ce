"""Source schemas."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictBool, StrictInt

from app.api.links import Url
from app.api.lists.pagination import Page
from app.api.params import LanguageCode
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import (
    DocumentModel,
    FetchableUrl,
    MaxChars,
    SluggableName,
    example_config,
    sort_unique,
)
from app.domain.enums import HorizonKind, SourceFormat


class SourceReport(ReadModel):
    """Result of a poll, as numbers of records."""

    created: int
    updated: int
    unchanged: int
    rejected: int
    proposed: int
    """Entries that may be records of the archive, and wait for an editor as proposals."""
    skipped: int
    """New launches that do not go to the station, and were left out."""

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Numbers of records; 0 in stored reports from before the outcome existed."""
        return {name: row.get(name, 0) for name in cls.model_fields}


class SourceRead(ReadModel):
    """Source with its polling status."""

    id: int
    name: str
    feed_url: Url
    format: SourceFormat
    trusted: bool
    pictures: bool | None
    language: str | None
    every_minutes: int
    requests_per_hour: int | None
    covers: list[HorizonKind]
    enabled: bool
    disabled_reason: str | None
    """Reason why the service disabled the source, or null."""
    next_at: UtcInstant | None
    """Time of the next poll, or null if the source is disabled."""
    checked_at: UtcInstant | None
    """Time of the last poll."""
    looked_at: UtcInstant | None
    """Start of the last poll that read all pages, and imported all entries. Null if the URL, the
    format or the language has changed since."""
    failures: int
    """Number of failed polls since the last successful one."""
    last_error: str | None
    """Error of the last poll or of some of its entries, or null."""
    last_report: SourceReport | None
    """Result of the last poll that returned entries."""
    created_at: UtcInstant
    updated_at: UtcInstant
    version: int


class SourceWrite(DocumentModel, read_as=SourceRead):
    """Writable fields of a source: an external feed to poll."""

    model_config = example_config(
        name="Station news", feed_url="https://portal.example/station.rss", language="en"
    )

    name: Annotated[SluggableName, MaxChars(120)]
    feed_url: FetchableUrl
    """URL of the feed."""
    format: SourceFormat = SourceFormat.FEED
    """Format of the feed. `feed` means RSS, Atom or JSON Feed."""
    trusted: StrictBool = False
    """If true, imported articles are published. Otherwise they are drafts."""
    pictures: StrictBool | None = None
    """If true, pictures of new and changed entries are fetched, and stored as unpublished media.
    Default: null, the same as `trusted`."""
    language: LanguageCode | None = None
    """Language of entries that do not declare one."""
    every_minutes: Annotated[StrictInt, Field(ge=5, le=10080)] = 60
    """Polling interval in minutes."""
    requests_per_hour: Annotated[StrictInt, Field(ge=1, le=3600)] | None = None
    """Maximum number of requests per hour to the host of `feed_url`. The lowest limit of its
    enabled sources applies to all of them together."""
    covers: Annotated[
        list[HorizonKind], Field(max_length=len(HorizonKind)), AfterValidator(sort_unique)
    ] = []
    """Kinds of facts that the source lists, alone or with the other sources that cover them."""
    enabled: StrictBool = True
    """If true, the source is polled."""


class SourcePage(Page[SourceRead]):
    """Page of sources."""
