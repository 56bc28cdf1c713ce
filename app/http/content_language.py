"""The language of each answer: chosen before anything is asked, and told in its headers."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import Language, language_param, negotiate_language, use_language

_ENGLISH_ONLY_PREFIXES = (
    "/.well-known/",
    "/docs",
    "/health/",
    "/openapi.json",
    "/v1/audit",
    "/v1/changes",
    "/v1/events",
    "/v1/export",
    "/web/",
)
"""Where what is answered is in English or for programs, whatever is asked for; problems are not."""


def request_language(scope: Scope) -> Language:
    """The language that a request asks for."""
    accepted = ",".join(Headers(scope=scope).getlist("accept-language"))
    return negotiate_language(scope["query_string"], accepted)


class ContentLanguageMiddleware:
    """ASGI middleware: lets the language of a request be spoken, and says which one that is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        named = language_param(scope["query_string"])
        speech = request_language(scope)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                if message["status"] < 400 and scope["path"].startswith(_ENGLISH_ONLY_PREFIXES):
                    headers["content-language"] = Language.EN
                else:
                    headers.setdefault("content-language", speech)
                    if named is None:
                        headers.add_vary_header("Accept-Language")
                message["headers"] = headers.raw
            await send(message)

        with use_language(speech, explicit=named is not None):
            await self.app(scope, receive, told)
