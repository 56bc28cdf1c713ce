"""Pictures of the entries of sources: fetched from trusted ones, stored unpublished."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.config import Settings, use_settings
from app.db.database import Database
from app.ingest.entries import ImportEntry, SourcePicture
from app.ingest.formats.feed import parse_feed
from app.ingest.formats.picture_rights import build_picture, name_licence
from tests.support.clients import TEST_SETTINGS
from tests.support.fake_sites import FakeSite, Reply
from tests.support.import_runs import make_input, no_links
from tests.support.pictures import picture
from tests.support.polling import add_source, article_titles, poll_source_now


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Folder of the pictures that polls store."""
    with use_settings(Settings(**TEST_SETTINGS, media_dir=str(tmp_path))):
        yield tmp_path


def article(site: FakeSite, number: int, image: str) -> dict[str, Any]:
    """An article of the Spaceflight News API."""
    return {
        "id": number,
        "title": f"News {number}",
        "summary": "A ship has docked.",
        "url": f"https://news.example/{number}",
        "image_url": image and site.origin + image,
        "news_site": "The desk",
        "published_at": "2019-04-04T12:00:00Z",
    }


def add_news(editor: TestClient, site: FakeSite, *images: str, **fields: Any) -> int:
    """Add a source with an article for each image."""
    articles = [article(site, number, image) for number, image in enumerate(images, start=1)]
    url = site.add("/news", Reply(body=json.dumps({"results": articles}).encode()))
    return add_source(editor, url, format="snapi", **fields)


def unpublished(editor: TestClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = editor.get("/v1/unpublished-media").json()["items"]
    return items


@pytest.mark.parametrize(
    ("trusted", "pictures", "count"),
    [(True, None, 1), (True, False, 0), (False, None, 0), (False, True, 1)],
)
def test_pictures_of_trusted_sources_are_stored_unpublished(
    editor: TestClient,
    client: TestClient,
    database: Database,
    fake_site: FakeSite,
    trusted: bool,
    folder: Path,
    allow_private_targets: None,
    pictures: bool | None,
    count: int,
) -> None:
    fake_site.add("/a.png", Reply(body=picture("PNG")))
    id_ = add_news(editor, fake_site, "/a.png", trusted=trusted, pictures=pictures)
    poll_source_now(database, id_)
    media = unpublished(editor)
    assert len(media) == count
    for each in media:
        assert (each["source_url"], each["published"]) == ("https://news.example/1", False)
        assert (each["image"]["credit"], each["image"]["licence"]) == ("The desk", "unknown")
        assert each["image"]["width"] == 300
    assert client.get("/v1/media").json()["items"] == []


def test_failed_picture_costs_no_article(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    folder: Path,
    allow_private_targets: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake_site.add("/page", Reply(body=b"<html>"))
    fake_site.add("/a.png", Reply(body=picture("PNG")))
    id_ = add_news(editor, fake_site, "/page", "/none", "", "/a.png", "/a.png", trusted=True)
    with caplog.at_level(logging.WARNING, "zarya"):
        result = poll_source_now(database, id_)
    assert result.error is None
    assert len(article_titles(editor)) == 5
    assert [each["source_url"] for each in unpublished(editor)] == ["https://news.example/4"]
    for path in ("/page", "/none"):
        assert f"picture {fake_site.origin}{path}:" in caplog.text


def test_known_picture_is_not_fetched_again(
    editor: TestClient,
    database: Database,
    fake_site: FakeSite,
    folder: Path,
    allow_private_targets: None,
) -> None:
    fake_site.add("/a.png", Reply(body=picture("PNG")))
    id_ = add_news(editor, fake_site, "/a.png", trusted=True)
    poll_source_now(database, id_)
    changed = article(fake_site, 1, "/a.png") | {"title": "Changed"}
    fake_site.add("/news", Reply(body=json.dumps({"results": [changed]}).encode()))
    poll_source_now(database, id_)
    assert article_titles(editor) == ["Changed"]
    assert [path for path, _ in fake_site.requests].count("/a.png") == 1


RSS = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:cc="http://backend.userland.com/creativeCommonsRssModule"><channel><title>The desk</title>
<item><title>News</title><guid>1</guid><link>https://news.example/1</link>
<pubDate>Thu, 04 Apr 2019 12:00:00 GMT</pubDate>{}</item></channel></rss>"""
MEDIA = (
    '<media:content url="/a.jpg" medium="image"><media:credit>NASA</media:credit></media:content>'
)
LICENCE = "<cc:license>https://creativecommons.org/licenses/by/4.0/</cc:license>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RSS.format(MEDIA + LICENCE), ("https://news.example/a.jpg", "NASA", "CC-BY-4.0")),
        (
            RSS.format('<enclosure url="https://a.example/b.png" type="image/png"/>'),
            ("https://a.example/b.png", "The desk", "unknown"),
        ),
        (RSS.format('<enclosure url="https://a.example/b" type="audio/mpeg"/>'), None),
        (
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": "The desk",
                    "items": [
                        {
                            "id": "1",
                            "title": "News",
                            "content_text": "Text",
                            "date_published": "2019-04-04T12:00:00Z",
                            "image": "https://a.example/c.png",
                        }
                    ],
                }
            ),
            ("https://a.example/c.png", "The desk", "unknown"),
        ),
    ],
)
def test_feed_states_pictures(text: str, expected: tuple[str, str, str] | None) -> None:
    source = make_input(text, base_url="https://news.example/feed", language="en")
    (entry,) = parse_feed(source, no_links)
    assert isinstance(entry, ImportEntry)
    found = entry.picture
    assert (found and (found.url, found.credit, found.licence)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("CC BY-NC 2.0", "CC-BY-NC-2.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/deed.en", "CC-BY-SA-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("CC0", "CC0-1.0"),
        ("NASA Image and Media Guidelines", "unknown"),
        ("", "unknown"),
    ],
)
def test_licence_is_named_by_its_identifier(stated: str, expected: str) -> None:
    assert name_licence(stated) == expected


def test_url_that_cannot_be_fetched_is_no_picture() -> None:
    for url in ("", "javascript:alert(1)", "ftp://a.example/a.png", "https://"):
        assert build_picture(url, None, "", "") is None
    found = build_picture(" https://a.example/a.png ", None, "<b>NASA</b>", "CC BY 4.0")
    assert found == SourcePicture("https://a.example/a.png", None, "NASA", "CC-BY-4.0")
