"""Whole answers in every form that they are sent in, and those that are kept to be sent again."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from time import time

from anyio import to_thread
from starlette.types import Message

from app.domain.clock import NEVER
from app.http.cache.generation import Version
from app.http.compression import Coding, encode

Header = tuple[bytes, bytes]
Headers = list[Header]
Key = tuple[str | bytes | None, ...]

LEAST = 500
"""A body shorter than this, in bytes, is hardly smaller compressed."""

HEAVY = 2**18
"""A body larger than this, in bytes, is compressed in a thread: it would hold up all others."""

FRAME = 4000
"""What an answer takes beside its bodies, in bytes, about: its headers above all."""

LASTING = 300.0
"""For how long before the database fell silent an answer must have been made to be told as it was,
where the archive has changed since: caches are told as much by `stale-while-revalidate`."""

NOTHING: Message = {"type": "http.response.body", "body": b""}

_TEXT = re.compile(rb"^(text/|application/(json|javascript|[a-z]+\+(json|xml)))")


@dataclass(slots=True)
class Form:
    """What is sent of an answer; the id of the request goes with its headers."""

    status: int
    headers: Headers
    body: Message
    head: bytes = b""
    """How it begins on the wire, once it has been sent at once."""


def form(status: int, headers: Headers, body: bytes | None) -> Form:
    """`body` as it is sent, None for an answer that has none."""
    length = [] if body is None else [(b"content-length", str(len(body)).encode())]
    message = {"type": "http.response.body", "body": body or b""}
    return Form(status, headers + length, message)


class Whole:
    """An answer with all of its body."""

    def __init__(self, status: int, headers: Headers, body: bytes, tag: bytes) -> None:
        self.tag = tag
        self.size = FRAME + len(body)
        """Bytes, about."""
        self.counted = 0
        """How many of them have been counted by those who keep it."""
        self.version: Version | None = None
        """What it was made in, where it is kept."""
        self.since, self.until = time(), NEVER.timestamp()
        self.route: object = None
        """What answered."""
        told = dict(headers)
        self._compressible = (
            len(body) >= LEAST
            and b"content-encoding" not in told
            and bool(_TEXT.match(told.get(b"content-type", b"")))
        )
        self.may_be_kept = status == 200 and b"no-store" not in told.get(b"cache-control", b"")
        self._body = body
        self.plain = form(status, headers, body)
        self.unchanged = form(304, [pair for pair in headers if pair[0] != b"content-type"], None)
        """For those who have it already."""
        self.forms = {Coding.IDENTITY: self.plain}
        """By coding, those that have been made."""

    def end_by(self, at: datetime) -> None:
        """Let it hold no longer than until `at`."""
        self.until = min(self.until, at.timestamp())

    def holds(self, at: float | None = None) -> bool:
        """Whether it is what would be answered now, or `at`, as far as the clock goes."""
        return self.since <= (at or time()) < self.until

    async def make(self, coding: Coding) -> Form:
        """The form in `coding`, which is made once."""
        made = self.plain
        if self._compressible:
            if len(self._body) > HEAVY:
                body = await to_thread.run_sync(encode, self._body, coding)
            else:
                body = encode(self._body, coding)
            told = (b"content-encoding", coding.encode())
            made = form(made.status, [*made.headers[:-1], told], body)
        if coding not in self.forms:
            self.forms[coding] = made
            self.size += len(made.body["body"]) if self._compressible else 0
        return made


class Kept:
    """The last answer to each request: those asked for last, within a number of bytes.

    Those of the present version are what would be answered now. Those of older ones give way to
    what is asked for, and are what can be told while the database does not tell its version.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """How many; 0 for a process that keeps nothing."""
        self.forget()

    def forget(self) -> None:
        """Keep nothing of what is kept."""
        self.size = 0
        self._told = 0.0
        self._version: Version | None = None
        self._answers: OrderedDict[Key, Whole] = OrderedDict()

    def get(self, key: Key, version: Version) -> Whole | None:
        """The answer to `key` if it holds in `version`, which is the present one."""
        self._version, self._told = version, time()
        whole = self._answers.get(key)
        if whole is None or whole.version is not version or not whole.holds(self._told):
            return None
        self._answers.move_to_end(key)
        return whole

    def last(self, key: Key) -> Whole | None:
        """The answer to `key` as it was when the database last told its version, or just before."""
        whole = self._answers.get(key)
        if whole is None:
            return None
        recent = self._told - whole.since < LASTING
        return whole if recent or whole.version is self._version else None

    def put(self, key: Key, version: Version, whole: Whole) -> None:
        """Keep an answer made in `version`, where that may be and is still the present one."""
        if (
            version is self._version
            and whole.may_be_kept
            and whole.holds()
            and whole.size <= self.limit
        ):
            self._drop(key)
            whole.version = version
            whole.size += sum(len(part) for part in key if part)
            self._answers[key] = whole
            self.weigh(key, whole)

    def weigh(self, key: Key, whole: Whole) -> None:
        """Take into account what has been made of an answer."""
        if self._answers.get(key) is whole:
            self.size += whole.size - whole.counted
            whole.counted = whole.size
            while self.size > self.limit:
                self._drop(next(iter(self._answers)))

    def _drop(self, key: Key) -> None:
        whole = self._answers.pop(key, None)
        if whole is not None:
            self.size -= whole.counted
            whole.counted = 0
