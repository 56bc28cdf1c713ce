"""Route of the rendition files, `/media/{content}/{file}`: the content of a URL never changes."""

import re
from typing import Annotated

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import Header, Response
from fastapi.responses import FileResponse

from app.api.routing import Router
from app.api.static_files import IMMUTABLE_CACHE_CONTROL
from app.config import current_settings
from app.domain.languages import tr
from app.domain.pictures import RENDITION_TYPES, SIZES
from app.http.cache.conditional import matches_if_none_match
from app.http.paths import route_traits
from app.http.problems import NotFound
from app.resources.media.drawings import find_drawing, make_drawing
from app.resources.media.renditions import busy_decoder
from app.resources.media.store import DIGEST_PATTERN, PictureStore

router = Router(prefix="/media", include_in_schema=False)

_MAX_CACHED_BYTES = 2**18
"""Larger files are streamed, and sent in parts on request; smaller ones are cached responses."""

_HEADERS = {
    "Cache-Control": IMMUTABLE_CACHE_CONTROL,
    "Content-Security-Policy": "default-src 'none'; sandbox",
}

_FILE_PATTERN = re.compile(
    rf"({DIGEST_PATTERN})/({'|'.join(SIZES)})\.({'|'.join(RENDITION_TYPES)})"
)

_MAX_DRAWING_WAIT_SECONDS = 8.0
"""Time for which a request waits until a drawing is rendered: behind about 20 others."""

_drawing_threads = CapacityLimiter(1)
"""One drawing is rendered at a time. The requests that wait for it occupy no thread."""


@router.get("/{content}/{file}", name="getMediaFile")
@route_traits(english_only=True, reads_files=True)
async def get_file(
    content: str,
    file: str,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """File of a picture. Raises NotFound, or Unavailable for a drawing.

    Served without a key, published or not: the URL needs the 128-bit digest of the file.
    """
    if not _FILE_PATTERN.fullmatch(f"{content}/{file}"):
        raise _no_picture()
    store = PictureStore.from_settings(current_settings())
    if not store.folder(content).exists():
        await _make_drawing(store, content)
    return await to_thread.run_sync(_build_response, store, content, file, if_none_match)


async def _make_drawing(store: PictureStore, content: str) -> None:
    """Store the files of a drawing. Raises NotFound if there is none, or Unavailable."""
    if find_drawing(content) is None:
        raise _no_picture()
    try:
        with fail_after(_MAX_DRAWING_WAIT_SECONDS):
            await to_thread.run_sync(make_drawing, store, content, limiter=_drawing_threads)
    except TimeoutError as error:
        raise busy_decoder() from error


def _build_response(
    store: PictureStore, content: str, file: str, if_none_match: str | None
) -> Response:
    """Build the response with a file. Call it in a thread. Raises NotFound."""
    settings = current_settings()
    media_type = RENDITION_TYPES[file.rpartition(".")[2]]
    path = store.folder(content) / file
    if not path.exists():
        raise _no_picture()
    if settings.media_redirect:
        location = f"{settings.media_redirect}/{content[:2]}/{content}/{file}"
        return Response(headers=_HEADERS | {"X-Accel-Redirect": location}, media_type=media_type)
    try:
        size = path.stat().st_size
        if size <= _MAX_CACHED_BYTES:
            return Response(path.read_bytes(), headers=_HEADERS, media_type=media_type)
    except FileNotFoundError:
        raise _no_picture() from None
    headers = _HEADERS | {"ETag": f'"{content}-{file}"'}
    if matches_if_none_match(if_none_match, headers["ETag"]):
        return Response(None, 304, headers)
    return FileResponse(path, media_type=media_type, headers=headers)


def _no_picture() -> NotFound:
    return NotFound(tr("There is no such picture.", "Такого изображения нет."))
