"""Routes of `/v1/media` and `/v1/unpublished-media`."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import Body, Depends, Query, Request, Response

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import set_validators
from app.api.deps import DatabaseDep, ServicesDep
from app.api.fields import RecordQueryDep
from app.api.lists.pagination import ListQuery
from app.api.lists.responses import ListResponderDep
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE, MergePatchSchema
from app.api.openapi.components import link_to, link_to_first
from app.api.openapi.examples import Example
from app.api.params import SlugPath
from app.api.routing import Router
from app.api.writes.request import (
    WriteRequest,
    build_create_dependency,
    build_update_dependency,
)
from app.domain.enums import Scope
from app.domain.pictures import MAX_PICTURE_BYTES
from app.http.paths import route_traits
from app.resources.media import commands, queries
from app.resources.media.schemas import (
    MediaPage,
    MediaPreview,
    MediaQuery,
    MediaRead,
    MediaWrite,
    UnpublishedMediaPage,
)
from app.resources.media.upload_openapi import UPLOAD_BODY
from app.resources.media.uploads import UploadProcessor

router = Router(prefix="/v1/media", tags=["media"])

_MAX_FORM_OVERHEAD_BYTES = 2**18
"""Metadata and boundaries of a form, beside the file."""

MediaSlugPath = Annotated[SlugPath, Example("emblem-iss-59")]
MediaReaderDep = Annotated[ApiClient, Depends(RequireScope(Scope.DRAFTS_READ, Scope.MEDIA_WRITE))]
UploadMediaDep = Annotated[
    WriteRequest,
    Depends(build_create_dependency(Scope.MEDIA_WRITE, accepts_idempotency_key=False)),
]
UpdateMediaDep = Annotated[WriteRequest, Depends(build_update_dependency(Scope.MEDIA_WRITE))]
MediaPatch = Annotated[
    dict[str, Any],
    Body(media_type=MERGE_PATCH_MEDIA_TYPE, title="MediaPatch"),
    MergePatchSchema(MediaWrite),
]


@router.get(
    "",
    name="listMedia",
    summary="List media",
    response_model=MediaPage,
    responses=link_to_first("getMedia", "media"),
)
async def list_media(query: Annotated[MediaQuery, Query()], lists: ListResponderDep) -> Response:
    """Returns published pictures, newest first by default."""
    return await lists.respond(queries.list_media, query)


@router.get("/{slug}", name="getMedia", summary="Get media")
async def get_media(
    slug: MediaSlugPath, database: DatabaseDep, response: Response, _query: RecordQueryDep
) -> MediaRead:
    """Returns a published picture with its files, description and rights."""
    return set_validators(response, await database.read(queries.get_media, slug))


@router.get("/{slug}/preview", name="previewMedia", summary="Preview media")
async def preview_media(
    slug: MediaSlugPath,
    _reader: MediaReaderDep,
    database: DatabaseDep,
    response: Response,
    _query: RecordQueryDep,
) -> MediaPreview:
    """Returns a picture, published or not, with its description in both languages."""
    return set_validators(response, await database.read(queries.get_media_preview, slug))


@router.post(
    "",
    name="uploadMedia",
    summary="Upload media",
    status_code=201,
    response_model=MediaPreview,
    responses=link_to("previewMedia", "media"),
    openapi_extra=UPLOAD_BODY,
)
@route_traits(max_upload_bytes=MAX_PICTURE_BYTES + _MAX_FORM_OVERHEAD_BYTES)
async def upload_media(request: Request, write: UploadMediaDep, services: ServicesDep) -> Response:
    """Stores a picture of up to 20 MB: a file, a form with a file, or the URL of a file.

    An upload of a file that is stored already returns its record, with status 200.
    """
    document = await services.singleton(UploadProcessor).receive(request)
    return await write.execute(commands.create_media, document)


@router.patch("/{slug}", name="updateMedia", summary="Update media", response_model=MediaPreview)
async def update_media(slug: MediaSlugPath, patch: MediaPatch, write: UpdateMediaDep) -> Response:
    """Applies a JSON Merge Patch (RFC 7396). Omitted fields do not change; null removes a field.

    A picture that a public record shows requires the scope `articles:write`, or that of the record,
    too.
    """
    if isinstance(content := patch.get("content"), str):
        # The transaction finds it again without a request to S3.
        await to_thread.run_sync(commands.find_picture, content)
    return await write.execute(commands.WRITER.patch, slug, patch)


@router.delete("/{slug}", name="deleteMedia", summary="Delete media", status_code=204)
async def delete_media(slug: MediaSlugPath, write: UpdateMediaDep) -> Response:
    """Deletes a picture to which no record refers. Its files are deleted after 30 days."""
    return await write.execute(commands.WRITER.delete, slug)


unpublished_router = Router(prefix="/v1/unpublished-media", tags=["media"])


@unpublished_router.get(
    "",
    name="listUnpublishedMedia",
    summary="List unpublished media",
    response_model=UnpublishedMediaPage,
)
async def list_unpublished_media(
    query: Annotated[ListQuery, Query()], _reader: MediaReaderDep, lists: ListResponderDep
) -> Response:
    """Returns pictures that are not published, last updated first."""
    return await lists.respond(queries.list_unpublished_media, query)
