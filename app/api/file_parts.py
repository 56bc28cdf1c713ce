"""Responses with a file, or with the parts of it that `Range` requests."""

from fastapi.responses import FileResponse
from starlette.responses import MalformedRangeHeader
from starlette.types import Receive, Scope, Send

from app.http.cache.capture import STREAM_KEY


class PartialFileResponse(FileResponse):
    """Response with a file, whole if the `Range` is not valid (RFC 9110, section 14.2).

    Starlette refuses such a header with a plain text.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[STREAM_KEY] = True
        await super().__call__(scope, receive, send)

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []
