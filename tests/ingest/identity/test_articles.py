"""Identity of articles: ids of sources, addresses of originals."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from tests.support import documents
from tests.support.documents import IF_MATCH_ANY
from tests.support.import_runs import import_inputs, make_input

FEED = """<rss version="2.0"><channel><title>{name}</title><link>https://{name}.example/</link>
<language>en</language>{items}</channel></rss>"""


def item(guid: str | None, link: str, title: str) -> str:
    guid = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return (
        f"<item><title>{title}</title><link>{link}</link>{guid}"
        "<pubDate>Mon, 01 Apr 2019 10:00:00 GMT</pubDate><description>Text.</description></item>"
    )


def run(database: Database, name: str, *items: str, **options: Any) -> str:
    text = FEED.format(name=name, items="".join(items))
    return str(import_inputs(database, "feed", make_input(text), **options)[0])


LINK = "https://news.example/1"


def test_ids_of_one_source_are_several_articles(database: Database) -> None:
    items = [item(f"ep-{number}", LINK, "One title") for number in (1, 2, 3)]
    counted = "created 3, updated 0, unchanged 0, rejected 0"
    assert run(database, "pod", *items) == counted
    assert run(database, "pod", *items) == counted.replace("created 3", "created 0").replace(
        "unchanged 0", "unchanged 3"
    )


@pytest.mark.parametrize(
    ("guid", "title", "created"),
    [(None, "Another title", 0), (LINK, "Another title", 0), ("ep-1", "A title", 0),
     ("ep-1", "Another title", 1)],
)  # fmt: skip
def test_editors_article_is_recognised(
    database: Database, editor: TestClient, guid: str | None, title: str, created: int
) -> None:
    source = {"name": "News", "url": LINK}
    article = documents.article(title="A title", source=source)
    assert editor.post("/v1/articles", json=article).status_code == 201
    assert run(database, "pod", item(guid, LINK, title)).startswith(f"created {created},")


def test_article_of_another_source_is_not_touched(
    database: Database, editor: TestClient, client: TestClient
) -> None:
    """An entry like a public article waits for an editor; a draft is no evidence."""
    run(database, "one", item("a", LINK, "A title"))
    again = run(database, "two", item("a", LINK, "A title"), publish=True)
    assert again.startswith("created 1,")
    third = run(database, "three", item("a", LINK, "A title"), publish=True)
    assert third == "created 0, updated 0, unchanged 0, rejected 0, proposed 1"
    fourth = run(database, "four", item("a", LINK, "Another title"), publish=True)
    assert fourth.startswith("created 1,")
    titles = [each["title"] for each in client.get("/v1/articles").json()["items"]]
    assert sorted(titles) == ["A title", "Another title"]
    sources = [each["source"]["name"] for each in client.get("/v1/articles").json()["items"]]
    assert sorted(sources) == ["four", "two"]


def test_proposal_is_discarded_when_identity_is_certain(
    database: Database, editor: TestClient, client: TestClient
) -> None:
    run(database, "one", item("a", LINK, "A title"), publish=True)
    doubtful = item("a", LINK, "A title")
    assert run(database, "two", doubtful, publish=True).endswith("proposed 1")
    (article,) = client.get("/v1/articles").json()["items"]
    editor.delete(f"/v1/articles/{article['slug']}", headers=IF_MATCH_ANY)
    assert run(database, "two", doubtful, publish=True).startswith("created 1,")
