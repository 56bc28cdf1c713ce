"""Feed format: RSS, Atom, JSON Feed; valid, malformed and hostile documents."""

import codecs
import json
import resource
import socket
from contextlib import suppress
from typing import NoReturn

import pytest
from sqlalchemy import select

from app.api.write_models import validate_write_model
from app.db.database import Database
from app.db.models import Article
from app.ingest.entity_linking import EntityLinks
from app.ingest.entries import InvalidInput
from app.ingest.formats import feed
from app.ingest.formats.feed import MAX_FEED_BYTES
from app.resources.articles.schemas import ArticleWrite
from tests.support.feed_documents import (
    ATOM_FEED,
    RSS_ITEM,
    json_document,
    parse_feed,
    parse_only_entry,
    rss_document,
)
from tests.support.import_runs import (
    import_inputs,
    make_input,
    no_links,
    report_counts,
    split_rejects,
)


def test_rss_item_becomes_article() -> None:
    (entry,), _ = parse_feed(rss_document())
    assert entry.data == {
        "title": "Корабль причалил",
        "lead": "Грузовик дошёл до станции.",
        "body": "Грузовик дошёл до станции.",
        "language": "ru",
        "published_at": "2019-04-04T14:25:00Z",
        "published_at_precision": "minute",
        "source": {"name": "Вести со станции", "url": "https://vesti.example/n/1"},
        "tags": ["gruzy-i-korabli"],
        "missions": [],
        "people": [],
        "launches": [],
    }
    own = "file https://vesti.example/ Вести со станции"
    assert (entry.scheme, entry.key, entry.line) == (own, "n1", 4)
    assert entry.raw == RSS_ITEM.format(n=1).strip()


@pytest.mark.parametrize(
    "text",
    [
        '<rss version="0.91"><channel><title>T</title><language>en</language>{}</channel></rss>',
        '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://my.example/rss.dtd">'
        '<rss version="0.91"><channel><title>T</title><language>en</language>{}</channel></rss>',
        '<rss version="0.92"><channel>{}<title>T</title><language>en</language></channel></rss>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        "<title>T</title><dc:language>en</dc:language><items/></channel>{}</rdf:RDF>",
    ],
)
def test_rss_versions_are_read(text: str) -> None:
    item = (
        "<item><title>A &amp; B</title><link>https://t.example/1</link>"
        '<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2019-04-04T11:01:35Z</dc:date>'
        "<description>It happened.</description></item>"
    )
    document = parse_only_entry(text.format(item))
    assert (document["title"], document["published_at"]) == ("A & B", "2019-04-04T11:01:35Z")


def test_atom_entry_becomes_article() -> None:
    entry = (
        '<entry><title type="html">Ship &lt;b&gt;arrives&lt;/b&gt;</title><id>urn:x:1</id>'
        '<link rel="alternate" href="../1"/><updated>2019-04-04T14:01:35+03:00</updated>'
        '<content type="html">&lt;p&gt;It &lt;em&gt;did&lt;/em&gt;, see '
        '&lt;a href="https://a.example"&gt;here&lt;/a&gt;.&lt;/p&gt;'
        "&lt;script&gt;alert(1)&lt;/script&gt;</content></entry>"
    )
    document = parse_only_entry(ATOM_FEED.format(entries=entry))
    assert document["title"] == "Ship arrives"
    assert document["body"] == "It *did*, see [here](https://a.example)."
    assert document["source"]["url"] == "https://atom.example/1"


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_json_feed_items_become_articles(version: str) -> None:
    text = json.dumps(
        {
            "version": f"https://jsonfeed.org/version/{version}",
            "title": "J",
            "language": "en",
            "items": [
                {"id": 7, "content_text": "A text.", "date_published": "2019-03-14"},
                {"id": "8", "title": "T", "content_html": "<p>H</p>", "date_published": "2019"},
                {"id": "9", "title": "no date"},
                "nonsense",
            ],
        },
        indent=1,
    )
    entries, rejects = parse_feed(text)
    assert [entry.key for entry in entries] == ["7", "8"]
    assert [entry.data["title"] for entry in entries] == ["A text.", "T"]
    assert [reject.field for reject in rejects] == ["published", "item"]
    assert json.loads(entries[1].raw)["id"] == "8"
    assert text.splitlines()[entries[0].line - 1].strip() == "{"


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("utf-8", "utf-8-sig"),
        ("windows-1251", "cp1251"),
        ("koi8-r", "koi8-r"),
        ("utf-8", "cp1251"),
        ("utf-8", "koi8-r"),
        ("utf-8", "utf-16"),
        ("utf-8", "utf-16-le"),
        ("utf-8", "utf-16-be"),
        ("nonsense", "cp1251"),
    ],
)
def test_encoding_is_detected(declared: str, actual: str) -> None:
    assert (
        parse_only_entry(rss_document(encoding=declared).encode(actual))["title"]
        == "Корабль причалил"
    )


def test_undetectable_encoding_is_refused() -> None:
    text = rss_document().replace("Корабль причалил", "Déjà vu").replace("Грузовик дошёл", "Ça va")
    with pytest.raises(InvalidInput, match="Cannot detect the encoding"):
        parse_feed(text.encode("cp1252", "ignore"))


def test_truncated_feed_loses_last_entry_only() -> None:
    text = rss_document(RSS_ITEM.format(n=1) + RSS_ITEM.format(n=2)).encode()
    entries, rejects = parse_feed(text[: text.rindex("причалил".encode()) + 3])
    assert [entry.key for entry in entries] == ["n1"]
    assert [(r.field, r.line) for r in rejects] == [("entry", 7)]


def test_entry_tags_in_cdata_and_comments_are_ignored() -> None:
    item = RSS_ITEM.format(n=1).replace(
        "<description>", "<description><![CDATA[<item>]]><!-- <item> -->"
    )
    assert len(parse_feed(rss_document(item))[0]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("<pubDate>Thu, 04 Apr 2019 17:25 +0300</pubDate>", ""), "published"),
        (("04 Apr 2019", "31 Apr 2019"), "published"),
        (('<guid isPermaLink="false">n1</guid>', ""), None),
        (("<language>ru-RU</language>", ""), "language"),
        (("<title>Вести со станции</title>", ""), "source"),
        (("<title>Корабль причалил</title>", ""), None),
        (("<description>Грузовик дошёл до станции.</description>", ""), None),
        (("/n/1", "javascript:alert(1)"), None),
    ],
)
def test_missing_fields_are_rejected(change: tuple[str, str], field: str | None) -> None:
    entries, rejects = parse_feed(rss_document().replace(*change))
    assert [reject.field for reject in rejects] == ([field] if field else [])
    for entry in entries:
        validate_write_model(ArticleWrite, dict(entry.data))
        assert "javascript" not in str(entry.data["source"])


def test_input_language_is_default() -> None:
    text = rss_document().replace("<language>ru-RU</language>", "")
    assert parse_only_entry(text, language="ru")["language"] == "ru"


def test_links_are_found_in_title_and_lead() -> None:
    seen: list[tuple[str, str]] = []

    def linked(title: str, lead: str) -> EntityLinks:
        seen.append((title, lead))
        return EntityLinks(["iss-59"], ["progress-ms-11"], ["oleg-kononenko"])

    (entry,), _ = split_rejects(feed.parse_feed(make_input(rss_document()), linked))
    assert seen == [("Корабль причалил", "Грузовик дошёл до станции.")]
    assert entry.data["missions"] == ["iss-59"]
    assert entry.data["people"] == ["oleg-kononenko"]


def test_title_in_any_script_is_imported(database: Database) -> None:
    items = [{"id": str(n), "title": title} for n, title in enumerate(["宇宙", "Διάστημα", "𒀀"])]
    report, _ = import_inputs(database, "feed", make_input(json_document(*items)))
    assert report_counts(report) == (3, 0, 0, 0)
    with database.snapshot() as reader:
        slugs = [row["slug"] for row in reader.all(select(Article.slug).order_by(Article.id))]
    assert slugs == ["yuzhou", "diastima", "u12000"]


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = {
    "bomb": f'<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]>'
    + rss_document(RSS_ITEM.replace("Корабль", "&e11;")),
    "file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    + rss_document(RSS_ITEM.replace("Корабль", "&e;")),
    "remote": '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1/x.dtd">%e;]>' + rss_document(),
    "deep": rss_document(RSS_ITEM.format(n=1).replace("Корабль", "<b>" * 200_000)),
    "quotes": rss_document(RSS_ITEM.format(n=1).replace("Корабль", '&lt;a b="' * 20_000)),
    "wide": rss_document(RSS_ITEM.format(n=1).replace("Корабль", "x" * 2_000_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_attack_is_rejected(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    entries, rejects = parse_feed(
        HOSTILE[name].replace('<?xml version="1.0" encoding="utf-8"?>', "")
    )
    assert (len(entries), len(rejects)) == (0, 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


@pytest.mark.parametrize(
    "inside",
    ["&lt;![x &lt;b&gt;", "<gml:pos>1 1</gml:pos>", "<textinput>"],
)
def test_parser_failure_does_not_affect_other_entries(inside: str) -> None:
    broken = RSS_ITEM.format(n=1).replace("Корабль причалил", inside)
    entries, rejects = parse_feed(
        rss_document(RSS_ITEM.format(n=2) + broken + RSS_ITEM.format(n=3))
    )
    assert {entry.key for entry in entries} >= {"n2", "n3"}
    assert len(entries) + len(rejects) == 3
    entries, rejects = parse_feed(rss_document(inside + RSS_ITEM.format(n=1)))
    assert len(entries) + len(rejects) == 1


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + rss_document().encode() + b"\xff</rss>",
        rss_document().encode() + b"\xff</rss>",
        codecs.BOM_UTF16_LE + rss_document().encode("utf-16-le") + b"\x00\xd8" * 9,
        rss_document(encoding="unicode_escape").encode("unicode_escape") + rb"\ud800",
    ],
)
def test_wrongly_declared_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_feed(data)


@pytest.mark.parametrize(
    "text",
    [
        rss_document().replace(
            "<link>", f"<description>{'<b>x</b>' * 200_000}</description><link>", 1
        ),
        rss_document(RSS_ITEM.format(n=1) + "</item" + " " * 3_000_000),
        rss_document(RSS_ITEM.format(n=1) + "<item " * 500_000),
        "<?xml " * 500_000 + rss_document().partition("?>")[2],
        "<!DOCTYPE[" * 300_000 + rss_document(),
        f"<rss {'a=b ' * 2000}><channel><title>T</title>{RSS_ITEM}</channel></rss>",
    ],
    ids=["head", "end", "open", "declarations", "types", "tag"],
)
def test_hostile_envelope_is_parsed_fast(text: str) -> None:
    """Parsed with every entry, or in quadratic time, most of these take minutes."""
    entries, rejects = parse_feed(text)
    assert len(entries) + len(rejects) == 1


def test_entries_beyond_limit_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_FEED_ENTRIES", 2)
    entries, rejects = parse_feed(
        rss_document("".join(RSS_ITEM.format(n=n) for n in range(5)) + "<item/>")
    )
    assert [entry.key for entry in entries] == ["n0", "n1"]
    again, rest = parse_feed(rss_document("".join(reject.raw for reject in rejects)))
    assert [entry.key for entry in again] == ["n2", "n3"]
    assert [reject.field for reject in rest] == ["feed", "feed"]


def test_oversized_feed_is_refused() -> None:
    with pytest.raises(InvalidInput):
        parse_feed(b" " * (MAX_FEED_BYTES + 1))


@pytest.mark.parametrize("text", ["<html><body>404</body></html>", "", "plain", '{"a": 1}', "[]"])
def test_non_feed_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_feed(text)


def test_empty_feed_has_no_entries() -> None:
    assert parse_feed(rss_document("")) == ([], [])


def test_parser_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> NoReturn:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for text in (rss_document(), HOSTILE["remote"], "http://127.0.0.1/feed"):
        with suppress(InvalidInput):
            parse_feed(text)
    with pytest.raises(AssertionError):  # positive control
        socket.create_connection(("127.0.0.1", 1))


@pytest.mark.parametrize(
    "text", [rss_document(RSS_ITEM.format(n=1).replace("04 Apr", "31 Apr"), "koi8-r")]
)
def test_rejects_make_valid_feed(text: str) -> None:
    source = make_input(text.encode("koi8-r"))
    _, rejects = split_rejects(feed.parse_feed(source, no_links))
    frame = feed.FORMAT.read_envelope(source)
    again = frame.prefix + frame.separator.join(r.raw for r in rejects) + frame.suffix
    assert parse_feed(again)[1][0].raw == rejects[0].raw


def test_rejects_make_valid_json_feed() -> None:
    version = "https://jsonfeed.org/version/1.1"
    text = json.dumps({"version": version, "title": "J", "items": [{"id": "9", "x": "é"}]})
    frame = feed.FORMAT.read_envelope(make_input(text))
    again = f'{frame.prefix}{{"id": "9", "x": "é"}}{frame.separator}{{"id": "8"}}{frame.suffix}'
    assert [r.field for r in parse_feed(again)[1]] == ["published"] * 2 or parse_feed(again)[1]
    assert len(json.loads(again)["items"]) == 2
