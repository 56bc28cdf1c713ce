"""Rate limits: so many requests a minute of one address, of one key, and so many wrong keys.

A key counts by itself once it has opened something; before, and for whoever has none, the address
counts. So nothing is asked of the database here, and made-up keys are no way round the limit.
"""

import logging
import time
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.auth import Caller
from app.config import Settings
from app.domain.languages import Both, either, speaking
from app.http.cache.store import Header, Headers
from app.http.content_language import heard
from app.http.metrics import REFUSED
from app.http.problems import TooManyRequests, answer_to

logger = logging.getLogger("zarya")

WINDOW = 60
"""Seconds: quotas begin anew with each minute of the clock."""

EXEMPT = ("/health/", "/metrics")
LOOPBACK = ("anon/", "anon/loopback")
"""Whoever asks from the machine itself, or by a socket without addresses, is not limited."""

WRONG_KEYS = Both(
    "Too many wrong keys came from your address.",
    "С вашего адреса пришло слишком много неверных ключей.",
)
USED_UP = Both("The requests of this minute are used up.", "Запросы этой минуты исчерпаны.")

MOST_COUNTED = 100_000
"""How many addresses are counted at once; with more than that all begin anew."""

MOST_KNOWN = 10_000
STORE_SECONDS = 0.2
"""How long a request waits for the counts that processes share."""

PATIENCE = 5.0
"""How long those counts are left alone when they could not be had."""


class Counts(Protocol):
    """How often something has happened in a window."""

    async def add(self, what: str, window: int, amount: int) -> int:
        """Count `what`, and tell how often it has been counted."""


class OwnCounts:
    """The counts of one process."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    async def add(self, what: str, window: int, amount: int) -> int:
        """Count `what`, and tell how often it has been counted."""
        return self.count(what, window, amount)

    def count(self, what: str, window: int, amount: int) -> int:
        """The same at once; a new window forgets all of the last one."""
        if window != self._window or len(self._counts) > MOST_COUNTED:
            self._window = window
            self._counts = {}
        count = self._counts[what] = self._counts.get(what, 0) + amount
        return count


class SharedCounts:
    """Counts in Redis; while that does not answer, each process counts by itself."""

    def __init__(self, url: str) -> None:
        # Only here: it comes with the extra `redis`.
        from limits.aio.storage import RedisStorage  # noqa: PLC0415 - an extra

        waits: dict[str, Any] = dict.fromkeys(
            ("socket_timeout", "socket_connect_timeout"), STORE_SECONDS
        )
        self._store = RedisStorage(f"async+{url}", implementation="redispy", **waits)
        self._own = OwnCounts()
        self._alone_until = 0.0

    async def add(self, what: str, window: int, amount: int) -> int:
        """Count `what` for all processes."""
        if time.monotonic() >= self._alone_until:
            try:
                return await self._store.incr(f"zarya/{what}/{window}", WINDOW, amount)
            except Exception as error:
                # Whatever it is: better a limit too generous than no answer.
                logger.error("rate limits: %s", type(error).__name__, exc_info=error)
                self._alone_until = time.monotonic() + PATIENCE
        return await self._own.add(what, window, amount)


class Quota:
    """ASGI middleware: refuses what is beyond the limits, and tells how much is left."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.by_address = settings.rate_limit
        self.by_key = settings.key_rate_limit
        self.wrong_keys = settings.wrong_keys
        url = settings.rate_limit_url
        self.counts: Counts = SharedCounts(url) if url else OwnCounts()
        self._known: dict[bytes, str] = {}
        """The keys that have opened something, by their digest."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(EXEMPT):
            await self.app(scope, receive, send)
            return
        window, into = divmod(int(time.time()), WINDOW)
        seconds = WINDOW - into
        address = _network(scope["state"]["client"])
        key = _key(scope)
        holder = self._known.get(key) if key else None
        trial = f"wrong/{address}" if key and holder is None and self.wrong_keys else ""
        if trial and await self.counts.add(trial, window, 1) > self.wrong_keys:
            await _refuse(scope, receive, send, WRONG_KEYS, seconds)
            return
        name, limit, who = ("key", self.by_key, holder) if holder else ("anon", self.by_address, "")
        what = f"{name}/{who or address}"
        counts = limit > 0 and what not in LOOPBACK
        used = await self.counts.add(what, window, 1) if counts else 0
        if counts and used > limit:
            told = _headers(name, limit, 0, seconds)
            await _refuse(scope, receive, send, USED_UP, seconds, *told)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status, left = message["status"], limit - used
                if trial and self._is_innocent(scope, key, status):
                    await self.counts.add(trial, window, -1)
                if counts:
                    if status == 304:
                        left += 1
                        await self.counts.add(what, window, -1)
                    told = _headers(name, limit, left, seconds)
                    message["headers"] = [*message["headers"], *told]
            await send(message)

        await self.app(scope, receive, counted if counts or trial else send)

    def at_once(self, client: str, costs: int) -> Headers | None:
        """What is told of the limit to who is answered from memory for `costs` requests or none.

        None where it is used up, or where others have to be asked for the counts.
        """
        what = f"anon/{_network(client)}"
        if self.by_address <= 0 or what in LOOPBACK:
            return []
        if not isinstance(self.counts, OwnCounts):
            return None
        window, into = divmod(int(time.time()), WINDOW)
        left = self.by_address - self.counts.count(what, window, costs)
        if left < 0:
            self.counts.count(what, window, -costs)
            return None
        return _headers("anon", self.by_address, left, WINDOW - into)

    def _is_innocent(self, scope: Scope, key: bytes, status: int) -> bool:
        """Whether the answer does not say that `key` is a wrong one; a right one is remembered."""
        caller = scope["state"].get("caller")
        if isinstance(caller, Caller):
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = caller.id
        return status != 401


def _key(scope: Scope) -> bytes:
    """The digest of the key that a request bears, empty where it bears none."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return sha256(value[7:].strip()).digest()
    return b""


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """What counts as one address: a /64 in IPv6, which one client may have all of."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return "loopback"
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def _headers(name: str, limit: int, left: int, seconds: int) -> Headers:
    return [
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name.encode(), limit, WINDOW)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (name.encode(), left, seconds)),
    ]


async def _refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    why: Both,
    seconds: int,
    *headers: Header,
) -> None:
    REFUSED.labels("quota").inc()
    told = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    with speaking(heard(scope)):
        later = either(f"Try again in {seconds} seconds.", f"Повторите через {seconds} с.")
        error = TooManyRequests(f"{why} {later}", headers=told)
        answer = answer_to(scope["state"]["request_id"], error)
    answer.raw_headers.extend(headers)
    await answer(scope, receive, send)
