"""Entries of several feeds that share ids, links and titles: none is lost, none changes another."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from itertools import product

import pytest
from sqlalchemy import select

from app.db.database import Database
from app.db.models import Article, ImportOrigin, Proposal
from app.domain.enums import ArticleState
from app.domain.import_schemes import feed_scheme
from app.ingest.entries import Input
from app.ingest.report import ImportReport
from tests.support.import_runs import import_inputs, make_input

FEEDS = 10
ENTRIES = 200
DATE = "2019-04-04T12:00:00Z"
IDS = [form.format(n) for n in range(60) for form in ("{}", "urn:x:{}", "https://x.example/{}")]
LINKS = [None, *(f"https://links.example/{n}" for n in range(20))]
TITLES = [f"Title {n}" for n in range(20)]


@dataclass(frozen=True)
class Entry:
    id: str | None
    link: str | None
    title: str

    @property
    def key(self) -> str:
        return self.id or self.link or f"{DATE} {self.title}"


def entries_of_feed(number: int) -> list[Entry]:
    """Entries with different keys: with an id, with a link only, with neither."""
    chosen = random.Random(number)
    entries = [Entry(id_, chosen.choice(LINKS), chosen.choice(TITLES)) for id_ in IDS]
    entries += [Entry(None, link, chosen.choice(TITLES)) for link in LINKS[1:11]]
    entries += [Entry(None, None, title) for title in TITLES[:10]]
    chosen.shuffle(entries)
    return entries


def address(number: int) -> str:
    return f"https://feeds.example/{number}"


def is_trusted(number: int) -> bool:
    return number % 2 == 1


def feed_input(number: int, entries: Iterable[Entry]) -> Input:
    """RSS, Atom or JSON Feed; each says that it is the first one."""
    write = (write_rss, write_atom, write_json)[number % 3]
    return make_input(write(entries), address(number), source=address(number))


def write_rss(entries: Iterable[Entry]) -> str:
    items = "".join(
        f"<item><title>{entry.title}</title><description>Text.</description><pubDate>{DATE}</pubDate>"
        + (f'<guid isPermaLink="false">{entry.id}</guid>' if entry.id else "")
        + (f"<link>{entry.link}</link></item>" if entry.link else "</item>")
        for entry in entries
    )
    own = f'<link xmlns="http://www.w3.org/2005/Atom" rel="self" href="{address(0)}"/>'
    return f"<rss><channel><title>F</title><language>en</language>{own}{items}</channel></rss>"


def write_atom(entries: Iterable[Entry]) -> str:
    items = "".join(
        f"<entry><title>{entry.title}</title><summary>Text.</summary><updated>{DATE}</updated>"
        + (f"<id>{entry.id}</id>" if entry.id else "")
        + (f'<link href="{escape(entry.link)}"/></entry>' if entry.link else "</entry>")
        for entry in entries
    )
    own = f'<title>F</title><id>urn:f</id><link rel="self" href="{address(0)}"/>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">{own}{items}</feed>'


def write_json(entries: Iterable[Entry]) -> str:
    items = [
        {"id": entry.id, "url": entry.link, "title": entry.title, "content_text": "Text."}
        | {"date_published": DATE}
        for entry in entries
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "language": "en"}
    return json.dumps(head | {"feed_url": address(0), "items": items})


def import_feed(database: Database, number: int, entries: list[Entry]) -> ImportReport:
    given = feed_input(number, entries)
    report, rejects = import_inputs(database, "feed", given, publish=is_trusted(number))
    assert rejects == []
    assert sum(vars(report).values()) == len(entries)
    return report


def imported_articles(database: Database) -> dict[tuple[str, str], tuple[str, str | None, bool]]:
    """Title, link, and whether it is published, of each article by its origin."""
    columns = ImportOrigin.scheme, ImportOrigin.key, Article.title, Article.source_url
    statement = select(*columns, Article.state).join(Article, Article.id == ImportOrigin.record_id)
    with database.snapshot() as reader:
        return {
            (row["scheme"], row["key"]): (
                row["title"],
                row["source_url"],
                row["state"] is ArticleState.PUBLISHED,
            )
            for row in reader.all(statement)
        }


def proposed_entries(database: Database) -> set[tuple[str, str]]:
    with database.snapshot() as reader:
        return {(r["scheme"], r["key"]) for r in reader.all(select(Proposal.scheme, Proposal.key))}


def test_feeds_share_each_combination_of_id_link_and_title() -> None:
    pairs = product(entries_of_feed(0), entries_of_feed(1))
    shared = {(a.id == b.id, a.link == b.link, a.title == b.title) for a, b in pairs}
    assert shared == set(product((False, True), repeat=3))


@pytest.mark.slow
@pytest.mark.timeout(300)  # seconds on a free machine, minutes on a busy one
def test_two_thousand_entries_are_accounted_for(database: Database) -> None:
    """One that an article of another source may be, by link and title, waits for an editor."""
    feeds = {number: entries_of_feed(number) for number in range(FEEDS)}
    articles: dict[tuple[str, str], tuple[str, str | None, bool]] = {}
    proposals: set[tuple[str, str]] = set()
    for number, entries in feeds.items():
        public = {article[:2] for article in articles.values() if article[2] and article[1]}
        doubtful = {entry.key for entry in entries if (entry.title, entry.link) in public}
        proposals |= {(feed_scheme(address(number)), key) for key in doubtful}
        articles |= {
            (feed_scheme(address(number)), entry.key): (entry.title, entry.link, is_trusted(number))
            for entry in entries
            if entry.key not in doubtful
        }
        report = import_feed(database, number, entries)
        expected = ImportReport(created=ENTRIES - len(doubtful), proposed=len(doubtful))
        assert report == expected
    assert len(articles) + len(proposals) == FEEDS * ENTRIES
    assert len(proposals) > ENTRIES
    assert imported_articles(database) == articles
    assert proposed_entries(database) == proposals

    for number, entries in feeds.items():  # again: nothing changes
        report = import_feed(database, number, entries)
        assert (report.created, report.updated, report.rejected) == (0, 0, 0)
    assert imported_articles(database) == articles

    for number in (2, 3):  # an untrusted feed and a trusted one
        scheme = feed_scheme(address(number))
        corrected = [replace(each, title=f"{each.title} {number}") for each in feeds[number]]
        with_id = [entry for entry in corrected if entry.id or entry.link]
        report = import_feed(database, number, with_id)
        known = {entry.key for entry in with_id if (scheme, entry.key) in articles}
        assert (report.updated, report.created) == (len(known), len(with_id) - len(known))
        articles |= {
            (scheme, entry.key): (entry.title, entry.link, is_trusted(number)) for entry in with_id
        }
        assert imported_articles(database) == articles
