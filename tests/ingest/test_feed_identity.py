"""Identity of feed entries: their source and their own id."""

import pytest

from tests.support.feed_documents import (
    ATOM_FEED,
    RSS_ITEM,
    json_document,
    parse_feed,
    rss_document,
)


@pytest.mark.parametrize(
    ("id_", "link", "title", "key"),
    [
        ("<guid>https://vesti.example/?p=1</guid>", "/n/1", "A", "https://vesti.example/?p=1"),
        ("<guid>n1</guid>", "", "A", "n1"),
        ('<guid isPermaLink="false"> tag:x,2019:N1 </guid>', "/n/1", "A", "tag:x,2019:N1"),
        ("", "/n/1", "A", "https://vesti.example/n/1"),
        ("<guid/>", "/n/1", "A", "https://vesti.example/n/1"),
        ("", "", "A &amp; b", "2019-04-04T14:25:00Z A & b"),
        ("", "", "", None),
    ],
)
def test_key_is_id_else_link_else_date_and_title(
    id_: str, link: str, title: str, key: str | None
) -> None:
    item = (
        f"<item><title>{title}</title><link>{link}</link>{id_}"
        "<pubDate>Thu, 04 Apr 2019 17:25 +0300</pubDate><description>It is.</description></item>"
    )
    entries, rejects = parse_feed(rss_document(item))
    assert [entry.key for entry in entries] == ([key] if key else [])
    assert [(reject.field, "Add an id" in reject.reason) for reject in rejects] == (
        [] if key else [("id", True)]
    )


@pytest.mark.parametrize("base", ["", ' xml:base="https://base.example/x/"'])
@pytest.mark.parametrize("id_", ["1", "../n", "urn:x:1", "HTTP://Vesti.example/%7e/../1"])
def test_ids_are_compared_as_written(base: str, id_: str) -> None:
    """RFC 4287, 4.2.6.1: neither resolved nor normalized."""
    entry = f"<entry{base}><id>{id_}</id><title>T</title><updated>2019</updated></entry>"
    entries, _ = parse_feed(ATOM_FEED.format(entries=entry), base_url="https://feed.example/x")
    assert [entry.key for entry in entries] == [id_]


def feed_with(head: str) -> list[str]:
    """An RSS and an Atom feed with `head`, and an entry whose id is 1."""
    item = "<title>T</title><summary>S</summary><updated>2019</updated>"
    return [
        f"<rss><channel>{head}<language>en</language><item><guid>1</guid>{item}</item></channel></rss>",
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">{head}'
        f"<entry><id>1</id>{item}</entry></feed>",
    ]


@pytest.mark.parametrize(
    "head",
    [
        "<title>T</title>",
        '<title>T</title><link rel="self" href="https://known.example/feed"/>',
        "<title>T</title><id>https://known.example/feed</id>",
        "<title>feed https://known.example/feed</title>",
    ],
)
def test_source_is_the_address_that_was_asked(head: str) -> None:
    """Not what the feed calls itself, which may be another's address."""
    for text in feed_with(head):
        (entry,), _ = parse_feed(text, source="https://asked.example/feed")
        assert entry.scheme == "feed https://asked.example/feed"
        (entry,), _ = parse_feed(text)
        assert entry.scheme.startswith("file ")


@pytest.mark.parametrize(
    ("head", "scheme"),
    [
        (
            '<title>T</title><id>urn:f</id><link rel="self" href="https://t.example/feed"/>',
            "file https://t.example/feed",
        ),
        ('<title>T</title><id>urn:f</id><link rel="self" href="/feed"/>', "file urn:f"),
    ],
)
def test_file_is_identified_by_what_it_calls_itself(head: str, scheme: str) -> None:
    for text in feed_with(head):
        (entry,), _ = parse_feed(text)
        assert entry.scheme == scheme
    feed_url = {"feed_url": "https://t.example/feed"}
    for fields, own in ((feed_url, "https://t.example/feed"), ({}, "https://t.example/ T")):
        (entry,), _ = parse_feed(
            json_document({"id": 1}, home_page_url="https://t.example/", **fields)
        )
        assert entry.scheme == f"file {own}"


def test_overlong_schemes_stay_distinct() -> None:
    addresses = [f"https://feed.example/{'x' * 400}{n}" for n in range(2)]
    schemes = {parse_feed(rss_document(), source=address)[0][0].scheme for address in addresses}
    assert len(schemes) == 2
    assert max(map(len, schemes)) <= 300


def test_overlong_ids_stay_distinct() -> None:
    keys = {
        parse_feed(rss_document(RSS_ITEM.format(n="x" * 3000 + str(n))))[0][0].key for n in range(2)
    }
    assert len(keys) == 2
    assert max(map(len, keys)) <= 500
