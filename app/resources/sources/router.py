"""`/v1/sources`: feeds of others that are looked at again and again."""

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
from app.resources.sources import queries
from app.resources.sources.schemas import SourcePage, SourceRead, SourceWrite

router = Router(prefix="/v1/sources", tags=["sources"], route_class=ConditionalWriteRoute)

SourceWriterDep = Annotated[ApiClient, Depends(RequireScope(Scope.SOURCES_WRITE))]
CreateSourceDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.SOURCES_WRITE))]
UpdateSourceDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.SOURCES_WRITE))]
SourcePatch = Annotated[
    dict[str, Any], Body(media_type=MERGE_PATCH_MEDIA_TYPE), MergePatchSchema(SourceWrite)
]


@router.get("", name="listSources", summary="List sources", response_model=SourcePage)
async def list_sources(
    query: Annotated[ListQuery, Query()], _writer: SourceWriterDep, lists: ListResponderDep
) -> Response:
    """Every source, the oldest first, and how it fares."""
    return await lists.respond(queries.list_sources, query)


@router.get("/{id}", name="getSource", summary="Get a source")
async def get_source(
    id_: IdPath, _writer: SourceWriterDep, database: DatabaseDep, response: Response
) -> SourceRead:
    """A source and how it fares."""
    return set_validators(response, await database.read(queries.get_source, id_))


@router.post(
    "", name="createSource", summary="Add a source", status_code=201, response_model=SourceRead
)
async def create_source(source: SourceWrite, edit: CreateSourceDep) -> Response:
    """Looked at from now on. What it brings is a draft, unless the source is trusted."""
    return await queries.create_source(edit, source)


@router.patch("/{id}", name="updateSource", summary="Change a source", response_model=SourceRead)
async def update_source(id_: IdPath, patch: SourcePatch, edit: UpdateSourceDep) -> Response:
    """A merge patch (RFC 7396). Enabled again, or pointed elsewhere, it is looked at at once."""
    return await queries.WRITER.patch(edit, id_, patch)


@router.delete("/{id}", name="deleteSource", summary="Delete a source", status_code=204)
async def delete_source(id_: IdPath, edit: UpdateSourceDep) -> Response:
    """It is looked at no more; what came from it stays."""
    return await queries.WRITER.delete(edit, id_)


@router.post(
    "/{id}/poll",
    name="pollSource",
    summary="Look at a source now",
    status_code=202,
    response_model=SourceRead,
)
async def poll_source(id_: IdPath, edit: CreateSourceDep) -> Response:
    """It is looked at within seconds, and tells what came of it; one not enabled is refused."""
    return await queries.request_poll(edit, id_)
