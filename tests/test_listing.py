"""Lists as CSV and NDJSON: complete, streamed, and safe in spreadsheets."""

import asyncio
import codecs
import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import brotli
import httpx2 as httpx
import pytest
import zstandard
from starlette.testclient import TestClient

from app.api.lists.csv import CSV_BOM, escape_formulas
from app.api.lists.responses import STREAM_BATCH_FULL_ROWS, STREAM_BATCH_ROWS
from app.db.models import Person
from app.domain.dates import now
from app.domain.enums import Scope
from tests.support import documents
from tests.support.clients import client_with_key, database_of
from tests.support.exports import SPREADSHEET_FORMULAS
from tests.support.openapi import committed_openapi


def lists() -> Iterator[tuple[str, bool, bool]]:
    """Path of each list, true if it needs a key, and true if it has a full view."""
    for path, methods in committed_openapi()["paths"].items():
        for operation in (methods["get"],) if "get" in methods else ():
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            if {"format", "cursor"} <= names:
                address = path.replace("{slug}", "iss-59")
                yield address, bool(operation["security"]), "view" in names


LISTS = sorted(lists())
PUBLIC = {path: ["", "?view=full"][: 1 + has_view] for path, keyed, has_view in LISTS if not keyed}
"""Query strings of the views of each public list."""


def walked(client: TestClient, address: str) -> list[dict[str, Any]]:
    """Items of a list, read in pages."""
    found, url = [], f"{address}{'&' if '?' in address else '?'}limit=100"
    while url:
        page = client.get(url).json()
        found += page["items"]
        url = page["next"]
    return found


def table(text: str) -> list[list[str]]:
    """Rows of CSV that starts with a byte order mark."""
    assert text.startswith(CSV_BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(CSV_BOM), newline="")))


def test_lists_support_all_formats() -> None:
    assert len(LISTS) == 26
    assert len(PUBLIC) == 16


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "view"),
    [(path, view) for path, views in PUBLIC.items() for view in views],
)
def test_whole_list_has_all_items(archive: TestClient, path: str, view: str) -> None:
    items = walked(archive, path + view)
    params = {"format": "ndjson"} | ({"view": "full"} if view else {})
    ndjson = archive.get(path, params=params)
    assert ndjson.headers["content-type"] == "application/x-ndjson"
    filename = r'attachment; filename="[a-z0-9-]+\.ndjson"'
    assert re.fullmatch(filename, ndjson.headers["content-disposition"])
    assert [json.loads(line) for line in ndjson.text.splitlines()] == items
    answer = archive.get(path, params=params | {"format": "csv"})
    rows = table(answer.text)
    assert len(rows) == len(items) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    column = rows[0].index("id")
    assert [row[column] for row in rows[1:]] == [str(item["id"]) for item in items]


@pytest.mark.parametrize(("path", "keyed"), [(path, keyed) for path, keyed, _ in LISTS])
def test_authenticated_lists_support_all_formats(
    client: TestClient, path: str, keyed: bool
) -> None:
    editor = client_with_key(client, *Scope)
    if "{collection}" in path:
        person = editor.post("/v1/people", json=documents.person()).raise_for_status().json()
        path = f"/v1/people/{person['slug']}/revisions"
    elif "iss-59" in path:
        return
    if "{id}" in path:
        created = editor.post("/v1/webhooks", json={"target_url": "https://portal.example/"})
        path = path.replace("{id}", str(created.raise_for_status().json()["id"]))
    for form in ("csv", "ndjson"):
        assert client.get(path, params={"format": form}).status_code == (401 if keyed else 200)
        answer = editor.get(path, params={"format": form})
        assert answer.status_code == 200
        assert f'.{form}"' in answer.headers["content-disposition"]


def test_whole_list_applies_filters_and_sort(archive: TestClient) -> None:
    address = "/v1/launches?kind=CV&sort=launch_at&vehicle_family=Antares"
    items = walked(archive, address)
    rows = table(archive.get(f"{address}&format=csv").text)
    assert [row[0] for row in rows[1:]] == [item["slug"] for item in items]
    assert len(items) > 5


def test_empty_csv_has_header(client: TestClient) -> None:
    text = client.get("/v1/launches?format=csv&bom=false").text
    assert text.startswith("slug,headline,")
    assert text.count("\r\n") == 1
    assert client.get("/v1/launches?format=ndjson").text == ""


@pytest.mark.parametrize("request_csv", [("?format=csv", {}), ("", {"Accept": "text/csv"})])
def test_csv_starts_with_one_byte_order_mark_unless_omitted(
    archive: TestClient, request_csv: tuple[str, dict[str, str]]
) -> None:
    query, headers = request_csv
    marked = archive.get(f"/v1/people{query}", headers=headers)
    plain = archive.get(f"/v1/people{query or '?'}&bom=false", headers=headers)
    assert marked.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert marked.content == codecs.BOM_UTF8 + plain.content
    assert codecs.BOM_UTF8 not in plain.content
    assert len(plain.content.splitlines()) > STREAM_BATCH_ROWS


def test_other_formats_have_no_byte_order_mark(archive: TestClient) -> None:
    for form in ("json", "ndjson"):
        assert archive.get(f"/v1/missions?format={form}&bom=true").content.startswith(b"{")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/html", "application/json"),
        ("text/*", "text/csv"),
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/csv;q=nonsense", "application/json"),
    ],
)
def test_accept_header_selects_format(archive: TestClient, accept: str, kind: str) -> None:
    answer = archive.get("/v1/missions", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(kind)
    assert "Accept" in [part.strip() for part in answer.headers["vary"].split(",")]
    response = archive.get("/v1/missions?format=json", headers={"Accept": accept})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["limit=5", "cursor=x", "with_total=true"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_paging_parameters_of_whole_list_are_rejected(
    archive: TestClient, name: str, form: str
) -> None:
    answer = archive.get(f"/v1/people?format={form}&{name}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == name.partition("=")[0]


def test_unknown_format_is_rejected(archive: TestClient) -> None:
    answer = archive.get("/v1/people?format=xml")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_has_no_body_and_streams_are_compressed(archive: TestClient) -> None:
    head = archive.head("/v1/people?format=csv")
    assert (head.status_code, head.content) == (200, b"")
    plain = archive.get("/v1/people?format=csv", headers={"Accept-Encoding": "identity"}).content
    decode = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    }
    for coding, decoded in decode.items():
        headers = {"Accept-Encoding": coding}
        with archive.stream("GET", "/v1/people?format=csv", headers=headers) as answer:
            assert answer.headers["content-encoding"] == coding
            assert "etag" not in answer.headers
            assert decoded(b"".join(answer.iter_raw())) == plain


def many(client: TestClient, number: int) -> None:
    moment = now()
    with database_of(client).session() as session:
        for n in range(number):
            person = Person(name=f"Person {n:04}", slug=f"person-{n:04}", aliases=[], sources=[])
            person.created_at = person.updated_at = moment
            session.add(person)


def test_slow_reader_holds_no_connection(client: TestClient) -> None:
    """No connection is held while the client has read half of a list."""
    many(client, 3 * STREAM_BATCH_ROWS)
    database = database_of(client)

    async def read() -> list[str]:
        transport = _Slow(client.app, database.engine.pool.status)
        return await transport.read("/v1/people?format=ndjson")

    statuses = asyncio.run(read())
    assert len(statuses) >= 3
    assert all("Current Checked out connections: 0" in status for status in statuses)


def test_full_records_are_streamed_in_smaller_batches(client: TestClient) -> None:
    many(client, 2 * STREAM_BATCH_FULL_ROWS + 1)
    database = database_of(client)

    async def count_parts(path: str) -> int:
        return len(await _Slow(client.app, database.engine.pool.status).read(path))

    def parts(view: str) -> int:
        return asyncio.run(count_parts(f"/v1/people?format=ndjson&view={view}"))

    assert parts("full") == parts("summary") + 2


class _Slow:
    """ASGI client that calls a function after each part of a response."""

    def __init__(self, app: Any, look: Any) -> None:
        self.app, self.look = app, look

    async def read(self, address: str) -> list[str]:
        path, _, query = address.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "path": path,
            "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "scheme": "http", "headers": [(b"host", b"testserver")], "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
        }  # fmt: skip
        seen: list[str] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                await asyncio.sleep(0.01)
                seen.append(str(self.look()))

        async def receive() -> Any:
            await asyncio.sleep(3600)

        await self.app(scope, receive, send)
        return seen


def test_whole_list_stays_consistent_during_changes(client: TestClient) -> None:
    many(client, 2 * STREAM_BATCH_ROWS)
    lines = client.get("/v1/people?format=ndjson").text.splitlines()
    slugs = [json.loads(line)["slug"] for line in lines]
    assert slugs == sorted(set(slugs))
    assert len(slugs) == 2 * STREAM_BATCH_ROWS


@pytest.mark.parametrize("text", SPREADSHEET_FORMULAS)
def test_csv_cells_are_no_formulas(editor: TestClient, text: str) -> None:
    editor.post("/v1/articles", json=documents.article(title=f"{text} title", lead=f"x;{text} y"))
    drafts = editor.get("/v1/drafts?format=csv&bom=false").text
    (row,) = csv.DictReader(io.StringIO(drafts, newline=""))
    stored = editor.get("/v1/drafts").json()["items"][0]
    assert row["title"] == escape_formulas(stored["title"])
    assert row["title"][0] in "'" or not escape_formulas(stored["title"]).startswith("'")


def test_stream_failure_aborts_response(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An aborted response is recognisable."""
    from app.resources.people import queries  # noqa: PLC0415 - to be replaced

    many(client, 2 * STREAM_BATCH_ROWS)
    true_read, calls = queries.list_people, []

    def failing(reader: Any, query: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("the database went away")
        return true_read(reader, query)

    monkeypatch.setattr(queries, "list_people", failing)
    strict = TestClient(client.app)
    with pytest.raises((RuntimeError, httpx.TransportError)):
        strict.get("/v1/people?format=ndjson")
