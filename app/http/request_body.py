"""Bodies of requests: whole before anything else is done, no larger than they may be."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import either
from app.http.problems import (
    ApiError,
    ContentTooLarge,
    Unavailable,
    UnsupportedMediaType,
    answer_to,
)

LARGEST = 2**20
"""Bytes of a body: many times what the longest article has."""

MOST_HELD = 64 * LARGEST
"""Bytes of all bodies that are arriving."""


_OF_BODIES = frozenset({b"content-length", b"transfer-encoding", b"content-encoding"})


class Bodies:
    """ASGI middleware: takes in a body, so that a slow one holds up nobody but its client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = {name: value for name, value in scope["headers"] if name in _OF_BODIES}
        if not told:
            await self.app(scope, receive, send)
            return
        body: bytes | None = None
        error: ApiError | None = None
        if told.get(b"content-encoding", b"identity").lower() != b"identity":
            error = UnsupportedMediaType(
                either(
                    "Send the body as it is, without `Content-Encoding`.",
                    "Пришлите тело как есть, без `Content-Encoding`.",
                )
            )
        elif int(told.get(b"content-length", b"0")) > LARGEST:
            error = _too_large()
        else:
            body, error = await self._whole(receive)
        if error is not None:
            await answer_to(scope["state"]["request_id"], error)(scope, receive, send)
        elif body is not None:
            await self.app(scope, _given(body, receive), send)

    async def _whole(self, receive: Receive) -> tuple[bytes | None, ApiError | None]:
        """The body; None where the client went away."""
        parts = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None, None
                part = message.get("body", b"")
                parts += part
                self.held += len(part)
                if len(parts) > LARGEST:
                    return None, _too_large()
                if self.held > MOST_HELD:
                    detail = either(
                        "Too many bodies arrive at this moment. Try again in a second.",
                        "Сейчас приходит слишком много запросов с телом. Повторите через секунду.",
                    )
                    return None, Unavailable(detail, headers={"Retry-After": "1"})
                if not message.get("more_body", False):
                    return bytes(parts), None
        finally:
            self.held -= len(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _too_large() -> ContentTooLarge:
    return ContentTooLarge(
        either(f"A body has {LARGEST} bytes at the most.", f"В теле не больше {LARGEST} байт.")
    )
