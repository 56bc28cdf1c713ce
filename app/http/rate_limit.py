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

from app.api.auth import ApiClient
from app.config import Settings
from app.domain.languages import Bilingual, tr, use_language
from app.http.cache.store import RawHeader, RawHeaders
from app.http.content_language import request_language
from app.http.metrics import REQUESTS_REFUSED
from app.http.problems import TooManyRequests, build_problem_response

logger = logging.getLogger("zarya")

_WINDOW_SECONDS = 60
"""Seconds: quotas begin anew with each minute of the clock."""

_EXEMPT_PREFIXES = ("/health/", "/metrics")
_UNLIMITED_COUNTER_KEYS = ("anon/", "anon/loopback")
"""Whoever asks from the machine itself, or by a socket without addresses, is not limited."""

_AUTH_FAILURES_MESSAGE = Bilingual(
    "Too many wrong keys came from your address.",
    "С вашего адреса пришло слишком много неверных ключей.",
)
_LIMIT_EXCEEDED_MESSAGE = Bilingual(
    "The requests of this minute are used up.", "Запросы этой минуты исчерпаны."
)

_MAX_COUNTER_ITEMS = 100_000
"""How many addresses are counted at once; with more than that all begin anew."""

_MAX_KNOWN_KEY_ITEMS = 10_000
_REDIS_TIMEOUT_SECONDS = 0.2
"""How long a request waits for the counts that processes share."""

_REDIS_RETRY_SECONDS = 5.0
"""How long those counts are left alone when they could not be had."""


class RequestCounter(Protocol):
    """How often something has happened in a window."""

    async def increment(self, what: str, window: int, amount: int) -> int:
        """Count `what`, and tell how often it has been counted."""


class MemoryCounter:
    """The counts of one process."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    async def increment(self, what: str, window: int, amount: int) -> int:
        """Count `what`, and tell how often it has been counted."""
        return self.increment_now(what, window, amount)

    def increment_now(self, what: str, window: int, amount: int) -> int:
        """The same at once; a new window forgets all of the last one."""
        if window != self._window or len(self._counts) > _MAX_COUNTER_ITEMS:
            self._window = window
            self._counts = {}
        count = self._counts[what] = self._counts.get(what, 0) + amount
        return count


class RedisCounter:
    """Counts in Redis; while that does not answer, each process counts by itself."""

    def __init__(self, url: str) -> None:
        # Only here: it comes with the extra `redis`.
        from limits.aio.storage import RedisStorage  # noqa: PLC0415 - an extra

        waits: dict[str, Any] = dict.fromkeys(
            ("socket_timeout", "socket_connect_timeout"), _REDIS_TIMEOUT_SECONDS
        )
        self._storage = RedisStorage(f"async+{url}", implementation="redispy", **waits)
        self._fallback = MemoryCounter()
        self._retry_at = 0.0

    async def increment(self, what: str, window: int, amount: int) -> int:
        """Count `what` for all processes."""
        if time.monotonic() >= self._retry_at:
            try:
                return await self._storage.incr(f"zarya/{what}/{window}", _WINDOW_SECONDS, amount)
            except Exception as error:
                # Whatever it is: better a limit too generous than no answer.
                logger.error("rate limits: %s", type(error).__name__, exc_info=error)
                self._retry_at = time.monotonic() + _REDIS_RETRY_SECONDS
        return await self._fallback.increment(what, window, amount)


class RateLimitMiddleware:
    """ASGI middleware: refuses what is beyond the limits, and tells how much is left."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.address_limit = settings.rate_limit
        self.key_limit = settings.key_rate_limit
        self.auth_failure_limit = settings.wrong_keys
        url = settings.rate_limit_url
        self.counter: RequestCounter = RedisCounter(url) if url else MemoryCounter()
        self._known_keys: dict[bytes, str] = {}
        """The keys that have opened something, by their digest."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_EXEMPT_PREFIXES):
            await self.app(scope, receive, send)
            return
        window, into = divmod(int(time.time()), _WINDOW_SECONDS)
        seconds = _WINDOW_SECONDS - into
        address = _client_network(scope["state"]["client"])
        key = _api_key_digest(scope)
        holder = self._known_keys.get(key) if key else None
        trial = f"wrong/{address}" if key and holder is None and self.auth_failure_limit else ""
        if trial and await self.counter.increment(trial, window, 1) > self.auth_failure_limit:
            await _send_too_many_requests(scope, receive, send, _AUTH_FAILURES_MESSAGE, seconds)
            return
        name, limit, who = (
            ("key", self.key_limit, holder) if holder else ("anon", self.address_limit, "")
        )
        what = f"{name}/{who or address}"
        counts = limit > 0 and what not in _UNLIMITED_COUNTER_KEYS
        used = await self.counter.increment(what, window, 1) if counts else 0
        if counts and used > limit:
            told = _rate_limit_headers(name, limit, 0, seconds)
            await _send_too_many_requests(
                scope, receive, send, _LIMIT_EXCEEDED_MESSAGE, seconds, *told
            )
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status, left = message["status"], limit - used
                if trial and self._record_auth_result(scope, key, status):
                    await self.counter.increment(trial, window, -1)
                if counts:
                    if status == 304:
                        left += 1
                        await self.counter.increment(what, window, -1)
                    told = _rate_limit_headers(name, limit, left, seconds)
                    message["headers"] = [*message["headers"], *told]
            await send(message)

        await self.app(scope, receive, counted if counts or trial else send)

    def count_cached(self, client: str, costs: int) -> RawHeaders | None:
        """What is told of the limit to who is answered from memory for `costs` requests or none.

        None where it is used up, or where others have to be asked for the counts.
        """
        what = f"anon/{_client_network(client)}"
        if self.address_limit <= 0 or what in _UNLIMITED_COUNTER_KEYS:
            return []
        if not isinstance(self.counter, MemoryCounter):
            return None
        window, into = divmod(int(time.time()), _WINDOW_SECONDS)
        left = self.address_limit - self.counter.increment_now(what, window, costs)
        if left < 0:
            self.counter.increment_now(what, window, -costs)
            return None
        return _rate_limit_headers("anon", self.address_limit, left, _WINDOW_SECONDS - into)

    def _record_auth_result(self, scope: Scope, key: bytes, status: int) -> bool:
        """Whether the answer does not say that `key` is a wrong one; a right one is remembered."""
        caller = scope["state"].get("caller")
        if isinstance(caller, ApiClient):
            if len(self._known_keys) >= _MAX_KNOWN_KEY_ITEMS:
                self._known_keys.clear()
            self._known_keys[key] = caller.id
        return status != 401


def _api_key_digest(scope: Scope) -> bytes:
    """The digest of the key that a request bears, empty where it bears none."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return sha256(value[7:].strip()).digest()
    return b""


@lru_cache(maxsize=4096)
def _client_network(address: str) -> str:
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


def _rate_limit_headers(name: str, limit: int, left: int, seconds: int) -> RawHeaders:
    return [
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name.encode(), limit, _WINDOW_SECONDS)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (name.encode(), left, seconds)),
    ]


async def _send_too_many_requests(
    scope: Scope,
    receive: Receive,
    send: Send,
    why: Bilingual,
    seconds: int,
    *headers: RawHeader,
) -> None:
    REQUESTS_REFUSED.labels("quota").inc()
    told = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    with use_language(request_language(scope)):
        later = tr(f"Try again in {seconds} seconds.", f"Повторите через {seconds} с.")
        error = TooManyRequests(f"{why} {later}", headers=told)
        answer = build_problem_response(scope["state"]["request_id"], error)
    answer.raw_headers.extend(headers)
    await answer(scope, receive, send)
