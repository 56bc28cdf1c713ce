"""The store of the response cache, and its keys."""

from collections import OrderedDict
from time import time

from app.domain.bounded_cache import bounded_cache
from app.http.cache.generation import Generation
from app.http.cache.response import CachedResponse, RequestHeaders
from app.http.content_language import negotiate_language

CacheKey = tuple[str | bytes | None, ...]

MAX_STALE_SECONDS = 300.0
"""Maximum age of a response from an older generation, counted back from the last contact with the
database, at which it may be sent while the database is away. As in `stale-while-revalidate`."""


def build_cache_key(path: str, query: bytes, headers: RequestHeaders) -> CacheKey:
    """The key of a request: all that its response depends on, except the content coding."""
    return _canonical_key(
        path,
        query,
        headers.get(b"accept"),
        headers.get(b"accept-language", b""),
        headers.get(b"range"),
    )


@bounded_cache(2**21)
def _canonical_key(
    path: str, query: bytes, accept: bytes | None, accept_language: bytes, byte_range: bytes | None
) -> CacheKey:
    """One key for equivalent spellings: parameters are sorted, the language is negotiated."""
    if b"&" in query:
        parameters = sorted(query.split(b"&"), key=_param_name)
        query = b"&".join(parameters)
    language = negotiate_language(query, accept_language.decode("latin-1"))
    return (path, query, accept, language, byte_range)


def _param_name(parameter: bytes) -> bytes:
    return parameter.partition(b"=")[0]


class ResponseCache:
    """An LRU cache of responses, bounded in bytes.

    Responses of the current generation are hits. Those of older generations are replaced when they
    are requested; they are sent only while the database is away.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        """0 turns the cache off."""
        self.clear()

    def clear(self) -> None:
        """Remove all responses."""
        self.size_bytes = 0
        self._confirmed_at = 0.0
        self._generation: Generation | None = None
        self._responses: OrderedDict[CacheKey, CachedResponse] = OrderedDict()

    @property
    def entry_count(self) -> int:
        """Number of responses."""
        return len(self._responses)

    def get(self, key: CacheKey, generation: Generation) -> CachedResponse | None:
        """The fresh response for `key` in `generation`, which is the current one."""
        self._generation, self._confirmed_at = generation, time()
        response = self._responses.get(key)
        if (
            response is None
            or response.generation is not generation
            or not response.is_fresh(self._confirmed_at)
        ):
            return None
        self._responses.move_to_end(key)
        return response

    def get_stale(self, key: CacheKey) -> CachedResponse | None:
        """Get the response for `key` if it is of the last known generation or slightly older."""
        response = self._responses.get(key)
        if response is None:
            return None
        is_recent = self._confirmed_at - response.created_at < MAX_STALE_SECONDS
        return response if is_recent or response.generation is self._generation else None

    def put(self, key: CacheKey, generation: Generation, response: CachedResponse) -> None:
        """Store a response of `generation`, if it is cacheable and the generation still current."""
        if (
            generation is self._generation
            and response.is_cacheable
            and response.is_fresh()
            and response.size_bytes <= self.max_bytes
        ):
            self._evict(key)
            response.generation = generation
            response.size_bytes += sum(len(part) for part in key if part)
            self._responses[key] = response
            self.update_size(key, response)

    def update_size(self, key: CacheKey, response: CachedResponse) -> None:
        """Count the variants that were encoded since `response` was stored."""
        if self._responses.get(key) is response:
            self.size_bytes += response.size_bytes - response.counted_bytes
            response.counted_bytes = response.size_bytes
            while self.size_bytes > self.max_bytes:
                self._evict(next(iter(self._responses)))

    def _evict(self, key: CacheKey) -> None:
        response = self._responses.pop(key, None)
        if response is not None:
            self.size_bytes -= response.counted_bytes
            response.counted_bytes = 0
