"""Problem responses as HTML pages, for clients that prefer HTML."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from app.http.negotiation import prefers_html
from app.http.paths import json_error_prefixes
from app.http.problems import PROBLEM_MEDIA_TYPE
from app.portal.rendering import PageRenderer

_ExceptionHandler = Callable[[Request, Any], Awaitable[Response]]


def install_error_pages(app: FastAPI) -> None:
    """Wrap the exception handlers of `app`, so that browsers get their problems as pages."""
    json_prefixes = json_error_prefixes(app.routes)
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _with_error_page(handler, json_prefixes))


def _with_error_page(handler: Any, json_prefixes: tuple[str, ...]) -> _ExceptionHandler:
    handle: _ExceptionHandler = handler

    async def handle_with_page(request: Request, error: Exception) -> Response:
        response = await handle(request, error)
        is_problem = response.headers.get("content-type") == PROBLEM_MEDIA_TYPE
        if not is_problem or request.scope["path"].startswith(json_prefixes):
            return response
        if prefers_html(request.headers.get("accept", "")):
            response = _render_error_page(request, response)
        response.headers.add_vary_header("Accept")
        return response

    return handle_with_page


def _render_error_page(request: Request, response: Response) -> Response:
    renderer = PageRenderer(request)
    problem = json.loads(bytes(response.body))
    retry_path = renderer.current_path if response.status_code >= 500 else None
    page = renderer.render("problem", problem=problem, again=retry_path)
    page.status_code = response.status_code
    page.headers.update(
        {name: value for name, value in response.headers.items() if name[:8] != "content-"}
    )
    return page
