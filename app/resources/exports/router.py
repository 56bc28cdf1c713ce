"""Routes of `/v1/export`: the public archive as a file, for offline use."""

from base64 import b64encode
from typing import Annotated

from fastapi import Header, Response

from app.api.file_parts import PartialFileResponse
from app.api.links import public_url
from app.api.params import Omittable
from app.api.routing import Router
from app.http.cache.conditional import matches_if_none_match
from app.http.paths import route_traits
from app.resources.exports.file_cache import ArchiveFileCacheDep, BuiltArchive
from app.resources.exports.schemas import ExportFile, ExportFiles

_ARCHIVE_FILE_NAME = "archive.sqlite"
_ARCHIVE_MEDIA_TYPE = "application/vnd.sqlite3"

router = Router(prefix="/v1/export", tags=["export"])


@router.get("", name="listExports", summary="List export files")
@route_traits(english_only=True)
async def list_exports(archive: ArchiveFileCacheDep) -> ExportFiles:
    """Returns the export files with size and digest. Compare the digest before a download."""
    built = await archive.get_current()
    file = ExportFile(
        name=_ARCHIVE_FILE_NAME,
        url=public_url("export", _ARCHIVE_FILE_NAME),
        media_type=_ARCHIVE_MEDIA_TYPE,
        size=built.size,
        sha256=built.sha256,
        cursor=built.generation.cursor,
        built_at=built.built_at,
        known_until=built.known_until,
    )
    return ExportFiles(items=[file])


@router.get(
    f"/{_ARCHIVE_FILE_NAME}",
    name="getArchiveFile",
    summary="Download the archive",
    response_class=PartialFileResponse,
    responses={200: {"content": {_ARCHIVE_MEDIA_TYPE: {}}}},
)
@route_traits(english_only=True)
async def get_archive_file(
    archive: ArchiveFileCacheDep,
    if_none_match: Annotated[Omittable[str], Header(include_in_schema=False)] = None,
) -> Response:
    """Returns all public records as one SQLite file. Supports `Range` requests."""
    built = await archive.get_current()
    headers = _build_headers(built)
    if matches_if_none_match(if_none_match, headers["ETag"]):
        return Response(None, 304, headers)
    return PartialFileResponse(
        built.path, media_type=_ARCHIVE_MEDIA_TYPE, filename=_ARCHIVE_FILE_NAME, headers=headers
    )


def _build_headers(built: BuiltArchive) -> dict[str, str]:
    digest = b64encode(bytes.fromhex(built.sha256)).decode()
    return {"ETag": f'"{built.sha256}"', "Repr-Digest": f"sha-256=:{digest}:"}
