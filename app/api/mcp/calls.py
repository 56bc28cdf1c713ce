"""Calls of the API within the process: requests that are part of another one."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from anyio import Event
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

from app.config import current_settings

logger = logging.getLogger("zarya")

_REDIRECT_STATUSES = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class ApiCall:
    """A request."""

    method: str
    path: str
    """Percent-encoded."""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class ApiAnswer:
    """The response to a call."""

    status: int
    body: bytes
    location: str = ""
    """Header `Location`: the URL of a record that was created or renamed."""

    @property
    def is_redirect(self) -> bool:
        """True if the record has another URL now, which is `location`; the body is empty."""
        return self.status in _REDIRECT_STATUSES

    @property
    def is_error(self) -> bool:
        """True for a problem, and for a redirect, since its request has not been executed."""
        return self.status >= 400 or self.is_redirect


Caller = Callable[[ApiCall], Awaitable[ApiAnswer]]
"""Answers a call of the API, with the key of the client if it has one."""


async def call_api(api: ASGIApp, call: ApiCall, scope: Mapping[str, Any]) -> ApiAnswer:
    """Answer `call` by `api`. `scope` has `app` and `state` of the request around it."""
    status, body, location = 500, b"", ""
    has_body_been_read, has_ended = False, Event()

    async def receive() -> Message:
        nonlocal has_body_been_read
        if has_body_been_read:
            await has_ended.wait()  # a streamed response waits here for the client to leave
            return {"type": "http.disconnect"}
        has_body_been_read = True
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body, location
        if message["type"] == "http.response.start":
            status = message["status"]
            location = Headers(raw=message["headers"]).get("location", "")
        else:
            body += message.get("body", b"")
            if not message.get("more_body", False):
                has_ended.set()

    own: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": unquote(call.path.replace("%2F", "%252F")),  # which separates no segments
        "raw_path": call.path.encode(errors="replace"),
        "root_path": "",
        "query_string": call.query.encode(),
        "headers": [(k.lower().encode(), v.encode()) for k, v in call.headers.items()],
        "client": None,
        "server": None,
        "app": scope["app"],
        "state": dict(scope["state"]),
    }
    try:
        await api(own, receive, send)
    except Exception:  # answered with a problem by the exception handlers, which raise it again
        logger.exception("%s %s failed", call.method, call.path)
    return ApiAnswer(status, body, location)


def build_caller(api: ASGIApp, headers: Mapping[str, str], scope: Mapping[str, Any]) -> Caller:
    """A function that calls `api` with `headers`, as part of the request with `scope`.

    It follows one redirect of a GET within the API, such as that of a renamed slug.
    """

    async def call(api_call: ApiCall) -> ApiAnswer:
        own = replace(api_call, headers={**headers, **api_call.headers})
        answer = await call_api(api, own, scope)
        base_url = current_settings().base_url
        if own.method == "GET" and answer.is_redirect and answer.location.startswith(base_url):
            path, _, query = answer.location.removeprefix(base_url).partition("?")
            answer = await call_api(api, replace(own, path=path, query=query), scope)
        return answer

    return call
