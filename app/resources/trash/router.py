"""Route of `/v1/trash`."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.lists.responses import ListResponderDep
from app.api.openapi.examples import Example
from app.api.routing import Router
from app.domain.enums import Scope
from app.http.paths import route_traits
from app.resources.registry import RECORD_RESOURCES
from app.resources.revisions.commands import restore_under_slug
from app.resources.revisions.router import ResourceDep, RestoreDep
from app.resources.revisions.schemas import RevisionRead
from app.resources.trash import queries
from app.resources.trash.schemas import RestoredSlug, TrashPage, TrashQuery

_SCOPES = (Scope.AUDIT_READ, *dict.fromkeys(each.scope for each in RECORD_RESOURCES.values()))

DeletedIdPath = Annotated[
    int,
    Path(alias="id", ge=1, le=2**31 - 1, description="Id of the record."),
    Example(1),
]

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


@router.post(
    "/{collection}/{id}/restore",
    name="restoreRecordUnderSlug",
    summary="Restore a record under another slug",
    response_model=RevisionRead,
)
async def restore_record_under_slug(
    resource: ResourceDep, id_: DeletedIdPath, document: RestoredSlug, write: RestoreDep
) -> Response:
    """Restores a deleted record whose slug another record has had since.

    The record has its id, content, history and former redirects again, and the slug of the body,
    which must be free (409). Its last slug does not redirect to it. The key must have the scope to
    write such records. An article keeps its slug in the trash: 404.
    """
    return await write.execute(restore_under_slug, resource, id_, document.slug)
