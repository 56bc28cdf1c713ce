"""Webhook schemas."""

from typing import Annotated

from pydantic import Field, StrictBool

from app.api.date_params import Rfc3339
from app.api.links import Url
from app.api.lists.pagination import Page
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import (
    DocumentModel,
    FetchableUrl,
    MaxChars,
    NonBlankText,
    WriteModel,
    example_config,
)
from app.domain.enums import RecordType


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


class WebhookWrite(DocumentModel, read_as=WebhookRead):
    """Writable fields of a webhook."""

    model_config = example_config(
        target_url="https://portal.example/hooks/zarya", types=["article"]
    )

    target_url: FetchableUrl
    """URL that receives the messages by POST, signed per Standard Webhooks."""
    description: Annotated[NonBlankText, MaxChars(300)] | None = None
    types: Annotated[list[RecordType], Field(max_length=len(RecordType))] = []
    """Record types to deliver. Empty: all."""
    enabled: StrictBool = True
    """If true, changes are delivered. Enabling the webhook delivers all missed changes."""


class WebhookCreated(WebhookRead):
    """New webhook with its secret. Only the response to its creation contains the secret."""

    secret: str
    """Signing secret: `whsec_` followed by base64."""


class WebhookPage(Page[WebhookRead]):
    """Page of webhooks."""


class WebhookRedeliver(WriteModel):
    """Point in time from which changes are delivered again."""

    model_config = example_config(since="2026-11-24T12:00:00Z")

    since: Rfc3339
    """Time of the first change to deliver again, at most 90 days ago."""


class WebhookDeliveryRead(ReadModel):
    """Attempt to deliver a message, or a message on request that was not sent yet."""

    id: int
    message_id: str
    """`webhook-id` of the message, the same for all its attempts."""
    type: str
    """Type of the message, such as `article.upsert` or `webhook.test`."""
    created_at: UtcInstant
    attempted_at: UtcInstant | None
    """Time of the attempt, or null if it is due within seconds."""
    next_attempt_at: UtcInstant | None
    """Time of the next attempt after this one failed, or null."""
    request_url: str | None
    request_headers: dict[str, str] | None
    request_body: str | None
    """Body of the request, of which the first 20,000 characters are kept."""
    response_status: int | None
    """HTTP status of the response, or null if there was none."""
    response_body: str | None
    """Body of the response, of which the first 2,000 characters are kept."""
    duration_ms: int | None
    """Duration of the attempt in milliseconds."""
    error: str | None
    """Reason why the attempt failed, or null."""


class WebhookDeliveryPage(Page[WebhookDeliveryRead]):
    """Page of deliveries."""
