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

from app.api.cache_control import IMMINENT, public
from app.api.lists.csv import header, lines
from app.api.lists.pagination import ListFormat, Page, PageQuery, following
from app.db.database import Database, Reader, database_for
from app.domain.languages import either
from app.http.negotiation import media_weight, weights
from app.http.problems import FieldProblem, Invalid

Q = TypeVar("Q", bound=PageQuery)

PART = 200
"""How many rows of a whole list are read at once."""

MEDIA_TYPES = {
    ListFormat.JSON: "application/json",
    ListFormat.CSV: "text/csv",
    ListFormat.NDJSON: "application/x-ndjson",
}

PAGED = ("limit", "cursor", "with_total")
"""The parameters that tell of pages, which a whole list does not have."""


class Lists:
    """What answers one request for a list, in the form that it asks for."""

    def __init__(self, database: Database, path: str, accept: str) -> None:
        self._database = database
        self._path = path
        self._accept = accept

    async def answer(
        self,
        read: Callable[[Reader, Q], Page[Any]],
        query: Q,
        fresh: Callable[[Sequence[Any]], str] | None = None,
    ) -> Response:
        """What `read` finds for `query`; `fresh` makes the Cache-Control of a page of its items.

        Raises `Invalid` where a whole list is asked for by the page.
        """
        form = query.format or preferred(self._accept)
        if form is ListFormat.JSON:
            answer = await self._page(read, query, fresh)
        else:
            answer = await self._whole(read, query, form)
        if query.format is None:
            answer.headers["Vary"] = "Accept"
        return answer

    async def _page(
        self,
        read: Callable[[Reader, Q], Page[Any]],
        query: Q,
        fresh: Callable[[Sequence[Any]], str] | None,
    ) -> Response:
        page = await self._database.read(read, query)
        answer = page_answer(page)
        if fresh:
            answer.headers["Cache-Control"] = fresh(page.items)
        return answer

    async def _whole(
        self, read: Callable[[Reader, Q], Page[Any]], query: Q, form: ListFormat
    ) -> Response:
        if paged := [name for name in PAGED if name in query.model_fields_set]:
            raise _without_pages(form, paged)
        query = query.model_copy(update={"limit": PART})

        def part(reader: Reader, cursor: str | None) -> tuple[bytes, str | None]:
            page = read(reader, query.model_copy(update={"cursor": cursor}))
            return _written(page, form, cursor is None), following(page)

        # Read before anything is sent: what is wrong with the request is told as a problem.
        first, cursor = await self._database.read(part, None)

        async def parts() -> AsyncIterator[bytes]:
            yield first
            at = cursor
            while at is not None:
                content, at = await self._database.read(part, at)
                yield content

        name = "-".join(self._path.split("/")[2:])
        media_type = MEDIA_TYPES[form]
        if form is ListFormat.CSV:
            media_type += "; charset=utf-8; header=present"
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}.{form}"',
            # Whatever the rows behind the first part may say of their freshness.
            "Cache-Control": public(IMMINENT),
        }
        return StreamingResponse(parts(), headers=headers)


async def _lists(request: Request) -> Lists:
    accept = ",".join(request.headers.getlist("accept"))
    return Lists(await database_for(request), request.scope["path"], accept)


ListsDep = Annotated[Lists, Depends(_lists)]


def page_answer(page: Page[Any]) -> Response:
    """The answer that is `page`: its neighbours are in the `Link` header too (RFC 8288)."""
    links = [f'<{url}>; rel="{rel}"' for rel in ("prev", "next") if (url := getattr(page, rel))]
    headers = {"Link": ", ".join(links)} if links else {}
    content = to_json(page, by_alias=True)  # bytes: as text they would be coded twice
    return Response(content, headers=headers, media_type="application/json")


@lru_cache(maxsize=64)
def preferred(accept: str) -> ListFormat:
    """The form to answer in for an `Accept` header; JSON where nothing else is wanted more."""
    wanted = weights(accept)
    return max(ListFormat, key=lambda form: media_weight(wanted, MEDIA_TYPES[form]))


def _without_pages(form: ListFormat, given: Sequence[str]) -> Invalid:
    detail = either(
        f"As {form} a list comes whole: leave it out, or ask for format=json.",
        f"В виде {form} список приходит целиком: уберите это или попросите format=json.",
    )
    errors = [FieldProblem(parameter=name, code="not-by-page", detail=detail) for name in given]
    names = ", ".join(given)
    told = either(
        f"A list as {form} has no pages: leave out {names}.",
        f"У списка в виде {form} нет страниц: уберите {names}.",
    )
    return Invalid(told, *errors)


def _written(page: Page[Any], form: ListFormat, is_first: bool) -> bytes:
    """The items of `page` in the lines of `form`."""
    if form is ListFormat.NDJSON:
        return b"".join(item.model_dump_json(by_alias=True).encode() + b"\n" for item in page.items)
    item = type(page).item()
    return ((header(item) if is_first else "") + lines(item, page.items)).encode()
