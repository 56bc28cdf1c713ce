"""Problems as pages, for those who look at the portal in a browser."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from app.http.negotiation import prefers_html
from app.http.paths import json_error_prefixes
from app.http.problems import PROBLEM_MEDIA_TYPE
from app.portal.rendering import PageRenderer

_ExceptionHandler = Callable[[Request, Any], Awaitable[Response]]


def install_problem_pages(app: FastAPI) -> None:
    """Let the problems that `app` answers be pages where browsers ask for pages."""
    json_prefixes = json_error_prefixes(app.routes)
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _with_problem_page(handler, json_prefixes))


def _with_problem_page(handler: Any, json_prefixes: tuple[str, ...]) -> _ExceptionHandler:
    async def show(request: Request, error: Exception) -> Response:
        answer: Response = await handler(request, error)
        is_problem = answer.headers.get("content-type") == PROBLEM_MEDIA_TYPE
        if not is_problem or request.scope["path"].startswith(json_prefixes):
            return answer
        if prefers_html(request.headers.get("accept", "")):
            kept = {n: v for n, v in answer.headers.items() if not n.startswith("content-")}
            screens = PageRenderer(request)
            again = screens.current_path if answer.status_code >= 500 else None
            page = screens.render("problem", problem=json.loads(bytes(answer.body)), again=again)
            page.status_code = answer.status_code
            page.headers.update(kept)
            answer = page
        answer.headers.add_vary_header("Accept")
        return answer

    return show
