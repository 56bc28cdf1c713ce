"""Spaceflight News API format, in all versions."""

import json
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given as given_text
from hypothesis.strategies import characters
from hypothesis.strategies import text as texts

from app.api.write_models import validate_write_model
from app.db.database import Database
from app.domain.markdown import render_markdown
from app.ingest.entries import ImportEntry, Reject
from app.ingest.formats import snapi
from app.ingest.formats.html_text import escape_markdown
from app.resources.articles.schemas import ArticleWrite
from tests.support.import_runs import (
    import_inputs,
    make_input,
    no_links,
    report_counts,
    split_rejects,
)


def article(**fields: Any) -> dict[str, Any]:
    return {
        "id": 12,
        "title": "A ship &amp; a station",
        "url": "https://news.example/12",
        "image_url": "https://news.example/12.jpg",
        "news_site": "Example News",
        "summary": "It came in the morning.",
        "published_at": "2019-04-04T14:22:00Z",
    } | fields


def found(value: Any) -> tuple[list[ImportEntry], list[Reject]]:
    return split_rejects(
        snapi.parse_snapi(make_input(json.dumps(value)), no_links, {"uuid-1": "known-ship"})
    )


def test_article_becomes_document() -> None:
    (entry,), _ = found({"count": 1, "results": [article()]})
    document = dict(entry.data)
    validate_write_model(ArticleWrite, document)
    assert document == {
        "title": "A ship & a station",
        "lead": "It came in the morning.",
        "body": "It came in the morning.",
        "language": "en",
        "published_at": "2019-04-04T14:22:00Z",
        "published_at_precision": "second",
        "source": {"name": "Example News", "url": "https://news.example/12"},
        "missions": [],
        "people": [],
        "launches": [],
    }
    assert (entry.scheme, entry.key) == ("snapi", "12")


def test_version_3_fields_are_read() -> None:
    old = article(newsSite="Old News", publishedAt="2019-04-04T14:22:00.000Z")
    del old["news_site"], old["published_at"]
    (entry,), _ = found([old])
    assert entry.data["source"]["name"] == "Old News"


def test_published_precision_overrides() -> None:
    (entry,), _ = found([article(published_precision="minute", language="ru")])
    assert entry.data["published_at_precision"] == "minute"
    assert (entry.data["language"], entry.notes) == ("ru", ())
    (entry,), _ = found([article(published_precision="moon")])
    assert entry.data["published_at_precision"] == "day"
    assert entry.notes == ("Unknown precision 'moon': the day was kept.",)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": None}, "id"),
        ({"title": "", "summary": ""}, "title"),
        ({"published_at": None}, "published_at"),
        ({"published_at": "soon"}, "published_at"),
        ({"news_site": ""}, "news_site"),
        ({"id": True}, "id"),
        ({"id": "x" * 501}, "id"),
        ({"title": ["A ship"]}, "title"),
        ({"url": 5}, "url"),
        ({"title": "<b>" * 6000}, "article"),
        ({"summary": "<![x <b>"}, "article"),
    ],
)
def test_invalid_articles_are_rejected_by_field(fields: dict[str, Any], field: str) -> None:
    entries, rejects = found([article(**fields), article()])
    assert len(entries) == 1
    assert [reject.field for reject in rejects] == [field]
    assert rejects[0].label  # title or id


def test_midnight_means_day_precision() -> None:
    (entry,), _ = found([article(published_at="2019-04-04T00:00:00Z")])
    assert entry.data["published_at_precision"] == "day"


def test_launches_are_linked_by_id() -> None:
    launches = [{"launch_id": "uuid-1"}, {"launch_id": "uuid-2"}, {"launch_id": 3}, None]
    for items in ([article(launches=launches)], [article(launches=[{"id": "uuid-1"}])]):
        assert found(items)[0][0].data["launches"] == ["known-ship"]
    assert found([article(launches=5)])[0][0].data["launches"] == []


@given_text(texts(characters(exclude_categories=["Cs", "Cc"])))
def test_summary_is_escaped_as_markdown(summary: str) -> None:
    rendered = unescape(
        re.sub(r"<[^>]+>", "", render_markdown(escape_markdown(line := " ".join(summary.split()))))
    )
    assert rendered.strip() == line


@pytest.mark.parametrize("summary", ["*now* & <b>", "1. first", "- one", "# top", "[a](b)", "+ 2"])
def test_special_characters_are_not_markup(summary: str) -> None:
    assert (
        unescape(re.sub(r"</?p>", "", render_markdown(escape_markdown(summary)))).strip() == summary
    )


def test_non_object_items_are_rejected() -> None:
    _, rejects = found([1, None, "x", []])
    assert [reject.field for reject in rejects] == ["article"] * 4


def test_missing_title_is_taken_from_summary() -> None:
    (entry,), _ = found([article(title="")])
    assert entry.data["title"] == "It came in the morning."


def test_second_import_changes_nothing(database: Database) -> None:
    news = make_input(json.dumps([article(), article(id=13, url="https://news.example/13")]))
    assert report_counts(import_inputs(database, "snapi", news)[0]) == (2, 0, 0, 0)
    assert report_counts(import_inputs(database, "snapi", news)[0]) == (0, 0, 2, 0)
