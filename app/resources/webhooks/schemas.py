"""Webhook schemas."""

from typing import Annotated

from pydantic import Field, StrictBool

from app.api.links import Url
from app.api.lists.pagination import Page
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import FetchableUrl, MaxChars, NonBlankText, WriteModel, example_config
from app.domain.enums import RecordType


class WebhookWrite(WriteModel):
    """Writable fields of a webhook."""

    model_config = example_config(
        target_url="https://portal.example/hooks/zarya", types=["article"]
    )

    target_url: FetchableUrl
    """URL that receives the messages by POST, signed per Standard Webhooks."""
    description: Annotated[NonBlankText, MaxChars(300)] | None = None
    types: Annotated[list[RecordType], Field(max_length=10)] = []
    """Record types to deliver. Empty: all."""
    enabled: StrictBool = True
    """If true, changes are delivered. Enabling the webhook delivers all missed changes."""


class WebhookRead(ReadModel):
    """Webhook with its delivery status."""

    id: int
    target_url: Url
    description: str | None
    types: list[RecordType]
    enabled: bool
    disabled_reason: str | None
    """Reason why the service disabled the webhook, or null."""
    attempts: int
    """Number of attempts for the current message. 0 if no delivery has failed."""
    next_attempt_at: UtcInstant | None
    """Time of the next attempt, or null if no retry is scheduled."""
    last_attempt_at: UtcInstant | None
    last_status: int | None
    """HTTP status of the last response, or null if there was none."""
    last_error: str | None
    created_at: UtcInstant
    updated_at: UtcInstant
    version: int


class WebhookCreated(WebhookRead):
    """New webhook with its secret. Only the response to its creation contains the secret."""

    secret: str
    """Signing secret: `whsec_` followed by base64."""


class WebhookPage(Page[WebhookRead]):
    """Page of webhooks."""
