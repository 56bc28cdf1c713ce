"""Origins of feed entries after an upgrade from archives without sources (migration 0014)."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select

from app.db.database import Database
from app.db.models import Article, ImportOrigin
from app.resources.write_steps import build_database
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.fake_sites import rss_feed, rss_item
from tests.support.import_runs import import_inputs, make_input, report_counts

MIGRATION = "0014"
ADDRESS = "https://desk.example/feed.rss"
LOCAL_ID = (
    '<item><guid isPermaLink="false">n3</guid><title>Undocked</title>'
    "<link>https://desk.example/3</link><description>What happened.</description>"
    "<pubDate>04 Apr 2019 12:00:00 GMT</pubDate></item>"
)
FETCHED = make_input(rss_feed(rss_item(1), LOCAL_ID), ADDRESS, source=ADDRESS)
FILE = make_input(rss_feed(rss_item(2)))


def origins(database: Database) -> list[tuple[str, str]]:
    """Schemes and keys of all origins, sorted."""
    with database.snapshot() as reader:
        rows = reader.all(select(ImportOrigin.scheme, ImportOrigin.key))
    return sorted((row["scheme"], row["key"]) for row in rows)


@pytest.mark.slow
def test_upgrade_finds_the_source_of_entries(create_database: CreateDatabase) -> None:
    url = create_database()
    config = alembic_config(url)
    before = ScriptDirectory.from_config(config).get_revision(MIGRATION).down_revision
    assert isinstance(before, str)
    command.upgrade(config, "head")
    database = build_database(url)
    for given in (FETCHED, FILE):
        assert import_inputs(database, "feed", given)[0].rejected == 0
    database.close()

    command.downgrade(config, before)
    former = [(ADDRESS, "n3"), *(("web", f"https://desk.example/{n}") for n in (1, 2))]
    assert origins(database) == former
    database.close()

    command.upgrade(config, "head")
    fetched = [(f"feed {ADDRESS}", "https://desk.example/1"), (f"feed {ADDRESS}", "n3")]
    assert origins(database) == fetched
    for given in (FETCHED, FILE):
        assert report_counts(import_inputs(database, "feed", given)[0])[0] == 0
    update = make_input(rss_feed(rss_item(1, "Redocked")), ADDRESS, source=ADDRESS)
    assert report_counts(import_inputs(database, "feed", update)[0]) == (0, 1, 0, 0)
    hostile = make_input(
        rss_feed(rss_item(1, "A lie")),
        "https://hostile.example/",
        source="https://hostile.example/",
    )
    import_inputs(database, "feed", hostile)
    with database.snapshot() as reader:
        titles = [row["title"] for row in reader.all(select(Article.title).order_by(Article.id))]
    assert titles[0] == "Redocked (1)"
    assert set(titles) >= {"Undocked", "A ship docked (2)"}
    database.close()
