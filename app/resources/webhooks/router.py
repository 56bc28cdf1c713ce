"""`/v1/webhooks`: other services that are told of changes."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
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
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(WebhookWrite)
]


@router.get("", name="listWebhooks", summary="List webhooks", response_model=WebhookPage)
async def list_webhooks(
    query: Annotated[ListQuery, Query()], _writer: WebhookWriterDep, lists: ListResponderDep
) -> Response:
    """Every webhook, the oldest first, and how it fares."""
    return await lists.respond(queries.list_webhooks, query)


@router.get("/{id}", name="getWebhook", summary="Get a webhook")
async def get_webhook(
    id_: IdPath, _writer: WebhookWriterDep, database: DatabaseDep, response: Response
) -> WebhookRead:
    """A webhook and how it fares, without its secret."""
    return set_validators(response, await database.read(queries.get_webhook, id_))


@router.post(
    "",
    name="createWebhook",
    summary="Create a webhook",
    status_code=201,
    response_model=WebhookCreated,
)
async def create_webhook(webhook: WebhookWrite, edit: CreateWebhookDep) -> Response:
    """The answer shows the secret this once; so no Idempotency-Key, which would have it kept."""
    return await queries.create_webhook(edit, webhook)


@router.patch("/{id}", name="updateWebhook", summary="Change a webhook", response_model=WebhookRead)
async def update_webhook(id_: IdPath, patch: WebhookPatch, edit: UpdateWebhookDep) -> Response:
    """A merge patch (RFC 7396). Enabled again, it hears of all that it has missed."""
    return await queries.WRITER.patch(edit, id_, patch)


@router.delete("/{id}", name="deleteWebhook", summary="Delete a webhook", status_code=204)
async def delete_webhook(id_: IdPath, edit: UpdateWebhookDep) -> Response:
    """It is told of nothing any more."""
    return await queries.WRITER.delete(edit, id_)
