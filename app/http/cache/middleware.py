"""Whole answers: the one layer that decides keeping, ETag, 304, Cache-Control and content coding.

A representation goes out as its bytes were made; what a client has already is not sent again, and
what it can decode is sent compressed. The layer holds the whole answer before it sends anything,
and keeps it for those who ask the same while the archive stays as it is: they are answered from
here, before anything is routed. Whole lists, which may be long, go through part by part, compressed
but without an ETag.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.cache_control import not_beyond
from app.domain.clock import watched
from app.domain.languages import speech_of
from app.http.cache.generation import Version, Versions
from app.http.cache.single_flight import Flights
from app.http.cache.store import NOTHING, Form, Header, Headers, Kept, Key, Whole
from app.http.compression import Coding, Encoder, accepted, encoder
from app.http.load_shedding import ALWAYS
from app.http.metrics import HIT, MISS, SHARED, STALE

Asked = Mapping[bytes, bytes]
"""The headers of a request."""

FRESH = b"public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
"""How long caches may use an answer without asking, and while or when they cannot ask."""

UNVERIFIED = ((b"cache-status", b"zarya; hit; detail=unverified"),)
"""The mark (RFC 9211) of what is answered as it was while the database does not answer."""

UNCACHED = b"no-store"
PRIVATE = b"private, no-store"
LARGEST = 2**23
"""An answer larger than this, or of unknown length, goes through as it comes."""

READING = {"GET", "HEAD"}

_UPDATED = re.compile(rb'"updated_at":"([0-9T:-]{19}Z)"')
_STREAMED = re.compile(rb"^(text/csv|application/x-ndjson)(;|$)")
_TAGS = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*')


class Answers:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, versions: Versions, kept: Kept) -> None:
        self.app = app
        self._versions = versions
        self.kept = kept
        self._flights = Flights[tuple[Key, Version], Whole | None]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked: Asked = dict(scope["headers"])
        if len(asked) < len(scope["headers"]):
            asked = _joined(scope["headers"])
        request = _Request(scope, receive, send, asked)
        # What a key may see is nobody else's, and what a method does is done each time.
        if scope["method"] not in READING or b"authorization" in asked or scope["path"] in ALWAYS:
            await self._answer(request, await self._made(request, None))
            return
        version = self._versions.known() or await self._versions.current()
        if not self.kept.limit:
            await self._answer(request, await self._made(request, version))
            return
        key = _key(scope["path"], scope["query_string"], asked)
        if version is None:
            whole = self.kept.last(key)
            if whole is None:
                MISS.inc()
                await self._answer(request, await self._made(request, None))
            else:
                STALE.inc()
                await self._answer(request, whole, key, UNVERIFIED)
            return
        whole = self.kept.get(key, version)
        if whole is None:
            whole = await self._share(request, version, key)
        else:
            HIT.inc()
        await self._answer(request, whole, key)

    def at_once(self, path: str, query: bytes, asked: Asked) -> tuple[Whole, Form] | None:
        """What is kept for a request to read, in the form for it; None where it is to be made."""
        version = self._versions.known()
        if version is None:
            return None
        whole = self.kept.get(_key(path, query, asked), version)
        form = whole and _form(whole, asked)
        return (whole, form) if whole and form else None

    async def _made(
        self,
        request: "_Request",
        version: Version | None,
        passes: Callable[[], None] = lambda: None,
    ) -> Whole | None:
        """What the application answers; None where it `passes`, and is sent on as it comes."""
        answer = _Answer(request, version, passes)
        with watched() as holding:
            await self.app(answer.scope, request.receive, answer.take)
            whole = answer.whole()
        if whole is not None:
            whole.end_by(holding.until)
            whole.route = answer.scope.get("route")
        return whole

    async def _share(self, request: "_Request", version: Version, key: Key) -> Whole | None:
        """What the application answers once to all who ask the same at the same time."""
        asked = False

        async def ask(land: Callable[[], None]) -> Whole | None:
            nonlocal asked
            asked = True
            whole = await self._made(request, version, land)
            if whole is not None:
                self.kept.put(key, version, whole)
            return whole

        whole = await self._flights.share((key, version), ask)
        shared = not asked and whole is not None and whole.may_be_kept and whole.holds()
        if whole is not None:  # what goes out part by part is nothing to keep
            (SHARED if shared else MISS).inc()
        if asked or shared:
            return whole
        # What another one was answered is not for everybody.
        return await self._made(request, version)

    async def _answer(
        self, request: "_Request", whole: Whole | None, key: Key = (), more: Sequence[Header] = ()
    ) -> None:
        """Send `whole` to who asked, in the form for them, with `more` headers."""
        if whole is None:
            return
        request.scope["route"] = whole.route  # for those who count by it
        form = _form(whole, request.asked, request.scope["method"] in READING)
        if form is None:
            form = await whole.make(_coding(request.asked.get(b"accept-encoding", b"")))
            self.kept.weigh(key, whole)
        headers = [*form.headers, *more]
        start = {"type": "http.response.start", "status": form.status, "headers": headers}
        await request.send(start)
        await request.send(NOTHING if request.scope["method"] == "HEAD" else form.body)


class _Request(NamedTuple):
    """What is asked for, and by what it is answered."""

    scope: Scope
    receive: Receive
    send: Send
    asked: Asked


class _Answer:
    """What the application answers: taken whole where it is whole, sent on where it is not."""

    def __init__(
        self, request: _Request, version: Version | None, passes: Callable[[], None]
    ) -> None:
        self._request = request
        self._passes = passes
        self._next_due = version.next_due if version else None
        self._method = request.scope["method"]
        # HEAD is GET without the body: the application need not know it.
        self.scope = {**request.scope, "method": "GET"} if self._method == "HEAD" else request.scope
        self._status = 0
        self._headers: Headers = []
        self._parts: list[bytes] | None = None
        self._ended = False
        self._encoder: Encoder | None = None

    async def take(self, message: Message) -> None:
        """Take what the application sends; send it on where it comes in parts."""
        if message["type"] == "http.response.start":
            await self._begin(message["status"], message["headers"])
        elif self._parts is not None:
            self._parts.append(message.get("body", b""))
        elif self._method != "HEAD":
            await self._request.send(self._encoded(message))
        elif not self._ended:  # at once: what is streamed may have no end
            self._ended = True
            await self._request.send(NOTHING)

    async def _begin(self, status: int, headers: Headers) -> None:
        told = dict(headers)
        self._status = status
        self._headers = self._with_caching(told, headers)
        length = told.get(b"content-length")
        if (
            status in {200, 201}
            and length is not None
            and int(length) <= LARGEST
            and b"repr-digest" not in told  # a file brings its own tag, and comes in parts
        ):
            self._parts = []
            return
        self._passes()
        self._request.scope["route"] = self.scope.get("route")
        own: Headers = []
        if _STREAMED.match(told.get(b"content-type", b"")):
            coding = _coding(self._request.asked.get(b"accept-encoding", b""))
            self._encoder = encoder(coding)
            if self._encoder is not None:
                own.append((b"content-encoding", coding.encode()))
        start = {"type": "http.response.start", "status": status}
        await self._request.send(start | {"headers": self._headers + own})

    def _with_caching(self, told: Mapping[bytes, bytes], headers: Headers) -> Headers:
        """`headers` with what tells caches how long the answer may be used, and for whom."""
        if self._method == "OPTIONS":
            return headers
        policy = told.get(b"cache-control") or (FRESH if self._status < 400 else UNCACHED)
        if b"authorization" in self._request.asked:
            policy = PRIVATE
        if self._next_due is not None:
            policy = not_beyond(self._next_due, policy.decode()).encode()
        vary = told.get(b"vary")
        varied = b"Accept-Encoding" if vary is None else vary + b", Accept-Encoding"
        kept = [pair for pair in headers if pair[0] not in {b"cache-control", b"vary"}]
        return [*kept, (b"cache-control", policy), (b"vary", varied)]

    def _encoded(self, message: Message) -> Message:
        if self._encoder is None:
            return message
        body = self._encoder.compress(message.get("body", b""))
        if not message.get("more_body", False):
            body += self._encoder.flush()
        return {**message, "body": body}

    def whole(self) -> Whole | None:
        """The whole answer, None where it has been sent on."""
        if self._parts is None:
            return None
        body = b"".join(self._parts)
        told = dict(self._headers)
        # Weak: the same for every coding, and proxies that compress weaken a strong one anyway.
        # What the application tells is the record's version: writers send it back in If-Match.
        version = told.get(b"etag", b"").strip(b'"')
        digest = blake2b(body, digest_size=12).hexdigest().encode()
        tag = b'W/"%b.%b"' % (digest, version) if version else b'W/"%b"' % digest
        headers = [pair for pair in self._headers if pair[0] not in {b"etag", b"content-length"}]
        headers.append((b"etag", tag))
        # In JSON alone: in other forms any text of an editor could look like one.
        dates = _UPDATED.findall(body) if b"json" in told.get(b"content-type", b"") else ()
        if changed := max(dates, default=None):
            headers = [pair for pair in headers if pair[0] != b"last-modified"]
            headers.append((b"last-modified", http_date(changed.decode()).encode()))
        whole = Whole(self._status, headers, body, tag)
        if self._next_due is not None:
            whole.end_by(self._next_due)
        return whole


def _joined(headers: Headers) -> Asked:
    """The headers of a request that has some of them several times."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _form(whole: Whole, asked: Asked, reading: bool = True) -> Form | None:
    """The form of `whole` for what is asked for, None where it has not been made yet."""
    tags = asked.get(b"if-none-match")
    if tags is not None and reading and _has(tags, whole.tag):
        return whole.unchanged
    return whole.forms.get(_coding(asked.get(b"accept-encoding", b"")))


def _key(path: str, query: bytes, asked: Asked) -> Key:
    """What makes a difference to a whole answer, its coding apart."""
    return _spelt(path, query, asked.get(b"accept"), asked.get(b"accept-language", b""))


@lru_cache(maxsize=4096)
def _spelt(path: str, query: bytes, accept: bytes | None, accept_language: bytes) -> Key:
    """One key for all spellings that mean the same."""
    if b"&" in query:
        parameters = sorted(query.split(b"&"), key=_name)
        query = b"&".join(parameters)
    return (path, query, accept, speech_of(query, accept_language.decode("latin-1")))


def _name(parameter: bytes) -> bytes:
    return parameter.partition(b"=")[0]


@lru_cache(maxsize=256)
def _coding(header: bytes) -> Coding:
    return accepted(header.decode("latin-1"))


def _has(header: bytes, tag: bytes) -> bool:
    return header == tag or matches(header.decode("latin-1"), tag.decode())


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
