"""Request bodies: buffered before the request takes a slot, and bounded in size.

Starlette's limit would neither buffer, nor bound all bodies together, nor answer with a problem.
`protocol` stops reading at a higher limit, whatever the application does.
"""

from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import tr
from app.http.credentials import has_credentials
from app.http.problems import (
    ApiError,
    ContentTooLarge,
    Unavailable,
    UnsupportedMediaType,
    build_problem_response,
)

MAX_REQUEST_BODY_BYTES = 2**20
"""Maximum size of a body: many times the longest article."""

_MAX_BUFFERED_BYTES = 64 * MAX_REQUEST_BODY_BYTES
"""Maximum size of all bodies whose requests are not answered yet: most of them wait for a slot."""

_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"content-encoding"})
_READ_HEADERS = _BODY_HEADERS | {b"authorization", b"cookie"}


class BufferBodyMiddleware:
    """ASGI middleware: buffers the body, so that a slow client occupies no slot.

    `upload_limits` are the limits of paths that accept files, for requests with credentials. The
    part of a body beyond the limit of all others is buffered on disk.
    """

    def __init__(
        self, app: ASGIApp, upload_limits: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        self.app = app
        self.buffered_bytes = 0
        self._upload_limits = upload_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fields = {name: value for name, value in scope["headers"] if name in _READ_HEADERS}
        if _BODY_HEADERS.isdisjoint(fields):
            await self.app(scope, receive, send)
            return
        limit = MAX_REQUEST_BODY_BYTES
        if has_credentials(fields) and scope["method"] == "POST":
            limit = self._upload_limits.get(scope["path"], limit)
        error: ApiError | None = None
        with _BodyBuffer(self, limit) as body:
            if fields.get(b"content-encoding", b"identity").lower() != b"identity":
                error = UnsupportedMediaType(
                    tr(
                        "Compressed bodies are not supported: send it without `Content-Encoding`.",
                        "Сжатые тела не поддерживаются: отправьте его без `Content-Encoding`.",
                    )
                )
            elif int(fields.get(b"content-length", b"0")) > limit:
                error = _content_too_large(limit)
            else:
                error = await body.fill(receive)
            if error is not None:
                response = build_problem_response(scope["state"]["request_id"], error)
                await response(scope, receive, send)
            elif body.is_complete:
                await self.app(scope, body.replay(receive), send)


class _BodyBuffer:
    """Body of one request: in memory, and on disk if it is an upload."""

    def __init__(self, owner: BufferBodyMiddleware, limit: int) -> None:
        self.is_complete = False
        self._owner = owner
        self._limit = limit
        self._size = 0
        self._file = SpooledTemporaryFile(MAX_REQUEST_BODY_BYTES)  # noqa: SIM115 - see `__exit__`

    def __enter__(self) -> "_BodyBuffer":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._owner.buffered_bytes -= self._size
        self._file.close()

    async def fill(self, receive: Receive) -> ApiError | None:
        """Receive the body. Returns the error if it is too large.

        It is not complete if there is an error, or if the client disconnected.
        """
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            part = message.get("body", b"")
            self._size += len(part)
            self._owner.buffered_bytes += len(part)
            if self._size > self._limit:
                return _content_too_large(self._limit)
            if self._owner.buffered_bytes > _MAX_BUFFERED_BYTES:
                detail = tr(
                    "Too many request bodies are being processed. Try again in a second.",
                    "Обрабатывается слишком много тел запросов. Повторите через секунду.",
                )
                return Unavailable(detail, headers={"Retry-After": "1"})
            self._file.write(part)
            if not message.get("more_body", False):
                self.is_complete = True
                return None

    def replay(self, receive: Receive) -> Receive:
        """Build the `receive` that returns the body, then the messages of `receive`."""
        self._file.seek(0)
        is_sent = False

        async def receive_body() -> Message:
            nonlocal is_sent
            if is_sent:
                return await receive()
            body = self._file.read(MAX_REQUEST_BODY_BYTES)
            is_sent = self._file.tell() == self._size
            return {"type": "http.request", "body": body, "more_body": not is_sent}

        return receive_body


def _content_too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(
        tr(
            f"The maximum size of a request body is {limit} bytes.",
            f"Максимальный размер тела запроса — {limit} байт.",
        )
    )
