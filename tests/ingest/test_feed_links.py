"""Relative links of feeds, of their entries, and inside the content."""

from html import escape

import pytest

from tests.support.feed_documents import (
    ATOM_FEED,
    json_document,
    parse_only_entry,
    rss_document,
)

BODY = "<p>See <a href='a'>here</a>, <a href='/b'>there</a>.</p>"
ITEM_LINK = "https://{}/day-one"
CONTENT = "See [here](https://{0}/a), [there](https://{1}/b)."


def link_feeds(document_base: str = "", entry_base: str = "", head: str = "") -> list[str]:
    """Feeds of all kinds with the entry `day-one` and relative links in its content."""
    title = f"<title>T</title>{head}"
    rss_item = (
        f"<item{entry_base}><title>D</title><link>day-one</link><pubDate>2019</pubDate>"
        f"<description>{escape(BODY)}</description></item>"
    )
    return [
        f"<rss{document_base}><channel>{title}<language>en</language>{rss_item}</channel></rss>",
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"{document_base}>{title}'
        f'<entry{entry_base}><id>urn:x:1</id><title>D</title><link href="day-one"/>'
        f'<updated>2019</updated><content type="html">{escape(BODY)}</content></entry></feed>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f"{document_base}><channel>{title}</channel>"
        f"{rss_item.replace('pubDate', 'date')}</rdf:RDF>",
    ]


@pytest.mark.parametrize(
    ("document_base", "entry_base", "head", "folder", "host"),
    [
        ("", "", "", "feed.example/news", "feed.example"),
        ("", "", "<link>/</link>", "feed.example/news", "feed.example"),
        ("", "", "<link>https://home.example/</link>", "feed.example/news", "feed.example"),
        (' xml:base="https://base.example/x/"', "", "", "base.example/x", "base.example"),
        (' xml:base="x/"', "", "", "feed.example/news/x", "feed.example"),
        (
            ' xml:base="https://base.example/x/"',
            ' xml:base="y/"',
            "",
            "base.example/x/y",
            "base.example",
        ),
        ("", ' xml:base="https://base.example/"', "", "base.example", "base.example"),
    ],
)
def test_relative_links_are_resolved(
    document_base: str, entry_base: str, head: str, folder: str, host: str
) -> None:
    """From xml:base, else from the address of the feed (RFC 3986, 5.1)."""
    for text in link_feeds(document_base, entry_base, head):
        document = parse_only_entry(
            text, base_url="https://feed.example/news/feed.xml", language="en"
        )
        assert document["source"]["url"] == ITEM_LINK.format(folder)
        assert document["body"] == CONTENT.format(folder, host)


@pytest.mark.parametrize(
    ("fields", "base_url", "folder"),
    [
        ({}, "https://feed.example/news/feed.json", "feed.example/news"),
        ({"feed_url": "https://own.example/x/f"}, "https://feed.example/f", "feed.example"),
        ({"feed_url": "https://own.example/x/f"}, None, "own.example/x"),
        ({"home_page_url": "https://own.example/"}, None, "own.example"),
    ],
)
def test_relative_links_of_json_feed_are_resolved(
    fields: dict[str, str], base_url: str | None, folder: str
) -> None:
    item = {"id": "1", "url": "day-one", "content_html": BODY}
    document = parse_only_entry(json_document(item, **fields), base_url=base_url)
    assert document["source"]["url"] == ITEM_LINK.format(folder)
    assert document["body"] == CONTENT.format(folder, folder.partition("/")[0])


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (
            '<link rel="self" href="https://log.example/feed"/><link href="/"/>',
            "https://log.example/day-one",
        ),
        ('<link href="/"/>', None),
        ("", None),
    ],
)
def test_relative_links_of_files_are_resolved_from_the_self_link(
    head: str, url: str | None
) -> None:
    """A relative link of the feed is no base: nothing says what it is relative to."""
    document = parse_only_entry(link_feeds(head=head)[1])
    assert document["source"]["url"] == url
    assert ("](" in document["body"]) == bool(url)


@pytest.mark.parametrize(
    ("id_", "url"),
    [
        ("<guid>https://t.example/1</guid>", "https://t.example/1"),
        ('<guid isPermaLink="true">https://t.example/1</guid>', "https://t.example/1"),
        ('<guid isPermaLink="false">https://t.example/1</guid>', None),
        ("<guid>12345</guid>", None),
        ("<guid>12345</guid><link>https://t.example/2</link>", "https://t.example/2"),
    ],
)
def test_guid_is_a_link_only_if_it_is_a_permalink(id_: str, url: str | None) -> None:
    item = f"<item>{id_}<title>T</title><pubDate>2019</pubDate></item>"
    document = parse_only_entry(rss_document(item), base_url="https://feed.example/")
    assert document["source"]["url"] == url


@pytest.mark.parametrize("url", [None, "https://t.example/1", "https://t.example/2"])
def test_id_of_atom_is_no_link(url: str | None) -> None:
    link = f'<link href="{url}"/>' if url else ""
    entry = f"<id>https://t.example/1</id>{link}<title>T</title><updated>2019</updated>"
    document = parse_only_entry(ATOM_FEED.format(entries=f"<entry>{entry}</entry>"))
    assert document["source"]["url"] == url


@pytest.mark.parametrize(
    "link",
    [
        "http://[",
        "javascript:alert(1)",
        "https://user@t.example/",
        "https://t.example:99999/",
        "HTTP:x",
    ],
)
def test_invalid_link_does_not_cost_the_entry(link: str) -> None:
    item = {"id": "1", "url": link, "content_html": f"<p>See <a href='{link}'>here</a>.</p>"}
    document = parse_only_entry(json_document(item), base_url="https://feed.example/")
    assert document["source"]["url"] is None
    assert "javascript" not in document["body"]
