"""Whole answers: the one layer that decides ETag, 304, Cache-Control and content coding.

A representation goes out as its bytes were made; what a client has already is not sent again, and
what it can decode is sent compressed. The layer holds the whole answer before it sends anything,
which is what a cache of whole answers needs too. Whole lists, which may be long, go through part by
part, compressed but without an ETag.
"""

import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2b

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.freshness import not_beyond
from app.http.coding import Coding, Encoder, accepted, encode, encoder

FRESH = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
"""How long caches may use an answer without asking, and while or when they cannot ask."""

UNCACHED = "no-store"
PRIVATE = "private, no-store"
LARGEST = 2**23
"""An answer larger than this, or of unknown length, goes through as it comes."""

HEAVY = 2**18
"""A body larger than this, in bytes, is compressed in a thread: it would hold up all others."""

_UPDATED = re.compile(rb'"updated_at":"([0-9T:-]{19}Z)"')


class Answers:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, next_change: Callable[[], datetime | None]) -> None:
        """`next_change` tells when answers will change by themselves, None where nobody knows."""
        self.app = app
        self.next_change = next_change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope, send, self.next_change())
        await self.app(answer.asked, receive, answer.take)
        scope["route"] = answer.asked.get("route")  # of a HEAD too, for those who count by it


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, next_change: datetime | None) -> None:
        self.next_change = next_change
        self.request = Headers(scope=scope)
        self.method = scope["method"]
        # HEAD is GET without the body: the application need not know it.
        self.asked = {**scope, "method": "GET"} if self.method == "HEAD" else scope
        self.send = send
        self.start: Message = {}
        self.whole = False
        self.ended = False
        self.body = b""
        self.encoder: Encoder | None = None

    async def take(self, message: Message) -> None:
        """Take what the application sends; send it on, whole answers when they are complete."""
        if message["type"] == "http.response.start":
            self.start = message
            headers = MutableHeaders(raw=list(message["headers"]))
            message["headers"] = headers.raw
            self._set_caching(headers, message["status"])
            length = headers.get("content-length")
            self.whole = (
                message["status"] in {200, 201}
                and length is not None
                and int(length) <= LARGEST
                and "repr-digest" not in headers  # a file brings its own tag, and comes in parts
            )
            if not self.whole:
                self._choose_encoder(headers)
                await self.send(message)
        elif self.whole:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_whole(self.body)
        elif self.method != "HEAD":
            await self.send(self._encoded(message))
        elif not self.ended:  # at once: what is streamed may have no end
            self.ended = True
            await self.send({"type": "http.response.body", "body": b""})

    def _set_caching(self, headers: MutableHeaders, status: int) -> None:
        if "authorization" in self.request:
            headers["cache-control"] = PRIVATE
        elif "cache-control" not in headers:
            headers["cache-control"] = FRESH if status < 400 else UNCACHED
        if self.next_change is not None:
            headers["cache-control"] = not_beyond(self.next_change, headers["cache-control"])
        headers.add_vary_header("Accept-Encoding")

    def _choose_encoder(self, headers: MutableHeaders) -> None:
        if _STREAMED.match(headers.get("content-type", "")):
            coding = accepted(self.request.get("accept-encoding", ""))
            self.encoder = encoder(coding)
            if self.encoder is not None:
                headers["content-encoding"] = coding

    def _encoded(self, message: Message) -> Message:
        if self.encoder is None:
            return message
        body = self.encoder.compress(message.get("body", b""))
        if not message.get("more_body", False):
            body += self.encoder.flush()
        return {**message, "body": body}

    async def _send_whole(self, body: bytes) -> None:
        headers = MutableHeaders(raw=self.start["headers"])
        # Weak: the same for every coding, and proxies that compress weaken a strong one anyway.
        # What the application tells is the record's version: writers send it back in If-Match.
        version = headers["etag"].strip('"') if "etag" in headers else ""
        digest = blake2b(body, digest_size=12).hexdigest()
        tag = f'W/"{digest}.{version}"' if version else f'W/"{digest}"'
        headers["etag"] = tag
        # In JSON alone: in other forms any text of an editor could look like one.
        dates = _UPDATED.findall(body) if "json" in headers.get("content-type", "") else ()
        if changed := max(dates, default=None):
            headers["last-modified"] = http_date(changed.decode())
        asked = self.method in {"GET", "HEAD"}
        if asked and matches(self.request.get("if-none-match"), tag):
            self.start["status"] = 304
            del headers["content-length"]
            del headers["content-type"]
            body = b""
        else:
            coding = accepted(self.request.get("accept-encoding", ""))
            if coding is not Coding.IDENTITY and compressible(headers, body):
                if len(body) > HEAVY:
                    body = await to_thread.run_sync(encode, body, coding)
                else:
                    body = encode(body, coding)
                headers["content-encoding"] = coding
            headers["content-length"] = str(len(body))
        await self.send(self.start)
        await self.send(
            {"type": "http.response.body", "body": b"" if self.method == "HEAD" else body}
        )


LEAST = 500
"""A body shorter than this, in bytes, is hardly smaller compressed."""

_TEXT = re.compile(r"^(text/|application/(json|javascript|[a-z]+\+(json|xml)))")
_STREAMED = re.compile(r"^(text/csv|application/x-ndjson)(;|$)")
_TAGS = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*')


def compressible(headers: Headers, body: bytes) -> bool:
    """Whether `body` is text, long enough, and not compressed yet."""
    kind = headers.get("content-type", "")
    return len(body) >= LEAST and "content-encoding" not in headers and bool(_TEXT.match(kind))


def matches(header: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` header names `tag`, compared weakly; a malformed one does not."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    parts = [_TAGS.fullmatch(part) for part in header.split(",")]
    return all(parts) and tag.removeprefix("W/") in {part[1] for part in parts if part}


def http_date(instant: str) -> str:
    """An instant of an answer as HTTP headers write it."""
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)
