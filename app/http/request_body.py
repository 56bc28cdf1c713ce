"""Request bodies: buffered before the request takes a slot, and bounded in size.

Starlette's limit would neither buffer, nor bound all bodies together, nor answer with a problem.
`protocol` stops reading at a higher limit, whatever the application does.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import tr
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


class BufferBodyMiddleware:
    """ASGI middleware: buffers the body, so that a slow client occupies no slot."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.buffered_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fields = {name: value for name, value in scope["headers"] if name in _BODY_HEADERS}
        if not fields:
            await self.app(scope, receive, send)
            return
        body: bytes | None = None
        error: ApiError | None = None
        if fields.get(b"content-encoding", b"identity").lower() != b"identity":
            error = UnsupportedMediaType(
                tr(
                    "Compressed bodies are not supported: send it without `Content-Encoding`.",
                    "Сжатые тела не поддерживаются: отправьте его без `Content-Encoding`.",
                )
            )
        elif int(fields.get(b"content-length", b"0")) > MAX_REQUEST_BODY_BYTES:
            error = _content_too_large()
        else:
            body, error = await self._read_body(receive)
        if error is not None:
            await build_problem_response(scope["state"]["request_id"], error)(scope, receive, send)
        elif body is not None:
            self.buffered_bytes += len(body)
            try:
                await self.app(scope, _replay(body, receive), send)
            finally:
                self.buffered_bytes -= len(body)

    async def _read_body(self, receive: Receive) -> tuple[bytes | None, ApiError | None]:
        """The body, or the error if it is too large; None and None if the client disconnected."""
        parts = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None, None
                part = message.get("body", b"")
                parts += part
                self.buffered_bytes += len(part)
                if len(parts) > MAX_REQUEST_BODY_BYTES:
                    return None, _content_too_large()
                if self.buffered_bytes > _MAX_BUFFERED_BYTES:
                    detail = tr(
                        "Too many request bodies are being processed. Try again in a second.",
                        "Обрабатывается слишком много тел запросов. Повторите через секунду.",
                    )
                    return None, Unavailable(detail, headers={"Retry-After": "1"})
                if not message.get("more_body", False):
                    return bytes(parts), None
        finally:
            self.buffered_bytes -= len(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    is_sent = False

    async def receive_body() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body


def _content_too_large() -> ContentTooLarge:
    return ContentTooLarge(
        tr(
            f"The maximum size of a request body is {MAX_REQUEST_BODY_BYTES} bytes.",
            f"Максимальный размер тела запроса — {MAX_REQUEST_BODY_BYTES} байт.",
        )
    )
