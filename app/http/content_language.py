"""Content language: negotiated for each request, stated in the headers of each response."""

from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.bounded_cache import bounded_cache
from app.domain.languages import LANGUAGES, Language, use_language
from app.http.negotiation import parse_quality_values
from app.http.paths import NO_TRAITS, ROUTE_TRAITS_KEY

MAX_ACCEPT_LANGUAGE_CHARS = 200
"""Characters of `Accept-Language` that are read; the rest is ignored."""


def language_param(query_string: bytes) -> Language | None:
    """The language in the query parameter `lang`; None if it is absent or not supported."""
    if b"lang" not in query_string and b"%" not in query_string:
        return None
    value = dict(parse_qsl(query_string.decode("latin-1"))).get("lang")
    return Language(value) if value in LANGUAGES else None


@bounded_cache(2**17)
def _preferred_language(accept_language: str) -> Language:
    """The supported language with the highest weight; of equal ones, the first in the header."""
    weights: dict[str, float] = {}
    for tag, weight in parse_quality_values(accept_language).items():
        name = tag.partition("-")[0]
        weights[name] = max(weight, weights.get(name, 0.0))
    default = weights.pop("*", 0.0)
    supported = {name: weight for name, weight in weights.items() if name in LANGUAGES}
    supported |= {language: default for language in Language if language not in supported}
    if not any(supported.values()):
        return Language.EN
    return Language(max(supported, key=lambda name: supported[name]))


def negotiate_language(query_string: bytes, accept_language: str) -> Language:
    """The language of the response: `lang`, else the best match for `Accept-Language`."""
    return language_param(query_string) or _preferred_language(
        accept_language[:MAX_ACCEPT_LANGUAGE_CHARS]
    )


def request_language(scope: Scope) -> Language:
    """The language of the response to a request."""
    accept_language = ",".join(Headers(scope=scope).getlist("accept-language"))
    return negotiate_language(scope["query_string"], accept_language)


class ContentLanguageMiddleware:
    """ASGI middleware: sets the current language, `Content-Language` and `Vary`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        explicit = language_param(scope["query_string"])
        language = request_language(scope)

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                traits = scope.get(ROUTE_TRAITS_KEY, NO_TRAITS)
                if message["status"] < 400 and traits.english_only:
                    headers["content-language"] = Language.EN
                else:
                    headers.setdefault("content-language", language)
                    if explicit is None:
                        headers.add_vary_header("Accept-Language")
                message["headers"] = headers.raw
            await send(message)

        with use_language(language, explicit=explicit is not None):
            await self.app(scope, receive, send_with_language)
