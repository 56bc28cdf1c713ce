"""Route of `/v1/trash`."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.lists.responses import ListResponderDep
from app.api.routing import Router
from app.domain.enums import Scope
from app.http.paths import route_traits
from app.resources.registry import RECORD_RESOURCES
from app.resources.trash import queries
from app.resources.trash.schemas import TrashPage, TrashQuery

_SCOPES = (Scope.AUDIT_READ, *dict.fromkeys(each.scope for each in RECORD_RESOURCES.values()))

router = Router(prefix="/v1/trash", tags=["trash"])


@router.get("", name="listTrash", summary="List deleted records", response_model=TrashPage)
@route_traits(english_only=True)
async def list_trash(
    query: Annotated[TrashQuery, Query()],
    client: Annotated[ApiClient, Depends(RequireScope(*_SCOPES))],
    lists: ListResponderDep,
) -> Response:
    """Returns the records that were deleted by a key and not restored, last deleted first.

    A key sees the types whose records it may delete; with `audit:read`, all.
    """
    types = [
        type_
        for type_, resource in RECORD_RESOURCES.items()
        if client.scopes & {resource.scope, Scope.AUDIT_READ}
    ]
    return await lists.respond(partial(queries.list_trash, types=types), query)
