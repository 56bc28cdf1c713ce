"""In-process ASGI client: sends requests to the API without a socket."""

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
class ApiRequest:
    """A request to the API."""

    method: str
    path: str
    """Percent-encoded."""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class ApiResponse:
    """The response of the API."""

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


SendRequest = Callable[[ApiRequest], Awaitable[ApiResponse]]
"""Sends a request to the API, with the key of the client if it has one."""


async def send_to_api(api: ASGIApp, request: ApiRequest, scope: Mapping[str, Any]) -> ApiResponse:
    """Send `request` to `api`. `scope` has `app` and `state` of the request around it."""
    status, body, location = 500, b"", ""
    has_body_been_read, has_ended = False, Event()

    async def receive() -> Message:
        nonlocal has_body_been_read
        if has_body_been_read:
            await has_ended.wait()  # a streamed response waits here for the client to leave
            return {"type": "http.disconnect"}
        has_body_been_read = True
        return {"type": "http.request", "body": request.body, "more_body": False}

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
        "method": request.method,
        "scheme": "http",
        "path": unquote(request.path.replace("%2F", "%252F")),  # which separates no segments
        "raw_path": request.path.encode(errors="replace"),
        "root_path": "",
        "query_string": request.query.encode(),
        "headers": [(k.lower().encode(), v.encode()) for k, v in request.headers.items()],
        "client": None,
        "server": None,
        "app": scope["app"],
        "state": dict(scope["state"]),
    }
    try:
        await api(own, receive, send)
    except Exception:  # answered with a problem by the exception handlers, which raise it again
        logger.exception("%s %s failed", request.method, request.path)
    return ApiResponse(status, body, location)


def build_sender(api: ASGIApp, headers: Mapping[str, str], scope: Mapping[str, Any]) -> SendRequest:
    """A function that sends requests to `api` with `headers`, as part of the request with `scope`.

    It follows one redirect of a GET within the API, such as that of a renamed slug.
    """

    async def send_request(request: ApiRequest) -> ApiResponse:
        own = replace(request, headers={**headers, **request.headers})
        response = await send_to_api(api, own, scope)
        base_url = current_settings().base_url
        if (
            own.method == "GET"
            and response.is_redirect
            and response.location.startswith(f"{base_url}/")
        ):
            path, _, query = response.location.removeprefix(base_url).partition("?")
            response = await send_to_api(api, replace(own, path=path, query=query), scope)
        return response

    return send_request
