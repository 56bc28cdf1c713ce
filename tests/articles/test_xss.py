"""Stored cross-site scripting: content of editors is inert in all responses."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from httpx2 import Response
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from app.api.lists.pagination import MAX_PAGE_ITEMS
from app.db.database import Database
from app.db.models import ArticleMission
from app.domain.markdown import ForeignImage, render_markdown
from tests.support import factories
from tests.support.feeds import parse_feed
from tests.support.xss import IMAGES, MARKDOWN_TAGS, PAYLOADS, PICTURES, URL_SCHEME

PLACES = {
    "alone": "{}",
    "in a paragraph": "Before {} after.",
    "in a list": "- one\n- {}\n",
    "in a heading": "## {}\n",
    "in a quotation": "> {}\n",
    "in a table": "| a |\n|---|\n| {} |\n",
    "in emphasis": "**{}**",
    "in a link's text": "[{}](https://example.org)",
    "in a link's target": "[x]({})",
    "in a fence's name": "```{}\ncode\n```\n",
}


ALLOWED_ATTRIBUTES = {"a": {"href", "title", "rel"}, "img": {"src", "alt"}}


class DangerousMarkup(HTMLParser):
    """Parser that collects dangerous markup: tags, attributes, URL schemes, declarations."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in MARKDOWN_TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if tag == "img" and name == "src" and value != "media:x":
                self.found.append(f"{tag} {value}")
            if name not in ALLOWED_ATTRIBUTES.get(tag, ()):
                self.found.append(f"<{tag} {name}>")
            scheme = URL_SCHEME.match(value or "")
            if name == "href" and scheme and scheme[1].lower() not in {"http", "https", "mailto"}:
                self.found.append(f"{tag} to {scheme[1]!r}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}")


def iter_documents() -> Iterator[str]:
    for payload in PAYLOADS:
        for place in PLACES.values():
            yield place.format(payload)


def test_payloads_are_many_and_distinct() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) > 150


def test_payloads_are_inert_in_all_markdown_contexts() -> None:
    dangerous = {
        text: found
        for text in iter_documents()
        if (found := DangerousMarkup(render_markdown(text)).found)
    }
    assert dangerous == {}


def test_images_elsewhere_are_text_or_refused() -> None:
    refused = 0
    for payload in IMAGES:
        for place in PLACES.values():
            try:
                html = render_markdown(place.format(payload))
            except ForeignImage:
                refused += 1
            else:
                assert "<img" not in html
                assert DangerousMarkup(html).found == []
    assert refused > len(IMAGES)


def test_descriptions_of_pictures_are_inert() -> None:
    for payload in PICTURES:
        html = render_markdown(payload)
        assert html.startswith('<p><img src="media:x" alt="')
        assert DangerousMarkup(html).found == []


def test_check_detects_dangerous_markup() -> None:
    """Positive control: Markdown with HTML enabled and no sanitiser."""
    naive = MarkdownIt("commonmark", {"html": True})
    dangerous = [payload for payload in PAYLOADS if DangerousMarkup(naive.render(payload)).found]
    assert len(dangerous) > 80


def test_payloads_are_inert_in_json_responses(client: TestClient, database: Database) -> None:
    with database.session() as session:
        mission = factories.mission(slug="iss-1", number=1)
        articles = [
            factories.article(title=f"T{payload}"[:300], lead=f"L{payload}", body=payload)
            for payload in PAYLOADS
        ]
        session.add_all([mission, *articles])
        session.flush()
        for article in articles:
            session.add(ArticleMission(article_id=article.id, mission_id=mission.id))
    items = []
    address = "/v1/articles?view=full&limit=100&sort=published_at"
    while address:
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "application/json"
        items += answer.json()["items"]
        address = answer.json()["next"]
    assert [item["title"] for item in items] == [f"T{payload}"[:300] for payload in PAYLOADS]
    assert [item["lead"] for item in items] == [f"L{payload}" for payload in PAYLOADS]
    assert [item["body"] for item in items] == PAYLOADS
    assert not [item["body"] for item in items if DangerousMarkup(item["body_html"]).found]
    page = client.get("/v1/missions/iss-1/page", params={"articles": 50}).json()
    assert DangerousMarkup(page["lead_article"]["body_html"]).found == []
    assert len(page["articles"]) == 50


LANGUAGES = ("en", "ru")
TEXTS = {
    "atom": ("summary",),
    "rss": ("title", "summary"),
}
"""Fields besides the content that readers may parse as HTML; Atom titles are declared as text."""


@pytest.fixture
def news(client: TestClient, database: Database) -> TestClient:
    """Client over an article per payload, half of them in each language, to fit the feed limit."""
    with database.session() as session:
        session.add_all(
            factories.article(
                title=f"T{payload}"[:300],
                lead=f"L{payload}",
                body=payload,
                language=LANGUAGES[number % 2],
            )
            for number, payload in enumerate(PAYLOADS)
        )
    return client


def feeds(news: TestClient, form: str) -> Iterator[Response]:
    for language in LANGUAGES:
        parameters = {"limit": str(MAX_PAGE_ITEMS), "language": language}
        yield news.get(f"/v1/articles/feed.{form}", params=parameters)


@pytest.mark.parametrize("form", TEXTS)
def test_payloads_are_inert_in_xml_feeds(news: TestClient, form: str) -> None:
    entries = [
        entry for answer in feeds(news, form) for entry in parse_feed(answer.content).entries
    ]
    assert len(entries) == len(PAYLOADS)
    for entry in entries:
        assert DangerousMarkup(entry.content[0].value).found == []
        for name in TEXTS[form]:
            kind, text = entry[f"{name}_detail"]["type"], entry[name]
            assert kind == "text/plain" or DangerousMarkup(text).found == [], text
        assert form == "rss" or entry.title_detail["type"] == "text/plain"
    search_feed = news.get(f"/v1/articles/feed.{form}", params={"q": PAYLOADS[0], "limit": 1})
    title = parse_feed(search_feed.content).feed.title_detail
    assert title["type"] == "text/plain" or DangerousMarkup(title["value"]).found == []


def test_payloads_are_inert_in_json_feed(news: TestClient) -> None:
    items = [item for answer in feeds(news, "json") for item in answer.json()["items"]]
    assert len(items) == len(PAYLOADS)
    assert not [item for item in items if DangerousMarkup(item["content_html"]).found]


@pytest.mark.parametrize("payload", PAYLOADS[:5])
def test_titles_and_leads_are_returned_unescaped(client: TestClient, payload: str) -> None:
    """JSON contains them as written: not escaped, not truncated."""
    with client.app.state.services.database.session() as session:  # type: ignore[attr-defined]  # FastAPI's own
        session.add(factories.article(slug="a", title=payload, lead=payload))
    items = client.get("/v1/articles/a").json()
    assert (items["title"], items["lead"]) == (payload, payload)
