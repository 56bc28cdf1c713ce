"""Routes of `/v1/webhooks`: URLs that the service notifies of changes."""

from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep
from app.api.lists.pagination import ListQuery
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.examples import Example
from app.api.params import IdPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.resources.webhooks import commands, queries
from app.resources.webhooks.schemas import (
    WebhookCreated,
    WebhookDeliveryPage,
    WebhookDeliveryRead,
    WebhookPage,
    WebhookRead,
    WebhookRedeliver,
    WebhookWrite,
)

router = Router(prefix="/v1/webhooks", tags=["webhooks"])

WebhookWriterDep = Annotated[ApiClient, Depends(RequireScope(Scope.WEBHOOKS_WRITE))]
CreateWebhookDep = Annotated[
    WriteRequest,
    Depends(build_create_dependency(Scope.WEBHOOKS_WRITE, accepts_idempotency_key=False)),
]
UpdateWebhookDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.WEBHOOKS_WRITE))]
WebhookActionDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.WEBHOOKS_WRITE))]
DeliveryIdPath = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="Id of the delivery."), Example(1)
]
WebhookPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="WebhookPatch"),
    MergePatchSchema(WebhookWrite),
]


@router.get("", name="listWebhooks", summary="List webhooks", response_model=WebhookPage)
async def list_webhooks(
    query: Annotated[ListQuery, Query()], _writer: WebhookWriterDep, lists: ListResponderDep
) -> Response:
    """Returns all webhooks with their delivery status, oldest first."""
    return await lists.respond(queries.list_webhooks, query)


@router.get("/{id}", name="getWebhook", summary="Get a webhook")
async def get_webhook(
    id_: IdPath,
    _writer: WebhookWriterDep,
    database: DatabaseDep,
    response: Response,
    _query: RecordQueryDep,
) -> WebhookRead:
    """Returns a webhook with its delivery status, without its secret."""
    return set_validators(response, await database.read(queries.get_webhook, id_))


@router.post(
    "",
    name="createWebhook",
    summary="Create a webhook",
    status_code=201,
    response_model=WebhookCreated,
)
async def create_webhook(webhook: WebhookWrite, write: CreateWebhookDep) -> Response:
    """Creates a webhook.

    Only this response contains the secret, so it accepts no `Idempotency-Key`.
    """
    return await write.execute(commands.create_webhook, webhook)


@router.patch("/{id}", name="updateWebhook", summary="Update a webhook", response_model=WebhookRead)
async def update_webhook(id_: IdPath, patch: WebhookPatch, write: UpdateWebhookDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396).

    Enabling the webhook delivers all changes missed meanwhile.
    """
    return await write.execute(commands.WRITER.patch, id_, patch)


@router.delete("/{id}", name="deleteWebhook", summary="Delete a webhook", status_code=204)
async def delete_webhook(id_: IdPath, write: UpdateWebhookDep) -> Response:
    """Deletes the webhook and stops its deliveries."""
    return await write.execute(commands.WRITER.delete, id_)


@router.post(
    "/{id}/test",
    name="testWebhook",
    summary="Send a test message",
    status_code=202,
    response_model=WebhookDeliveryRead,
)
async def test_webhook(id_: IdPath, write: WebhookActionDep) -> Response:
    """Sends a signed `webhook.test` message within seconds, also if the webhook is disabled.

    Read the result from `/v1/webhooks/{id}/deliveries/{delivery_id}`. A failed test is not retried.
    It is refused with 409 if 10 messages on request are waiting.
    """
    return await write.execute(commands.request_test, id_)


@router.post(
    "/{id}/redeliver",
    name="redeliverChanges",
    summary="Deliver changes again",
    status_code=202,
    response_model=WebhookRead,
)
async def redeliver_changes(
    id_: IdPath, redelivery: WebhookRedeliver, write: WebhookActionDep
) -> Response:
    """Delivers all changes since a time again, in order, with the present state of each record.

    A time after the last delivered change has no effect.
    """
    return await write.execute(commands.redeliver_since, id_, redelivery)


@router.get(
    "/{id}/deliveries",
    name="listWebhookDeliveries",
    summary="List deliveries",
    response_model=WebhookDeliveryPage,
)
async def list_webhook_deliveries(
    id_: IdPath,
    query: Annotated[ListQuery, Query()],
    _writer: WebhookWriterDep,
    lists: ListResponderDep,
) -> Response:
    """Returns the last 50 attempts and the messages on request, newest first."""
    return await lists.respond(
        lambda reader, page_query: queries.list_deliveries(reader, id_, page_query), query
    )


@router.get("/{id}/deliveries/{delivery_id}", name="getWebhookDelivery", summary="Get a delivery")
async def get_webhook_delivery(
    id_: IdPath,
    delivery_id: DeliveryIdPath,
    _writer: WebhookWriterDep,
    database: DatabaseDep,
    _query: RecordQueryDep,
) -> WebhookDeliveryRead:
    """Returns an attempt with its request and its response."""
    return await database.read(queries.get_delivery, id_, delivery_id)


@router.post(
    "/{id}/deliveries/{delivery_id}/redeliver",
    name="redeliverMessage",
    summary="Deliver a message again",
    status_code=202,
    response_model=WebhookDeliveryRead,
)
async def redeliver_message(
    id_: IdPath, delivery_id: DeliveryIdPath, write: WebhookActionDep
) -> Response:
    """Sends the message once more within seconds, with the present state of its record.

    The message has the same `webhook-id`. It is refused with 409 if its change is no longer kept,
    or if 10 messages on request are waiting.
    """
    return await write.execute(commands.request_redelivery, id_, delivery_id)
