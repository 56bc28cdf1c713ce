"""Rate limits: requests per minute of an address or an API key, and wrong keys per address.

A fixed window of one minute. A request with a valid key, or with a session of one, is counted by
the key, any other by its address. Keys that only read have a limit of their own. A credential is
looked up once in each process; it is wrong once a response has rejected it.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Settings
from app.domain.languages import Bilingual, tr, use_language
from app.http.cache.response import FROM_CACHE_KEY, RawHeader, RawHeaders
from app.http.cache.single_flight import SingleFlight
from app.http.client_address import LOOPBACK, client_network
from app.http.content_language import request_language
from app.http.credentials import Credential, find_credential
from app.http.metrics import REQUESTS_REFUSED
from app.http.problems import TooManyRequests, build_problem_response

logger = logging.getLogger("zarya")

_WINDOW_SECONDS = 60
"""Windows start at each full minute."""

_UNLIMITED_COUNTER_KEYS = tuple(f"anon/{network}" for network in LOOPBACK)

_WRONG_KEYS_MESSAGE = Bilingual(
    "Too many requests with invalid keys came from your address.",
    "С вашего адреса пришло слишком много запросов с неверными ключами.",
)
_LIMIT_EXCEEDED_MESSAGE = Bilingual("The rate limit is exceeded.", "Лимит запросов исчерпан.")

_MAX_COUNTER_ITEMS = 100_000
"""Maximum of counters in memory; beyond it, all are reset."""

_MAX_KNOWN_KEY_ITEMS = 10_000
_REDIS_TIMEOUT_SECONDS = 0.2
"""Time that a request waits for a shared counter."""

_REDIS_RETRY_SECONDS = 5.0
"""Time without attempts after a failure of Redis."""


@dataclass(frozen=True)
class KeyIdentity:
    """The id of a valid API key."""

    id: str
    is_read_only: bool
    """Its only scope is `read`."""


KeyLookup = Callable[[Credential], Awaitable[KeyIdentity | None]]
"""Function from a credential to the identity of its key; None if it is not valid."""


class RequestCounter(Protocol):
    """Counts events in windows of time."""

    async def increment(self, name: str, window: int, amount: int) -> int:
        """Add `amount` to the counter `name` of a window, and return its value."""


class MemoryCounter:
    """Counters of one process."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    async def increment(self, name: str, window: int, amount: int) -> int:
        """Add `amount` to the counter `name` of a window, and return its value."""
        return self.increment_now(name, window, amount)

    def increment_now(self, name: str, window: int, amount: int) -> int:
        """`increment` without await. A new window removes all counters of the last one."""
        if window != self._window or len(self._counts) > _MAX_COUNTER_ITEMS:
            self._window = window
            self._counts = {}
        count = self._counts[name] = self._counts.get(name, 0) + amount
        return count


class RedisCounter:
    """Counters in Redis, shared by all processes; in memory while Redis does not answer."""

    def __init__(self, url: str) -> None:
        # An optional dependency, of the extra `redis`.
        from limits.aio.storage import RedisStorage  # noqa: PLC0415 - an extra

        timeouts: dict[str, Any] = dict.fromkeys(
            ("socket_timeout", "socket_connect_timeout"), _REDIS_TIMEOUT_SECONDS
        )
        self._storage = RedisStorage(f"async+{url}", implementation="redispy", **timeouts)
        self._fallback = MemoryCounter()
        self._retry_at = 0.0

    async def increment(self, name: str, window: int, amount: int) -> int:
        """Add `amount` to the shared counter `name` of a window, and return its value."""
        if time.monotonic() >= self._retry_at:
            try:
                return await self._storage.incr(f"zarya/{name}/{window}", _WINDOW_SECONDS, amount)
            except Exception as error:
                # Any error: a generous limit is better than no response.
                logger.error("rate limit: Redis failed: %s", type(error).__name__, exc_info=error)
                self._retry_at = time.monotonic() + _REDIS_RETRY_SECONDS
        return await self._fallback.increment(name, window, amount)


class RateLimitMiddleware:
    """ASGI middleware: 429 beyond the limit, `RateLimit` headers below it."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        look_up_key: KeyLookup,
        exempt_paths: Collection[str] = (),
        sign_in_paths: Collection[str] = (),
    ) -> None:
        self.app = app
        self._exempt_paths = exempt_paths
        self._sign_in_paths = sign_in_paths
        """Paths of POST requests with a key in the body, which may be wrong, too."""
        self._look_up_key = look_up_key
        self.address_limit = settings.rate_limit
        self.key_limit = settings.key_rate_limit
        self.read_key_limit = settings.read_key_rate_limit
        self.wrong_key_limit = settings.wrong_keys
        limits = self.address_limit, self.key_limit, self.read_key_limit, self.wrong_key_limit
        self._has_limits = any(limits)
        url = settings.rate_limit_url
        self.counter: RequestCounter = RedisCounter(url) if url else MemoryCounter()
        self._known_keys: dict[bytes, KeyIdentity] = {}
        """The keys of valid credentials, by the digest of the credential."""
        self._lookups = SingleFlight[bytes, KeyIdentity | None]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_exempt = scope["type"] != "http" or scope["path"] in self._exempt_paths
        if is_exempt or not self._has_limits:
            await self.app(scope, receive, send)
            return
        window, elapsed = divmod(int(time.time()), _WINDOW_SECONDS)
        seconds = _WINDOW_SECONDS - elapsed
        address = client_network(scope["state"]["client"])
        credential = find_credential(scope["headers"])
        digest = _digest(credential)
        identity = self._known_keys.get(digest)
        is_sign_in = scope["path"] in self._sign_in_paths and scope["method"] == "POST"
        presents_key = credential is not None or is_sign_in
        if presents_key and (identity is None or is_sign_in):
            if await self._has_too_many_wrong_keys(address, window):
                await _send_too_many_requests(scope, receive, send, _WRONG_KEYS_MESSAGE, seconds)
                return
            identity = await self._identify(credential, digest, address, window)
        policy, limit = self._get_policy(identity)
        counter_key = f"{policy}/{identity.id if identity else address}"
        is_limited = limit > 0 and counter_key not in _UNLIMITED_COUNTER_KEYS
        used = await self.counter.increment(counter_key, window, 1) if is_limited else 0
        if is_limited and used > limit:
            headers = _rate_limit_headers(policy, limit, 0, seconds)
            await _send_too_many_requests(
                scope, receive, send, _LIMIT_EXCEEDED_MESSAGE, seconds, *headers
            )
            return

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                status, left = message["status"], limit - used
                if presents_key and status == HTTPStatus.UNAUTHORIZED:
                    self._known_keys.pop(digest, None)
                    await self.counter.increment(f"wrong/{address}", window, 1)
                if is_limited:
                    if status == HTTPStatus.NOT_MODIFIED and FROM_CACHE_KEY in scope:
                        left += 1
                        await self.counter.increment(counter_key, window, -1)
                    headers = _rate_limit_headers(policy, limit, left, seconds)
                    message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self.app(scope, receive, send_with_limits if is_limited or presents_key else send)

    def _get_policy(self, identity: KeyIdentity | None) -> tuple[str, int]:
        """The name of the policy for a client, and its limit."""
        if identity is None:
            return "anon", self.address_limit
        if identity.is_read_only:
            return "read", self.read_key_limit
        return "key", self.key_limit

    def count_cached(self, client: str, cost: int) -> RawHeaders | None:
        """Count a cached response at `cost` 0 or 1, and return its `RateLimit` headers.

        None if the limit is exceeded or the counters are not in memory.
        """
        counter_key = f"anon/{client_network(client)}"
        if self.address_limit <= 0 or counter_key in _UNLIMITED_COUNTER_KEYS:
            return []
        if not isinstance(self.counter, MemoryCounter):
            return None
        window, elapsed = divmod(int(time.time()), _WINDOW_SECONDS)
        left = self.address_limit - self.counter.increment_now(counter_key, window, cost)
        if left < 0:
            self.counter.increment_now(counter_key, window, -cost)
            return None
        return _rate_limit_headers("anon", self.address_limit, left, _WINDOW_SECONDS - elapsed)

    async def _has_too_many_wrong_keys(self, address: str, window: int) -> bool:
        if not self.wrong_key_limit:
            return False
        return await self.counter.increment(f"wrong/{address}", window, 0) >= self.wrong_key_limit

    async def _identify(
        self, credential: Credential | None, digest: bytes, address: str, window: int
    ) -> KeyIdentity | None:
        """The key of a credential; None if it is not valid, or not looked up.

        Concurrent requests with the same credential share one lookup. Lookups are counted by
        address, so that invented keys cost no more than requests without a key.
        """
        if credential is None or digest in self._known_keys:
            return self._known_keys.get(digest)

        async def look_up(_release: Callable[[], None]) -> KeyIdentity | None:
            count = await self.counter.increment(f"lookups/{address}", window, 1)
            if self.address_limit and count > self.address_limit and address not in LOOPBACK:
                return None
            try:
                identity = await self._look_up_key(credential)
            except Exception:
                # Any error: the application authenticates the key again, and reports the error.
                return None
            if identity is not None:
                if len(self._known_keys) >= _MAX_KNOWN_KEY_ITEMS:
                    self._known_keys.clear()
                self._known_keys[digest] = identity
            return identity

        return await self._lookups.run(digest, look_up)


def _digest(credential: Credential | None) -> bytes:
    if credential is None:
        return b""
    return sha256(b"%d%b" % (credential.is_session, credential.token)).digest()


def _rate_limit_headers(policy: str, limit: int, left: int, seconds: int) -> RawHeaders:
    return [
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (policy.encode(), limit, _WINDOW_SECONDS)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (policy.encode(), left, seconds)),
    ]


async def _send_too_many_requests(
    scope: Scope,
    receive: Receive,
    send: Send,
    reason: Bilingual,
    seconds: int,
    *headers: RawHeader,
) -> None:
    REQUESTS_REFUSED.labels("quota").inc()
    response_headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    with use_language(request_language(scope)):
        retry = tr(f"Try again in {seconds} seconds.", f"Повторите через {seconds} с.")
        error = TooManyRequests(f"{reason} {retry}", headers=response_headers)
        response = build_problem_response(scope["state"]["request_id"], error)
    response.raw_headers.extend(headers)
    await response(scope, receive, send)
