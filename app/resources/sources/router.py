"""Routes of `/v1/sources`: external feeds that the service polls."""

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep
from app.api.fields import RecordQueryDep
from app.api.lists.pagination import ListQuery
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.params import IdPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.resources.sources import commands, queries
from app.resources.sources.schemas import SourcePage, SourceRead, SourceWrite

router = Router(prefix="/v1/sources", tags=["sources"])

SourceWriterDep = Annotated[ApiClient, Depends(RequireScope(Scope.SOURCES_WRITE))]
CreateSourceDep = Annotated[WriteRequest, Depends(build_create_dependency(Scope.SOURCES_WRITE))]
UpdateSourceDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.SOURCES_WRITE))]
SourcePatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="SourcePatch"),
    MergePatchSchema(SourceWrite),
]


@router.get("", name="listSources", summary="List sources", response_model=SourcePage)
async def list_sources(
    query: Annotated[ListQuery, Query()], _writer: SourceWriterDep, lists: ListResponderDep
) -> Response:
    """Returns all sources with their polling status, oldest first."""
    return await lists.respond(queries.list_sources, query)


@router.get("/{id}", name="getSource", summary="Get a source")
async def get_source(
    id_: IdPath,
    _writer: SourceWriterDep,
    database: DatabaseDep,
    response: Response,
    _query: RecordQueryDep,
) -> SourceRead:
    """Returns a source with its polling status."""
    return set_validators(response, await database.read(queries.get_source, id_))


@router.post(
    "", name="createSource", summary="Create a source", status_code=201, response_model=SourceRead
)
async def create_source(source: SourceWrite, write: CreateSourceDep) -> Response:
    """Creates a source and starts polling it. Its articles are drafts unless `trusted` is true."""
    return await write.execute(commands.WRITER.create, source)


@router.patch("/{id}", name="updateSource", summary="Update a source", response_model=SourceRead)
async def update_source(id_: IdPath, patch: SourcePatch, write: UpdateSourceDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396).

    Enabling the source or changing `feed_url` polls it immediately. Entries keep their records if
    `feed_url` is corrected; for another feed, create another source.
    """
    return await write.execute(commands.WRITER.patch, id_, patch)


@router.delete("/{id}", name="deleteSource", summary="Delete a source", status_code=204)
async def delete_source(id_: IdPath, write: UpdateSourceDep) -> Response:
    """Deletes the source and stops polling it. Records imported from it remain."""
    return await write.execute(commands.WRITER.delete, id_)


@router.post(
    "/{id}/poll",
    name="pollSource",
    summary="Poll a source now",
    status_code=202,
    response_model=SourceRead,
)
async def poll_source(id_: IdPath, write: CreateSourceDep) -> Response:
    """Polls the source within seconds. Read the result from `last_report` and `last_error`.

    A disabled source is refused with 409.
    """
    return await write.execute(commands.request_poll, id_)
