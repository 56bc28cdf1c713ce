"""The language of each answer: chosen before anything is asked, and told in its headers."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.languages import Speech, chosen, speaking, speech_of

ONE_LANGUAGE = (
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


def heard(scope: Scope) -> Speech:
    """The language that a request asks for."""
    accepted = ",".join(Headers(scope=scope).getlist("accept-language"))
    return speech_of(scope["query_string"], accepted)


class Languages:
    """ASGI middleware: lets the language of a request be spoken, and says which one that is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        named = chosen(scope["query_string"])
        speech = heard(scope)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                if message["status"] < 400 and scope["path"].startswith(ONE_LANGUAGE):
                    headers["content-language"] = Speech.EN
                else:
                    headers.setdefault("content-language", speech)
                    if named is None:
                        headers.add_vary_header("Accept-Language")
                message["headers"] = headers.raw
            await send(message)

        with speaking(speech, asked=named is not None):
            await self.app(scope, receive, told)
