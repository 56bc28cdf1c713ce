"""Feeds: Atom, RSS and JSON Feed, validated and read by third-party parsers."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from defusedxml.ElementTree import fromstring
from lxml import etree
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ArticleMission, ArticleTag
from app.domain.dates import Precision
from app.domain.enums import ArticleState
from tests.support import factories
from tests.support.clients import override_settings
from tests.support.documents import IF_MATCH_ANY
from tests.support.feeds import atom_schema, json_feed_errors, parse_feed, rss_channel
from tests.support.horizons import set_horizon

FORMS = ["atom", "rss", "json"]
MEDIA = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
HUB = "https://hub.example/"

HOSTILE = (
    "]]> <script>alert(1)</script> &amp; <![CDATA[ \"'\x01\x0b\ufffe 🚀 Ёж\u202e "
    "</title></entry><entry> %s {0} \u2028 <!-- "
)
"""Text that breaks a feed without proper escaping."""


def without_controls(text: str) -> str:
    """`text` without characters that XML 1.0 forbids."""
    return text.translate(dict.fromkeys([0x01, 0x0B, 0xFFFE]))


@pytest.fixture
def news(client: TestClient, database: Database) -> TestClient:
    """Client over five published articles, a draft, a deleted and a scheduled one."""
    at = [datetime(2019, 4, day, 12, tzinfo=UTC) for day in range(1, 9)]
    columns: dict[str, dict[str, Any]] = {
        "month": {"published_at_precision": Precision.MONTH},
        "english": {"title": "A launch", "source_url": "https://example.org/a?b=1&c=2"},
        "russian": {"language": "ru", "title": "Пуск"},
        "hostile": {"title": HOSTILE, "lead": HOSTILE, "body": HOSTILE, "source_name": HOSTILE},
        "pictured": {
            "image_url": "https://example.org/a.jpg",
            "image_alt": "A picture",
            "image_credit": "A photographer",
        },
        "draft": {"state": ArticleState.DRAFT},
        "deleted": {"state": ArticleState.DELETED},
        "scheduled": {"published_at": datetime(2090, 1, 1, tzinfo=UTC)},
    }
    with database.session() as session:
        articles = {
            slug: factories.article(**{"slug": slug, "published_at": when} | columns[slug])
            for slug, when in zip(columns, at, strict=True)
        }
        mission = factories.mission(slug="iss-59")
        session.add_all([*articles.values(), mission, factories.mission(slug="iss-60")])
        session.flush()
        for slug in ("english", "russian", "draft"):
            article = articles[slug].id
            session.add(ArticleMission(article_id=article, mission_id=mission.id))
            session.add(ArticleTag(article_id=article, tag="launch"))
    return client


def feed(client: TestClient, form: str, query: str = "") -> bytes:
    answer = client.get(f"/v1/articles/feed.{form}{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == f"{MEDIA[form]}; charset=utf-8"
    content: bytes = answer.content
    return content


def entries(client: TestClient, form: str, query: str = "") -> list[dict[str, Any]]:
    """Entries of a feed in any format, with the keys `id`, `title` and `link`."""
    content = feed(client, form, query)
    if form == "json":
        return [
            {"id": i["id"], "title": i["title"], "link": i["url"]}
            for i in json.loads(content)["items"]
        ]
    keys = ("id", "title", "link")
    return [{key: entry[key] for key in keys} for entry in parse_feed(content).entries]


def slugs(client: TestClient, form: str, query: str = "") -> list[str]:
    return [urlsplit(e["link"]).path.split("/")[-1] for e in entries(client, form, query)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["month", "pictured", "hostile", "russian", "english"]),
        ("?mission=iss-59&language=ru", ["russian"]),
        ("?mission=iss-59", ["russian", "english"]),
        ("?tag=launch&language=en", ["english"]),
        ("?published_on=2019-04-05", ["pictured"]),
        ("?has_image=true", ["pictured"]),
        ("?limit=2", ["month", "pictured"]),
        ("?mission=iss-60", []),
    ],
)
def test_feed_equals_list(news: TestClient, form: str, query: str, expected: list[str]) -> None:
    assert slugs(news, form, query) == expected
    listed = news.get(f"/v1/articles{query}").json()["items"]
    assert [article["slug"] for article in listed] == expected


@pytest.mark.parametrize("form", FORMS)
def test_feed_has_one_translation_of_each_article(
    client: TestClient, database: Database, form: str
) -> None:
    groups = {"both": "en ru", "foreign": "de ru", "far": "fr de", "secret": "en ru"}
    with database.session() as session:
        for day, (key, languages) in enumerate(groups.items(), 1):
            for language in languages.split():
                is_hidden = (key, language) == ("secret", "ru")
                session.add(
                    factories.article(
                        slug=f"{key}-{language}",
                        translation_key=key,
                        language=language,
                        published_at=datetime(2019, 4, day, 12, tzinfo=UTC),
                        state=ArticleState.UNPUBLISHED if is_hidden else ArticleState.PUBLISHED,
                    )
                )
    assert slugs(client, form, "?lang=en") == ["secret-en", "far-de", "foreign-ru", "both-en"]
    assert slugs(client, form, "?lang=ru") == ["secret-en", "far-de", "foreign-ru", "both-ru"]
    assert slugs(client, form, "?lang=ru&limit=2") == ["secret-en", "far-de"]
    assert slugs(client, form, "?lang=ru&language=en") == ["secret-en", "both-en"]
    assert slugs(client, form, "?language=de,ru") == [
        *("far-de", "foreign-ru", "foreign-de", "both-ru")
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", ["limit=0", "limit=101", "sort=title", "cursor=x", "misson=a"])
def test_invalid_feed_parameters_are_refused(news: TestClient, form: str, query: str) -> None:
    answer = news.get(f"/v1/articles/feed.{form}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize("query", ["", "?language=ru", "?mission=iss-60", "?limit=1"])
def test_atom_feed_is_valid(news: TestClient, query: str) -> None:
    content = etree.fromstring(feed(news, "atom", query))
    checker = atom_schema()
    assert checker.validate(content), checker.error_log
    authored = content.xpath("//a:entry[a:author]", namespaces={"a": "http://www.w3.org/2005/Atom"})
    assert len(authored) == len(parse_feed(feed(news, "atom", query)).entries)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<updated>", "<updated>on "),
        ("<id>", "<id/><id>"),
        ("<title>", "<titel/><title>"),
        ('<category term="launch" />', "<category/>"),
        ('type="html"', 'type="htm"'),
        ('rel="via" href', 'rel="via" ref'),
        ("<name>Test desk</name>", ""),
        (
            "<published>2019-04-03T12:00:00Z",
            "<published>2019-04-03T12:00:00Z</published><published>",
        ),
        ('xml:lang="ru"', 'xml:lang="p r"'),
    ],
)
def test_atom_schema_detects_violations(news: TestClient, old: str, new: str) -> None:
    good = feed(news, "atom", "?mission=iss-59").decode()
    assert atom_schema().validate(etree.fromstring(good.encode()))
    assert old in good
    assert not atom_schema().validate(etree.fromstring(good.replace(old, new).encode()))


@pytest.mark.parametrize("query", ["", "?language=ru", "?mission=iss-60"])
def test_json_feed_is_valid(news: TestClient, query: str) -> None:
    document = json.loads(feed(news, "json", query))
    assert json_feed_errors(document) == []


@pytest.mark.parametrize(
    "corrupt",
    [
        lambda d: d.pop("title"),
        lambda d: d.update(version="https://jsonfeed.org/version/1"),
        lambda d: d.update(language=None),
        lambda d: d.update(extra="without an underscore"),
        lambda d: d["items"][0].pop("id"),
        lambda d: d["items"][0].pop("content_html"),
        lambda d: d["items"][0].update(date_published="yesterday"),
        lambda d: d["items"][0].update(image=None),
        lambda d: d["items"][1].update(id=d["items"][0]["id"]),
        lambda d: d["items"][0].update(authors=[{}]),
    ],
)
def test_json_feed_check_detects_violations(
    news: TestClient, corrupt: Callable[[dict[str, Any]], Any]
) -> None:
    document = json.loads(feed(news, "json"))
    corrupt(document)
    assert json_feed_errors(document)


@pytest.mark.parametrize("query", ["", "?language=ru", "?mission=iss-60"])
def test_rss_feed_is_valid(news: TestClient, query: str) -> None:
    channel = rss_channel(feed(news, "rss", query))
    for name in ("title", "link", "description", "lastBuildDate"):
        assert channel.findtext(name), name
    assert parsedate_to_datetime(channel.findtext("lastBuildDate") or "").tzinfo
    for item in channel.findall("item"):
        for name in ("title", "link", "description", CONTENT, "guid"):
            assert len(item.findall(name)) == 1, name
        assert item.find("guid").get("isPermaLink") == "false"  # type: ignore[union-attr]  # there
        assert parsedate_to_datetime(item.findtext("pubDate") or "").year == 2019
    assert channel.findtext("language") == ("ru" if "language" in query else None)


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_xml_entry_equals_article(news: TestClient, form: str) -> None:
    (russian, english) = parse_feed(feed(news, form, "?mission=iss-59")).entries
    article = news.get("/v1/articles/english").json()
    assert english.title == article["title"]
    assert english.link == "http://127.0.0.1:8000/articles/english?lang=en"
    assert russian.link == "http://127.0.0.1:8000/articles/russian?lang=ru"
    documents = [link.href for link in english.links if link.type == "application/json"]
    assert documents == [article["url"]]
    assert english.summary == article["lead"]
    assert english.content[0].value.strip() == article["body_html"].strip()
    assert english.content[0].type == "text/html"
    assert english.author == article["source"]["name"]
    assert [tag.term for tag in english.tags] == article["tags"] == ["launch"]
    assert english.published_parsed[:6] == (2019, 4, 2, 12, 0, 0)
    via = [link.href for link in english.links if link.rel == "via"]
    assert via == [article["source"]["url"]]
    (pictured,) = parse_feed(feed(news, form, "?has_image=true")).entries
    image = pictured.media_content[0]["url"] if form == "rss" else pictured.enclosures[0].href
    assert image == "https://example.org/a.jpg"
    languages = [russian.title_detail.language, english.title_detail.language]
    assert form == "rss" or languages == ["ru", "en"]


def test_json_item_equals_article(news: TestClient) -> None:
    (item,) = json.loads(feed(news, "json", "?mission=iss-59&language=en"))["items"]
    article = news.get("/v1/articles/english").json()
    assert item.pop("id").endswith(f":article/{article['id']}")
    assert item == {
        "url": "http://127.0.0.1:8000/articles/english?lang=en",
        "external_url": article["source"]["url"],
        "title": article["title"],
        "summary": article["lead"],
        "content_html": article["body_html"],
        "date_published": article["published_at"],
        "date_modified": article["updated_at"],
        "language": "en",
        "authors": [{"name": article["source"]["name"]}],
        "tags": ["launch"],
        "_zarya": {
            "published_at_precision": "second",
            "slug": "english",
            "url": article["url"],
        },
    }
    month, pictured, *_ = json.loads(feed(news, "json"))["items"]
    assert pictured["image"] == "https://example.org/a.jpg"
    assert month["date_published"] == "2019-04-01T00:00:00Z"
    assert month["_zarya"]["published_at_precision"] == "month"


def test_hostile_text_round_trips(news: TestClient) -> None:
    """Read by strict parsers. XML feeds omit control characters."""
    article = news.get("/v1/articles/hostile").json()
    assert article["title"] == HOSTILE
    item = json.loads(feed(news, "json"))["items"][2]
    assert (item["title"], item["content_html"]) == (HOSTILE, article["body_html"])
    html = without_controls(article["body_html"])
    atom = "{http://www.w3.org/2005/Atom}"
    entry = fromstring(feed(news, "atom")).findall(f"{atom}entry")[2]
    for name in ("title", "summary", f"author/{atom}name"):
        assert entry.findtext(f"{atom}{name}") == without_controls(HOSTILE)
    assert entry.findtext(f"{atom}content") == html
    rss = rss_channel(feed(news, "rss")).findall("item")[2]
    # Some readers parse it as HTML, so it must contain no tags.
    assert rss.findtext("title") == without_controls(HOSTILE).replace("<", "&lt;")
    assert rss.findtext(CONTENT) == html
    assert "<script>" not in (rss.findtext("description") or "")  # readers parse it as HTML
    for form in ("atom", "rss"):
        assert parse_feed(feed(news, form)).entries[2].title.startswith("]]> ")


@pytest.mark.parametrize("form", FORMS)
def test_entry_id_survives_title_and_slug_changes(
    news: TestClient, editor: TestClient, form: str
) -> None:
    before = {e["title"]: e for e in entries(news, form)}["A launch"]
    patch = {"title": "Another title", "slug": "another"}
    assert editor.patch("/v1/articles/english", json=patch, headers=IF_MATCH_ANY).status_code == 200
    after = {e["title"]: e for e in entries(news, form)}["Another title"]
    assert after["id"] == before["id"]
    paths = [urlsplit(entry["link"]).path for entry in (before, after)]
    assert paths == ["/articles/english", "/articles/another"]


def test_entry_ids_are_equal_in_all_formats(news: TestClient) -> None:
    found = [[entry["id"] for entry in entries(news, form)] for form in FORMS]
    assert found[0] == found[1] == found[2]
    assert len(set(found[0])) == 5
    assert all(id_.startswith("tag:127.0.0.1,2026:article/") for id_ in found[0])


def test_feed_id_depends_on_filters(news: TestClient) -> None:
    def own_url(query: str) -> str:
        found: str = parse_feed(feed(news, "atom", query)).feed.id
        return found

    assert own_url("") == own_url("?limit=2")
    assert len({own_url(""), own_url("?language=ru"), own_url("?language=ru&mission=iss-59")}) == 3
    assert own_url("?language=ru&mission=iss-59") == own_url("?mission=iss-59&language=ru")


@pytest.mark.parametrize("form", FORMS)
def test_feed_etag_changes_with_its_articles(
    news: TestClient, editor: TestClient, form: str
) -> None:
    address = f"/v1/articles/feed.{form}"
    first = news.get(address)
    conditional = {"If-None-Match": first.headers["ETag"]}
    again = news.get(address, headers=conditional)
    assert (again.status_code, again.content) == (304, b"")
    editor.patch("/v1/articles/english", json={"lead": "Another lead."}, headers=IF_MATCH_ANY)
    changed = news.get(address, headers=conditional)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert b"Another lead." in changed.content


@pytest.mark.parametrize("form", FORMS)
def test_feed_last_modified_is_newest_change(news: TestClient, form: str) -> None:
    newest = max(a["updated_at"] for a in news.get("/v1/articles").json()["items"])
    answer = news.get(f"/v1/articles/feed.{form}")
    assert parsedate_to_datetime(answer.headers["Last-Modified"]).isoformat()[:19] == newest[:19]
    empty = news.get(f"/v1/articles/feed.{form}?mission=iss-60")
    assert empty.headers["Last-Modified"] == "Fri, 20 Nov 1998 06:40:00 GMT"


@pytest.mark.parametrize("form", FORMS)
def test_date_like_text_is_not_parsed_as_date(
    client: TestClient, database: Database, form: str
) -> None:
    with database.session() as session:
        text = '"updated_at":"9999-99-99T99:99:99Z"'
        session.add(factories.article(title=text, lead=text, body=text))
    assert client.get(f"/v1/articles/feed.{form}").status_code == 200


@pytest.fixture
def hub(client: TestClient) -> Iterator[str]:
    with override_settings(client, websub_hub=HUB, public_url="https://portal.example"):
        yield HUB


def hubs(form: str, content: bytes) -> list[str]:
    if form == "json":
        return [hub["url"] for hub in json.loads(content)["hubs"]]
    return [link.href for link in parse_feed(content).feed.links if link.rel == "hub"]


def self_of(form: str, content: bytes) -> str:
    if form == "json":
        address: str = json.loads(content)["feed_url"]
        return address
    (found,) = [link.href for link in parse_feed(content).feed.links if link.rel == "self"]
    return str(found)


@pytest.mark.parametrize("form", FORMS)
def test_feed_links_itself_and_its_hub(news: TestClient, form: str, hub: str) -> None:
    headers = {"Host": "evil.example"}
    path = f"/v1/articles/feed.{form}?limit=3&mission=iss-59&language=ru,en"
    answer = news.get(path, headers=headers)
    own_url = (
        f"https://portal.example/v1/articles/feed.{form}?language=ru,en&mission=iss-59&limit=3"
    )
    assert answer.headers["Link"] == f'<{hub}>; rel="hub", <{own_url}>; rel="self"'
    assert self_of(form, answer.content) == own_url
    assert hubs(form, answer.content) == [hub]
    assert b"evil.example" not in answer.content
    assert news.get(own_url.removeprefix("https://portal.example")).content == answer.content


@pytest.mark.parametrize("form", FORMS)
def test_feed_without_hub_has_no_hub_link(news: TestClient, form: str) -> None:
    answer = news.get(f"/v1/articles/feed.{form}")
    own_url = f"http://127.0.0.1:8000/v1/articles/feed.{form}"
    assert answer.headers["Link"] == f'<{own_url}>; rel="self"'
    assert hubs(form, answer.content) == []


def test_list_links_its_feed(news: TestClient) -> None:
    query = "?language=ru&limit=1&view=full&sort=title&with_total=true"
    (alternate,) = re.findall(
        r'<([^>]+)>; rel="alternate"; type="application/atom\+xml"',
        news.get(f"/v1/articles{query}").headers["Link"],
    )
    assert alternate == "http://127.0.0.1:8000/v1/articles/feed.atom?language=ru"
    assert slugs(news, "atom", "?" + urlsplit(alternate).query) == ["russian"]


@pytest.mark.parametrize("form", FORMS)
def test_feed_takes_one_statement_and_one_for_the_horizon(
    archive: TestClient, statements: list[str], form: str
) -> None:
    feed(archive, form, "?limit=100&tag=launch")
    assert len(statements) == 2  # one of them for the horizon
    feed(archive, form, "?limit=100&mission=iss-59")
    assert len(statements) == 2 + 3  # one more for the id of the mission


@pytest.mark.parametrize("form", FORMS)
def test_feed_has_up_to_100_entries(archive: TestClient, form: str) -> None:
    content = feed(archive, form, "?limit=100")
    assert len(entries(archive, form, "?limit=100")) == 100
    assert form != "atom" or atom_schema().validate(etree.fromstring(content))
    assert form != "json" or json_feed_errors(json.loads(content)) == []


def test_feed_says_until_when_news_are_known(news: TestClient, database: Database) -> None:
    assert "dcterms:valid" not in news.get("/v1/articles/feed.atom").text
    assert "_zarya" not in news.get("/v1/articles/feed.json").json()
    set_horizon(database, datetime(2026, 3, 1, tzinfo=UTC))
    valid = "{http://purl.org/dc/terms/}valid"
    for form in ("atom", "rss"):
        (found,) = fromstring(news.get(f"/v1/articles/feed.{form}").content).iter(valid)
        assert found.text == "end=2026-03-01T00:00:00Z; scheme=W3C-DTF;"
    known = news.get("/v1/articles/feed.json").json()["_zarya"]
    assert known == {"known_until": "2026-03-01T00:00:00Z"}
    assert atom_schema().validate(etree.fromstring(news.get("/v1/articles/feed.atom").content))
