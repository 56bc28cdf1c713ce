"""The ASGI layers around the router, outermost first.

1. `protocol`         the socket: deadlines and size limits; cache hits leave by the fast path here
2. `request_context`  request id, client address, common headers, CORS, access log
3. `rate_limit`       requests per minute of an address or a key; 429
4. `cache.middleware` response cache, ETag and 304, Cache-Control, compression
5. `content_language` the language of the response; layers inside it send errors in that language
6. `request_body`     buffers the body, bounded in size; 413
7. `load_shedding`    bounded concurrency for reads and for writes, total time limit; 503
8. `deprecation`      headers of deprecated operations
9. the application    exception handlers, then `app.api.dispatch` and the route

A new layer has to work on both paths: implement its effect on cache hits in `fast_path` as well.
"""

from collections.abc import Collection, Mapping

from starlette.types import ASGIApp

from app.config import Settings
from app.http.access_log import AccessLog
from app.http.cache.generation import GenerationTracker
from app.http.cache.middleware import CacheMiddleware
from app.http.cache.store import ResponseCache
from app.http.content_language import ContentLanguageMiddleware
from app.http.deprecation import DeprecationMiddleware, DeprecationTable
from app.http.fast_path import FastPath
from app.http.load_shedding import LoadSheddingMiddleware
from app.http.rate_limit import KeyLookup, RateLimitMiddleware
from app.http.request_body import BufferBodyMiddleware
from app.http.request_context import RequestContextMiddleware
from app.http.shutdown import GracefulShutdown


def build_pipeline(
    app: ASGIApp,
    settings: Settings,
    *,
    thread_limits: tuple[int, int],
    generations: GenerationTracker,
    cache: ResponseCache,
    shutdown: GracefulShutdown,
    access_log: AccessLog,
    look_up_key: KeyLookup,
    monitoring_paths: Collection[str],
    upload_limits: Mapping[str, int],
    file_prefixes: tuple[str, ...],
    calling_paths: Collection[str],
    sign_in_paths: Collection[str],
    deprecations: DeprecationTable,
) -> tuple[ASGIApp, FastPath, ASGIApp]:
    """`app` in its layers, the fast path around them, and the layers from 5 inwards.

    `thread_limits` are the numbers of database threads for reads and writes. Requests to
    `calling_paths` make calls through the layers from 5 inwards: these are subject to load
    shedding, not the request itself, which would hold a slot while its calls wait for one.
    """
    deprecation = DeprecationMiddleware(app, deprecations)
    load_shedding = LoadSheddingMiddleware(
        deprecation,
        *thread_limits,
        max_waiters=settings.max_waiting,
        timeout_seconds=settings.request_seconds,
        exempt_paths={*monitoring_paths, *calling_paths},
        upload_paths=upload_limits,
        file_prefixes=file_prefixes,
    )
    buffer_body = BufferBodyMiddleware(load_shedding, upload_limits)
    content_language = ContentLanguageMiddleware(buffer_body)
    cached = CacheMiddleware(content_language, generations, cache, monitoring_paths)
    rate_limit = RateLimitMiddleware(cached, settings, look_up_key, monitoring_paths, sign_in_paths)
    request_context = RequestContextMiddleware(rate_limit, settings, shutdown, access_log)
    return request_context, FastPath(request_context, rate_limit, cached), content_language
