"""Answers to requests for lists: by the page as JSON, or the whole list as CSV or NDJSON.

A whole list goes out in parts, each read like a page, behind the last one's cursor. Between two of
them nothing is held, neither a connection nor a thread, however slowly the client takes them.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from app.api.cache_control import SHORT_MAX_AGE_SECONDS, public_cache_control
from app.api.deps import get_database
from app.api.lists.csv import csv_header, csv_lines
from app.api.lists.pagination import ListFormat, ListQuery, Page, next_cursor
from app.db.database import Reader, ReadPool
from app.domain.languages import tr
from app.http.negotiation import media_type_quality, parse_quality_values
from app.http.problems import FieldProblem, InvalidRequest

Q = TypeVar("Q", bound=ListQuery)

STREAM_BATCH_ROWS = 200
"""How many rows of a whole list are read at once."""

LIST_MEDIA_TYPES = {
    ListFormat.JSON: "application/json",
    ListFormat.CSV: "text/csv",
    ListFormat.NDJSON: "application/x-ndjson",
}

_PAGING_PARAMS = ("limit", "cursor", "with_total")
"""The parameters that tell of pages, which a whole list does not have."""


class ListResponder:
    """What answers one request for a list, in the form that it asks for."""

    def __init__(self, database: ReadPool, path: str, accept: str) -> None:
        self._database = database
        self._path = path
        self._accept = accept

    async def respond(
        self,
        read: Callable[[Reader, Q], Page[Any]],
        query: Q,
        fresh: Callable[[Sequence[Any]], str] | None = None,
    ) -> Response:
        """What `read` finds for `query`; `fresh` makes the Cache-Control of a page of its items.

        Raises `InvalidRequest` where a whole list is asked for by the page.
        """
        form = query.format or negotiate_list_format(self._accept)
        if form is ListFormat.JSON:
            answer = await self._respond_page(read, query, fresh)
        else:
            answer = await self._stream_all(read, query, form)
        if query.format is None:
            answer.headers["Vary"] = "Accept"
        return answer

    async def _respond_page(
        self,
        read: Callable[[Reader, Q], Page[Any]],
        query: Q,
        fresh: Callable[[Sequence[Any]], str] | None,
    ) -> Response:
        page = await self._database.read(read, query)
        answer = build_page_response(page)
        if fresh:
            answer.headers["Cache-Control"] = fresh(page.items)
        return answer

    async def _stream_all(
        self, read: Callable[[Reader, Q], Page[Any]], query: Q, form: ListFormat
    ) -> Response:
        if paged := [name for name in _PAGING_PARAMS if name in query.model_fields_set]:
            raise _paging_error(form, paged)
        query = query.model_copy(update={"limit": STREAM_BATCH_ROWS})

        def part(reader: Reader, cursor: str | None) -> tuple[bytes, str | None]:
            page = read(reader, query.model_copy(update={"cursor": cursor}))
            return _encode_page(page, form, cursor is None), next_cursor(page)

        # Read before anything is sent: what is wrong with the request is told as a problem.
        first, cursor = await self._database.read(part, None)

        async def parts() -> AsyncIterator[bytes]:
            yield first
            at = cursor
            while at is not None:
                content, at = await self._database.read(part, at)
                yield content

        name = "-".join(self._path.split("/")[2:])
        media_type = LIST_MEDIA_TYPES[form]
        if form is ListFormat.CSV:
            media_type += "; charset=utf-8; header=present"
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}.{form}"',
            # Whatever the rows behind the first part may say of their freshness.
            "Cache-Control": public_cache_control(SHORT_MAX_AGE_SECONDS),
        }
        return StreamingResponse(parts(), headers=headers)


async def _get_list_responder(request: Request) -> ListResponder:
    accept = ",".join(request.headers.getlist("accept"))
    return ListResponder(await get_database(request), request.scope["path"], accept)


ListResponderDep = Annotated[ListResponder, Depends(_get_list_responder)]


def build_page_response(page: Page[Any]) -> Response:
    """The answer that is `page`: its neighbours are in the `Link` header too (RFC 8288)."""
    links = [f'<{url}>; rel="{rel}"' for rel in ("prev", "next") if (url := getattr(page, rel))]
    headers = {"Link": ", ".join(links)} if links else {}
    content = to_json(page, by_alias=True)  # bytes: as text they would be coded twice
    return Response(content, headers=headers, media_type="application/json")


@lru_cache(maxsize=64)
def negotiate_list_format(accept: str) -> ListFormat:
    """The form to answer in for an `Accept` header; JSON where nothing else is wanted more."""
    wanted = parse_quality_values(accept)
    return max(ListFormat, key=lambda form: media_type_quality(wanted, LIST_MEDIA_TYPES[form]))


def _paging_error(form: ListFormat, given: Sequence[str]) -> InvalidRequest:
    detail = tr(
        f"As {form} a list comes whole: leave it out, or ask for format=json.",
        f"В виде {form} список приходит целиком: уберите это или попросите format=json.",
    )
    errors = [FieldProblem(parameter=name, code="not-by-page", detail=detail) for name in given]
    names = ", ".join(given)
    told = tr(
        f"A list as {form} has no pages: leave out {names}.",
        f"У списка в виде {form} нет страниц: уберите {names}.",
    )
    return InvalidRequest(told, *errors)


def _encode_page(page: Page[Any], form: ListFormat, is_first: bool) -> bytes:
    """The items of `page` in the lines of `form`."""
    if form is ListFormat.NDJSON:
        return b"".join(item.model_dump_json(by_alias=True).encode() + b"\n" for item in page.items)
    item = type(page).item_type()
    return ((csv_header(item) if is_first else "") + csv_lines(item, page.items)).encode()
