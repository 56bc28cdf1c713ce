"""What webhooks look like."""

from typing import Annotated

from pydantic import Field, StrictBool

from app.api.links import Url
from app.api.lists.pagination import Page
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import FetchableUrl, NonBlankText, WriteModel, example_config
from app.domain.enums import RecordType


class WebhookWrite(WriteModel):
    """An address to be told of changes."""

    model_config = example_config(
        target_url="https://portal.example/hooks/zarya", types=["article"]
    )

    target_url: FetchableUrl
    """Where the messages are posted to, signed by Standard Webhooks."""
    description: Annotated[NonBlankText, Field(max_length=300)] | None = None
    types: Annotated[list[RecordType], Field(max_length=10)] = []
    """The kinds of records it wants to hear of; an empty list: all."""
    enabled: StrictBool = True
    """Whether it is told; when it is again, it hears of all that it has missed."""


class WebhookRead(ReadModel):
    """An address that is told of changes, and how that fares."""

    id: int
    target_url: Url
    description: str | None
    types: list[RecordType]
    enabled: bool
    disabled_reason: str | None
    """Why it is no longer told, where nobody switched it off."""
    attempts: int
    """How often the message at hand has been tried; 0 where all is well."""
    next_attempt_at: UtcInstant | None
    """When it will be tried again, null where nothing waits for that."""
    last_attempt_at: UtcInstant | None
    last_status: int | None
    """The HTTP status of the last answer, null where there was none."""
    last_error: str | None
    created_at: UtcInstant
    updated_at: UtcInstant
    version: int


class WebhookCreated(WebhookRead):
    """A new webhook with its secret, shown this once."""

    secret: str
    """What the signatures are made with: `whsec_` and base64."""


class WebhookPage(Page[WebhookRead]):
    """A page of webhooks."""
