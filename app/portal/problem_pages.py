"""Problems as pages, for those who look at the portal in a browser."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from app.http.negotiation import prefers_html
from app.http.problems import MEDIA_TYPE
from app.portal.rendering import Screens

Handler = Callable[[Request, Any], Awaitable[Response]]

API = ("/v1/", "/health/", "/.well-known/")
"""Where programs ask, whatever they accept."""


def install(app: FastAPI) -> None:
    """Let the problems that `app` answers be pages where browsers ask for pages."""
    for kind, told in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _shown(told))


def _shown(told: Any) -> Handler:
    handler: Handler = told

    async def show(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        is_problem = answer.headers.get("content-type") == MEDIA_TYPE
        if not is_problem or request.scope["path"].startswith(API):
            return answer
        if prefers_html(request.headers.get("accept", "")):
            kept = {n: v for n, v in answer.headers.items() if not n.startswith("content-")}
            screens = Screens(request)
            again = screens.here if answer.status_code >= 500 else None
            page = screens.answer("problem", problem=json.loads(bytes(answer.body)), again=again)
            page.status_code = answer.status_code
            page.headers.update(kept)
            answer = page
        answer.headers.add_vary_header("Accept")
        return answer

    return show
