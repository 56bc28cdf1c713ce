"""Bodies of requests: whole before anything else is done, no larger than they may be."""

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
"""Bytes of a body: many times what the longest article has."""

_MAX_BUFFERED_BYTES = 64 * MAX_REQUEST_BODY_BYTES
"""Bytes of all bodies that are arriving."""


_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"content-encoding"})


class BufferBodyMiddleware:
    """ASGI middleware: takes in a body, so that a slow one holds up nobody but its client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.buffered_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = {name: value for name, value in scope["headers"] if name in _BODY_HEADERS}
        if not told:
            await self.app(scope, receive, send)
            return
        body: bytes | None = None
        error: ApiError | None = None
        if told.get(b"content-encoding", b"identity").lower() != b"identity":
            error = UnsupportedMediaType(
                tr(
                    "Send the body as it is, without `Content-Encoding`.",
                    "Пришлите тело как есть, без `Content-Encoding`.",
                )
            )
        elif int(told.get(b"content-length", b"0")) > MAX_REQUEST_BODY_BYTES:
            error = _content_too_large()
        else:
            body, error = await self._read_body(receive)
        if error is not None:
            await build_problem_response(scope["state"]["request_id"], error)(scope, receive, send)
        elif body is not None:
            await self.app(scope, _replay(body, receive), send)

    async def _read_body(self, receive: Receive) -> tuple[bytes | None, ApiError | None]:
        """The body; None where the client went away."""
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
                        "Too many bodies arrive at this moment. Try again in a second.",
                        "Сейчас приходит слишком много запросов с телом. Повторите через секунду.",
                    )
                    return None, Unavailable(detail, headers={"Retry-After": "1"})
                if not message.get("more_body", False):
                    return bytes(parts), None
        finally:
            self.buffered_bytes -= len(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _content_too_large() -> ContentTooLarge:
    return ContentTooLarge(
        tr(
            f"A body has {MAX_REQUEST_BODY_BYTES} bytes at the most.",
            f"В теле не больше {MAX_REQUEST_BODY_BYTES} байт.",
        )
    )
