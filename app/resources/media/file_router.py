"""Route of the rendition files, `/media/{content}/{file}`: the content of a URL never changes."""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from stat import S_IFREG
from typing import Annotated, Any

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import Header, Request, Response

from app.api.file_parts import PartialFileResponse
from app.api.routing import Router
from app.api.static_files import IMMUTABLE_CACHE_CONTROL
from app.config import current_settings
from app.domain.languages import tr
from app.domain.pictures import RENDITION_TYPES, SIZES
from app.http.cache.capture import IS_HEAD_KEY, STREAM_KEY
from app.http.cache.conditional import matches_if_none_match
from app.http.paths import route_traits
from app.http.problems import NotFound
from app.resources.media.current_store import current_store
from app.resources.media.drawings import find_drawing, make_drawing
from app.resources.media.picture_store import DIGEST_PATTERN, FilePart, PictureStore
from app.resources.media.renditions import busy_decoder

router = Router(prefix="/media", include_in_schema=False)

_MAX_CACHED_BYTES = 2**20
"""Larger files are streamed; smaller ones are cached responses, unless a part is requested."""

_PART_BYTES = 2**18
"""Size of the parts of a stream: a slow client holds one."""

_MAX_READ_COUNT = 16
_read_threads = CapacityLimiter(_MAX_READ_COUNT)
"""Files that are read at the same time: a slow store must not take the threads of other work."""

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
    request: Request,
    content: str,
    file: str,
    if_none_match: Annotated[str | None, Header()] = None,
    range_: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """File of a picture. Raises NotFound, or Unavailable for a drawing or if the store fails.

    Served without a key, published or not: the URL needs the 128-bit digest of the file.
    """
    if not _FILE_PATTERN.fullmatch(f"{content}/{file}"):
        raise _no_picture()
    stored = _StoredFile(current_store(), content, file)
    redirect = current_settings().media_redirect
    headers = _HEADERS | {"ETag": f'"{content}-{file}"'}
    is_known = not redirect and matches_if_none_match(if_none_match, headers["ETag"])
    is_head = request.scope.get(IS_HEAD_KEY, False)
    is_part = range_ is not None
    max_bytes = _PART_BYTES if is_part else _MAX_CACHED_BYTES
    first = await stored.read_first(0 if redirect or is_known or is_head else max_bytes)
    media_type = RENDITION_TYPES[file.rpartition(".")[2]]
    if redirect:
        location = f"{redirect}/{content[:2]}/{content}/{file}"
        return Response(headers=_HEADERS | {"X-Accel-Redirect": location}, media_type=media_type)
    if is_known:
        return Response(None, 304, headers)
    response = _StoredFileResponse(stored, first, headers, media_type)
    if is_head:
        request.scope[STREAM_KEY] = True  # without the content, it is not the response to a GET
        return Response(None, headers=response.headers)
    if first.size > _MAX_CACHED_BYTES or is_part:
        return response
    return Response(first.data, headers=response.headers)


class _StoredFile:
    """A rendition file in a store."""

    def __init__(self, store: PictureStore, content: str, file: str) -> None:
        self._store = store
        self._content = content
        self._file = file

    async def read(self, start: int, max_bytes: int) -> FilePart:
        """Read a part. Raises FileNotFoundError, or Unavailable."""
        read = partial(self._store.read_part, self._content, self._file, start, max_bytes)
        return await to_thread.run_sync(read, limiter=_read_threads)

    async def read_first(self, max_bytes: int) -> FilePart:
        """Read the first part; a drawing is made first. Raises NotFound or Unavailable."""
        with suppress(FileNotFoundError):
            return await self.read(0, max_bytes)
        await self._make_drawing()
        with suppress(FileNotFoundError):
            return await self.read(0, max_bytes)
        raise _no_picture()

    async def _make_drawing(self) -> None:
        """Store the files of a drawing. Raises NotFound if it has no such file, or Unavailable."""
        drawing = find_drawing(self._content)
        sizes = () if drawing is None else drawing.renditions
        if self._file.partition(".")[0] not in {each.name for each in sizes}:
            raise _no_picture()
        try:
            with fail_after(_MAX_DRAWING_WAIT_SECONDS):
                await to_thread.run_sync(
                    make_drawing, self._store, self._content, limiter=_drawing_threads
                )
        except TimeoutError as error:
            raise busy_decoder() from error


class _StoredFileResponse(PartialFileResponse):
    """Response with a file of a store, whole or in parts, read while it is sent."""

    chunk_size = _PART_BYTES

    def __init__(
        self, file: _StoredFile, first: FilePart, headers: Mapping[str, str], media_type: str
    ) -> None:
        stat = (S_IFREG, 0, 0, 0, 0, 0, first.size, 0, first.modified_at, 0)
        super().__init__(
            "", headers=headers, media_type=media_type, stat_result=os.stat_result(stat)
        )
        self._reader = _PartReader(file, first)

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[Any]:
        """Starlette opens `path` here, with these methods of a file."""
        yield self._reader


class _PartReader:
    """Asynchronous reader of a stored file, by ranges. The first part has been read."""

    def __init__(self, file: _StoredFile, first: FilePart) -> None:
        self._file = file
        self._first, self._size = first.data[:_PART_BYTES], first.size
        self._position = 0

    async def seek(self, position: int) -> None:
        self._position = position

    async def read(self, max_bytes: int) -> bytes:
        start, end = self._position, min(self._position + max_bytes, self._size)
        if end <= len(self._first):
            data = self._first[start:end]
        elif start < end:
            data = (await self._file.read(start, end - start)).data
        else:
            data = b""
        self._first = b""  # so that a slow client holds one part only
        self._position += len(data)
        return data


def _no_picture() -> NotFound:
    return NotFound(tr("There is no such picture.", "Такого изображения нет."))
