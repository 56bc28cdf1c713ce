"""Routes of `/v1/webhooks`: URLs that the service notifies of changes."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_version_etag
from app.api.lists.pagination import ListQuery
from app.api.lists.responses import ListResponderDep
from app.api.params import IdPath
from app.api.routing import Router
from app.api.writes.deps import (
    MERGE_PATCH_MEDIA_TYPE,
    ConditionalWriteRoute,
    MergePatchSchema,
    build_create_dependency,
    build_update_dependency,
)
from app.api.writes.request import WriteRequest
from app.db.database import DatabaseDep
from app.domain.enums import Scope
from app.resources.webhooks import queries
from app.resources.webhooks.schemas import WebhookCreated, WebhookPage, WebhookRead, WebhookWrite

router = Router(prefix="/v1/webhooks", tags=["webhooks"], route_class=ConditionalWriteRoute)

WebhookWriterDep = Annotated[ApiClient, Depends(RequireScope(Scope.WEBHOOKS_WRITE))]
CreateWebhookDep = Annotated[
    WriteRequest,
    Depends(build_create_dependency(Scope.WEBHOOKS_WRITE, accepts_idempotency_key=False)),
]
UpdateWebhookDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.WEBHOOKS_WRITE))]
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
    id_: IdPath, _writer: WebhookWriterDep, database: DatabaseDep, response: Response
) -> WebhookRead:
    """Returns a webhook with its delivery status, without its secret."""
    return set_version_etag(response, await database.read(queries.get_webhook, id_))


@router.post(
    "",
    name="createWebhook",
    summary="Create a webhook",
    status_code=201,
    response_model=WebhookCreated,
)
async def create_webhook(webhook: WebhookWrite, edit: CreateWebhookDep) -> Response:
    """Creates a webhook.

    Only this response contains the secret, so it accepts no `Idempotency-Key`.
    """
    return await queries.create_webhook(edit, webhook)


@router.patch("/{id}", name="updateWebhook", summary="Update a webhook", response_model=WebhookRead)
async def update_webhook(id_: IdPath, patch: WebhookPatch, edit: UpdateWebhookDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396).

    Enabling the webhook delivers all changes missed meanwhile.
    """
    return await queries.WRITER.patch(edit, id_, patch)


@router.delete("/{id}", name="deleteWebhook", summary="Delete a webhook", status_code=204)
async def delete_webhook(id_: IdPath, edit: UpdateWebhookDep) -> Response:
    """Deletes the webhook and stops its deliveries."""
    return await queries.WRITER.delete(edit, id_)
