"""Rendering of bodies: bounded in work, once a write, before its transaction, never on a read."""

import gc
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from time import thread_time

import nh3
import pytest
from markdown_it import MarkdownIt
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article
from app.domain import markdown as markdown_module
from app.domain.markdown import TooComplex, render_markdown
from app.resources.articles.rendering import limit_previews
from tests.support import documents, factories
from tests.support.clients import database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.exports import export_ndjson
from tests.support.feed_documents import json_document
from tests.support.import_runs import import_inputs, make_input, report_counts
from tests.support.markdown_bombs import PROSE, REFUSED, RENDERED
from tests.support.statements import record_sql

MAX_LOOP_SECONDS = 0.05
"""CPU time that a request with the longest body may take on the event loop."""

BOMB = REFUSED["nested link texts"]
RENDERING = "rendering"
LIST = "- [Soyuz MS-12](https://example.org/soyuz-ms-12), *launched* on 14 March 2019\n" * 1000
TABLE = (
    "| Day | Event |\n|---|---|\n" + "| 14 March 2019 | launch of [Soyuz](https://e.org) |\n" * 1000
)


@pytest.fixture
def steps(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The SQL statements and the renderings of the test, in order."""
    parse = MarkdownIt.parse
    with record_sql(database) as statements:

        def parse_and_record(markdown: MarkdownIt, text: str, *rest: object) -> object:
            statements.append(RENDERING)
            return parse(markdown, text, *rest)  # type: ignore[arg-type]  # the same arguments

        monkeypatch.setattr(MarkdownIt, "parse", parse_and_record)
        yield statements


def renders_before_writing(steps: list[str]) -> bool:
    """Check that the only rendering comes before all writes but the use of the key.

    Forgets the `steps`.
    """
    writes = RENDERING, "INSERT", "UPDATE", "DELETE"
    ordered = [step for step in steps if step.startswith(writes) and "last_used_at" not in step]
    steps.clear()
    return ordered[:1] == [RENDERING] and ordered.count(RENDERING) == 1


@pytest.mark.slow
@pytest.mark.parametrize("shape", REFUSED)
def test_complex_text_is_refused(shape: str) -> None:
    with pytest.raises(TooComplex):
        render_markdown(REFUSED[shape])


@pytest.mark.parametrize("shape", RENDERED)
def test_long_text_of_little_work_is_rendered(shape: str) -> None:
    assert render_markdown(RENDERED[shape])


@contextmanager
def record_collections() -> Iterator[list[int]]:
    """Record the generation of each garbage collection."""
    generations: list[int] = []

    def record(phase: str, details: dict[str, int]) -> None:
        if phase == "start":
            generations.append(details["generation"])

    gc.callbacks.append(record)
    try:
        yield generations
    finally:
        gc.callbacks.remove(record)


@pytest.mark.parametrize("shape", ["run of stars in a word", "one wide table"])
def test_rendering_collects_no_garbage(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection of all tokens would hold the event loop."""
    with record_collections() as generations, pytest.raises(TooComplex):
        render_markdown(REFUSED[shape])
    # Outside of the renderer few objects are created.
    assert len(generations) <= 2
    assert gc.isenabled()
    monkeypatch.setattr(markdown_module, "_pause_garbage_collection", nullcontext)
    with record_collections() as generations, pytest.raises(TooComplex):
        render_markdown(REFUSED[shape])
    assert len(generations) > 20


def test_refusal_keeps_no_tokens() -> None:
    """An error is stored until its request ends; its frames would keep all tokens."""
    with pytest.raises(TooComplex) as refusal:
        render_markdown(REFUSED["one wide table"])
    files = {frame.filename for frame in traceback.extract_tb(refusal.value.__traceback__)}
    assert files == {__file__, markdown_module.__file__}


@pytest.mark.slow
def test_html_equals_that_of_unbounded_renderer(archive: TestClient) -> None:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tags = set("p br hr h2 h3 h4 ul ol li strong em code pre blockquote a".split())
    tags |= {"table", "thead", "tbody", "tr", "th", "td"}

    def render_unbounded(text: str) -> str:
        return nh3.clean(
            markdown.render(text),
            tags=tags,
            attributes={"a": {"href", "title"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )

    for text in (PROSE, LIST, TABLE):
        assert render_markdown(text) == render_unbounded(text)
    with database_of(archive).session() as session:
        stored = session.execute(select(Article.body, Article.body_html)).all()
    assert len(stored) > 1000
    assert [body for body, html in stored if html != render_unbounded(body)] == []


def test_preview_of_a_text_is_the_html_of_an_article(editor: TestClient) -> None:
    body = "# Title\n\n*One* [link](https://e.example) <b>x</b>\n\n|a|\n|-|\n|1|\n"
    html = editor.post("/v1/articles", json=documents.article(body=body)).json()["body_html"]
    preview = editor.post("/v1/articles/preview", json={"body": body})
    assert (preview.status_code, preview.json()) == (200, {"html": html})
    assert preview.headers["Cache-Control"] == "private, no-store"


def test_previews_of_a_key_are_limited(editor: TestClient) -> None:
    me = editor.get("/v1/me").json()["id"]
    preview = partial(editor.post, "/v1/articles/preview", json={"body": "Text."})
    with limit_previews(me), limit_previews("another"):
        assert preview().status_code == 200
        with limit_previews(me):
            refused = preview()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert preview().status_code == 200


def test_refusal_names_the_line(editor: TestClient) -> None:
    body = "A quiet day.\n\n" + "[[](" * 20_000
    for language, words in (("en", "up to line 3"), ("ru", "до строки 3")):
        answer = editor.post(
            "/v1/articles",
            json=documents.article(body=body),
            headers={"Accept-Language": language},
        )
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (
            422,
            "/body",
            "too-complex",
        )
        assert words in error["detail"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(BOMB, "too-complex", marks=pytest.mark.slow),
        (REFUSED["repeated long title"], "too-complex"),
        ("[a]: /b", "blank"),  # renders as nothing
        ("[a]: /b\n\nText", None),
    ],
)
def test_every_write_refuses_the_body(editor: TestClient, body: str, code: str | None) -> None:
    editor.post("/v1/articles", json=documents.article(slug="x"))
    document = documents.article(body=body)
    answers = [
        editor.post("/v1/articles?validate_only=true", json=document),
        editor.patch(
            "/v1/articles/x?validate_only=true", json={"body": body}, headers=IF_MATCH_ANY
        ),
        editor.patch("/v1/articles/x", json={"body": body}, headers=IF_MATCH_ANY),
        editor.post("/v1/articles", json=document),
        editor.post("/v1/articles/preview", json={"body": body}),
    ]
    codes = [[e["code"] for e in answer.json().get("errors", [])] for answer in answers]
    assert codes == [[code] if code else []] * 5
    stored = editor.get("/v1/articles/x/preview").json()["body"]
    assert stored == ("A body." if code else body)


@pytest.mark.slow
@pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)  # refused before a statement
def test_long_bodies_hold_the_loop_for_a_moment(editor: TestClient) -> None:
    portal = editor.portal
    assert portal is not None

    def loop_seconds(body: str, expected_status: int, path: str = "") -> float:
        document = {"body": body} if path else documents.article(body=body)
        started_at = portal.call(thread_time)
        answer = editor.post(f"/v1/articles{path}", json=document)
        assert answer.status_code == expected_status
        return portal.call(thread_time) - started_at

    loop_seconds("Warm up.", 201)
    taken = {shape: loop_seconds(text, 422) for shape, text in REFUSED.items()}
    taken["prose"] = loop_seconds(PROSE, 201)
    taken["preview of prose"] = loop_seconds(PROSE, 200, "/preview")
    assert {shape: time for shape, time in taken.items() if time > MAX_LOOP_SECONDS} == {}

    def render_on_loop() -> float:
        started_at = thread_time()
        render_markdown(PROSE)
        return thread_time() - started_at

    assert portal.call(render_on_loop) > MAX_LOOP_SECONDS  # positive control


def test_write_renders_once_before_its_transaction(editor: TestClient, steps: list[str]) -> None:
    document = documents.article(slug="x", body="*First* body.")
    key = {"Idempotency-Key": "one"}
    assert editor.post("/v1/articles?validate_only=true", json=document).status_code == 200
    assert renders_before_writing(steps)
    assert editor.post("/v1/articles", json=document, headers=key).status_code == 201
    assert renders_before_writing(steps)
    patch = {"body": "  *Second* body.\n"}
    answer = editor.patch("/v1/articles/x", json=patch, headers=IF_MATCH_ANY)
    assert answer.json()["body_html"] == "<p><em>Second</em> body.</p>\n"
    assert renders_before_writing(steps)
    editor.patch("/v1/articles/x", json={"title": "Other"}, headers=IF_MATCH_ANY)
    for action in ("publish", "unpublish", "publish"):
        assert editor.post(f"/v1/articles/x/{action}", json={}).status_code == 200
    assert editor.delete("/v1/articles/x", headers=IF_MATCH_ANY).status_code == 204
    assert editor.post("/v1/articles/x/restore", json={}).status_code == 200
    assert RENDERING not in steps


def test_rendering_in_a_transaction_is_noticed(database: Database, steps: list[str]) -> None:
    """Positive control."""
    with database.session() as session:
        session.add(factories.person())
        session.flush()
        session.add(factories.article())
    assert RENDERING in steps
    assert not renders_before_writing(steps)


def test_html_follows_the_body(database: Database, steps: list[str]) -> None:
    with database.session() as session:
        article = factories.article(body="*First*")
        session.add(article)
        session.flush()
        assert article.body_html == "<p><em>First</em></p>\n"
        article.body = "*Second*"
        session.flush()
        assert article.body_html == "<p><em>Second</em></p>\n"
        steps.clear()
        article.body = "*Second*"
        article.title = "Another title"
        session.flush()
        assert RENDERING not in steps


@pytest.mark.parametrize(
    "address",
    [
        "/v1/articles?view=full",
        "/v1/articles/x",
        "/v1/articles/x/preview",
        "/v1/articles/feed.atom",
        "/v1/articles/feed.rss",
        "/v1/articles/feed.json",
        "/v1/drafts",
        "/v1/missions/iss-1/page",
        "/v1/changes",
        "/v1/search?q=body",
        "/v1/audit?type=article&slug=x",
        "/v1/export/archive.sqlite",
        "/articles/x",
        "/missions/iss-1",
        "/archive/2019-04",
        "/search?q=body",
    ],
)
def test_read_renders_nothing(editor: TestClient, steps: list[str], address: str) -> None:
    editor.post("/v1/missions", json=documents.mission(number=1))
    links = {"missions": ["iss-1"], "published_at": "2019-04-04T12:00:00Z"}
    article = documents.article(slug="x", title="Body", body="A *body*.", **links)
    editor.post("/v1/articles", json=article)
    editor.post("/v1/articles/x/publish", json={})
    editor.post("/v1/articles", json=documents.article(slug="draft", title="Body of a draft"))
    assert RENDERING in steps
    steps.clear()
    answer = editor.get(address)
    assert answer.status_code == 200
    assert "Body" in answer.text or answer.headers["Content-Type"] == "application/vnd.sqlite3"
    assert RENDERING not in steps


def test_export_renders_nothing(database: Database, steps: list[str]) -> None:
    with database.session() as session:
        session.add(factories.article(body="A *body*."))
    assert RENDERING in steps
    steps.clear()
    assert "A *body*." in export_ndjson(database)
    assert RENDERING not in steps


def test_import_renders_once_before_its_transaction(database: Database, steps: list[str]) -> None:
    feed = json_document({"id": "1", "content_text": "A *text*."})
    report, _ = import_inputs(database, "feed", make_input(feed))
    assert report_counts(report) == (1, 0, 0, 0)
    assert renders_before_writing(steps)


def test_import_rejects_complex_entries_only(database: Database) -> None:
    items = [{"id": str(n), "title": f"Bomb {n}", "content_text": BOMB} for n in range(5)]
    feed = json_document(*items, {"id": "9", "title": "News"})
    report, rejects = import_inputs(database, "feed", make_input(feed))
    assert report_counts(report) == (1, 0, 0, 5)
    assert [reject.label for reject in rejects] == [f"Bomb {n}" for n in range(5)]
    assert {reject.field for reject in rejects} == {"body"}
    assert all("too complex" in reject.reason for reject in rejects)
