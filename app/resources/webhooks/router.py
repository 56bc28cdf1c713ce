"""`/v1/webhooks`: other services that are told of changes."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.auth import Allowed, Caller
from app.api.cache_control import versioned
from app.api.lists.pagination import PageQuery
from app.api.lists.responses import ListsDep
from app.api.params import IdPath
from app.api.routing import Router
from app.api.writes.deps import MERGE_PATCH, EditRoute, PatchOf, changing, creating
from app.api.writes.request import Edit
from app.db.database import DatabaseDep
from app.db.models import Scope
from app.resources.webhooks import queries
from app.resources.webhooks.schemas import WebhookCreated, WebhookPage, WebhookRead, WebhookWrite

router = Router(prefix="/v1/webhooks", tags=["webhooks"], route_class=EditRoute)

Writer = Annotated[Caller, Depends(Allowed(Scope.WEBHOOKS_WRITE))]
Creating = Annotated[Edit, Depends(creating(Scope.WEBHOOKS_WRITE, repeatable=False))]
Changing = Annotated[Edit, Depends(changing(Scope.WEBHOOKS_WRITE))]
WebhookPatch = Annotated[dict[str, Any], Body(media_type=MERGE_PATCH), PatchOf(WebhookWrite)]


@router.get("", name="listWebhooks", summary="List webhooks", response_model=WebhookPage)
async def list_webhooks(
    query: Annotated[PageQuery, Query()], _writer: Writer, lists: ListsDep
) -> Response:
    """Every webhook, the oldest first, and how it fares."""
    return await lists.answer(queries.list_webhooks, query)


@router.get("/{id}", name="getWebhook", summary="Get a webhook")
async def get_webhook(
    id_: IdPath, _writer: Writer, database: DatabaseDep, response: Response
) -> WebhookRead:
    """A webhook and how it fares, without its secret."""
    return versioned(response, await database.read(queries.get_webhook, id_))


@router.post(
    "",
    name="createWebhook",
    summary="Create a webhook",
    status_code=201,
    response_model=WebhookCreated,
)
async def create_webhook(webhook: WebhookWrite, edit: Creating) -> Response:
    """The answer shows the secret this once; so no Idempotency-Key, which would have it kept."""
    return await queries.create_webhook(edit, webhook)


@router.patch("/{id}", name="updateWebhook", summary="Change a webhook", response_model=WebhookRead)
async def update_webhook(id_: IdPath, patch: WebhookPatch, edit: Changing) -> Response:
    """A merge patch (RFC 7396). Enabled again, it hears of all that it has missed."""
    return await queries.EDITABLE.patch(edit, id_, patch)


@router.delete("/{id}", name="deleteWebhook", summary="Delete a webhook", status_code=204)
async def delete_webhook(id_: IdPath, edit: Changing) -> Response:
    """It is told of nothing any more."""
    return await queries.EDITABLE.delete(edit, id_)
