"""Responses of lists: JSON in pages, or the whole list as CSV or NDJSON.

A whole list is streamed in batches, each read like a page after the cursor of the last one. No
connection or thread is held between two batches, however slow the client is.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from pydantic_core import to_json

from app.api.cache_control import SHORT_MAX_AGE_SECONDS, last_modified_headers
from app.api.deps import get_database
from app.api.fields import Selection, parse_fields, reduce_response, select_fields
from app.api.lists.csv import CSV_BOM, csv_header, csv_lines
from app.api.lists.pagination import ListFormat, ListQuery, ListViewQuery, Page
from app.api.params import View
from app.db.database import Reader, ReadPool
from app.domain.bounded_cache import bounded_cache
from app.domain.languages import tr
from app.http.cache.freshness import public_cache_control
from app.http.negotiation import media_type_quality, parse_quality_values
from app.http.problems import FieldProblem, InvalidRequest

Q = TypeVar("Q", bound=ListQuery)

STREAM_BATCH_ROWS = 200
"""Rows per batch of a whole list of summaries."""

STREAM_BATCH_FULL_ROWS = 50
"""Rows per batch of a whole list of full records."""

LIST_MEDIA_TYPES = {
    ListFormat.JSON: "application/json",
    ListFormat.CSV: "text/csv",
    ListFormat.NDJSON: "application/x-ndjson",
}

_PAGING_PARAMS = ("limit", "cursor", "with_total", "facet")
"""Parameters that do not apply to a whole list."""


class ListResponder:
    """Responder for one list request, in the requested format."""

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
        """Respond with the list that `read` returns; `fresh` computes Cache-Control from the items.

        Raises InvalidRequest for paging parameters of a whole list.
        """
        format_ = query.format or negotiate_list_format(self._accept)
        if format_ is ListFormat.JSON:
            response = await self._respond_page(read, query, fresh)
        else:
            response = await self._stream_all(read, query, format_)
        if query.format is None:
            response.headers["Vary"] = "Accept"
        return response

    async def _respond_page(
        self,
        read: Callable[[Reader, Q], Page[Any]],
        query: Q,
        fresh: Callable[[Sequence[Any]], str] | None,
    ) -> Response:
        page = await self._database.read(read, query)
        response = build_page_response(page)
        if selection := _parse_item_fields(page, query):
            items = dict.fromkeys(type(page).model_fields) | {"items": selection}
            reduce_response(response, items)
        if fresh:
            response.headers["Cache-Control"] = fresh(page.items)
        return response

    async def _stream_all(
        self, read: Callable[[Reader, Q], Page[Any]], query: Q, format_: ListFormat
    ) -> Response:
        if paged := [name for name in _PAGING_PARAMS if name in query.model_fields_set]:
            raise _paging_error(format_, paged)
        is_full = isinstance(query, ListViewQuery) and query.view is View.FULL
        rows = STREAM_BATCH_FULL_ROWS if is_full else STREAM_BATCH_ROWS
        query = query.model_copy(update={"limit": rows})

        def read_batch(reader: Reader, cursor: str | None) -> tuple[bytes, str | None]:
            page = read(reader, query.model_copy(update={"cursor": cursor}))
            items = reader.within_budget(page.items)
            content = _encode_items(
                type(page).item_type(),
                items,
                format_,
                cursor is None,
                query.bom,
                _parse_item_fields(page, query),
            )
            return content, page.next_cursor

        # Read before the response starts, so that an error becomes a problem response.
        first, cursor = await self._database.read(read_batch, None)

        async def stream() -> AsyncIterator[bytes]:
            yield first
            following = cursor
            while following is not None:
                content, following = await self._database.read(read_batch, following)
                yield content

        name = "-".join(self._path.split("/")[2:])
        media_type = LIST_MEDIA_TYPES[format_]
        if format_ is ListFormat.CSV:
            media_type += "; charset=utf-8; header=present"
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}.{format_}"',
            # Independent of the rows: later batches are not known yet.
            "Cache-Control": public_cache_control(SHORT_MAX_AGE_SECONDS),
        }
        return StreamingResponse(stream(), headers=headers)


async def _get_list_responder(request: Request) -> ListResponder:
    accept = ",".join(request.headers.getlist("accept"))
    return ListResponder(await get_database(request), request.scope["path"], accept)


ListResponderDep = Annotated[ListResponder, Depends(_get_list_responder)]


def build_page_response(page: Page[Any]) -> Response:
    """JSON response of a page, with its neighbours in the `Link` header (RFC 8288)."""
    links = [f'<{url}>; rel="{rel}"' for rel in ("prev", "next") if (url := getattr(page, rel))]
    headers = ({"Link": ", ".join(links)} if links else {}) | last_modified_headers(page.items)
    content = to_json(page, by_alias=True)  # bytes: text would be encoded twice
    return Response(content, headers=headers, media_type="application/json")


def _parse_item_fields(page: Page[Any], query: ListQuery) -> Selection | None:
    """The selected fields of the items of `page`; None for all. Raises InvalidRequest."""
    if not query.fields:
        return None
    is_summary = isinstance(query, ListViewQuery) and query.view is View.SUMMARY
    hint = tr(" `view=full` has more fields.", " С `view=full` полей больше.") if is_summary else ""
    return parse_fields(type(page).item_type(), query.fields, hint)


@bounded_cache(2**17)
def negotiate_list_format(accept: str) -> ListFormat:
    """Format of the response to an `Accept` header; JSON by default."""
    qualities = parse_quality_values(accept)
    return max(
        ListFormat, key=lambda format_: media_type_quality(qualities, LIST_MEDIA_TYPES[format_])
    )


def _paging_error(format_: ListFormat, params: Sequence[str]) -> InvalidRequest:
    detail = tr(
        f"The {format_} format returns the whole list. Omit this parameter, or use format=json.",
        f"Формат {format_} возвращает весь список. Уберите этот параметр или укажите format=json.",
    )
    errors = [FieldProblem(parameter=name, code="not-by-page", detail=detail) for name in params]
    names = ", ".join(params)
    message = tr(
        f"A list in the {format_} format has no pages. Omit {names}.",
        f"У списка в формате {format_} нет страниц. Уберите {names}.",
    )
    return InvalidRequest(message, *errors)


def _encode_items(
    record: type[BaseModel],
    items: Iterable[BaseModel],
    format_: ListFormat,
    is_first: bool,
    bom: bool,
    selection: Selection | None,
) -> bytes:
    """Encode a batch of records as lines of CSV, with `bom` if it is the first, or NDJSON."""
    if format_ is ListFormat.NDJSON:
        return b"".join(_encode_line(item, selection) for item in items)
    start = (CSV_BOM if bom else "") + csv_header(record, selection) if is_first else ""
    return (start + csv_lines(record, items, selection)).encode()


def _encode_line(item: BaseModel, selection: Selection | None) -> bytes:
    if selection is None:
        return item.model_dump_json(by_alias=True).encode() + b"\n"
    return to_json(select_fields(item.model_dump(mode="json", by_alias=True), selection)) + b"\n"
