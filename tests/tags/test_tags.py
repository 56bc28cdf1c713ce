"""`/v1/tags`: the tags of public articles with their use."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ArticleTag
from app.domain.enums import ArticleState
from app.resources.tags import queries
from tests.support import factories

TAGS = {1: "crew launch", 2: "launch", 3: "spacewalk", 4: "launch", 5: "crew re-launch"}
"""Tags of an article by the day of its publication."""


def tagged(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/v1/tags{query}")
    assert answer.status_code == 200, answer.text
    return [item["tag"] for item in answer.json()["items"]]


@pytest.fixture
def news(client: TestClient, database: Database) -> TestClient:
    """Client over articles with tags, a draft and a scheduled article among them."""
    states = {"draft": {"state": ArticleState.DRAFT}, "ahead": {}}
    with database.session() as session:
        articles = [
            (factories.article(published_at=datetime(2019, 4, day, tzinfo=UTC)), tags)
            for day, tags in TAGS.items()
        ]
        articles += [
            (
                factories.article(published_at=datetime(2090, 1, 1, tzinfo=UTC), **columns),
                f"crew {tag}",
            )
            for tag, columns in states.items()
        ]
        session.add_all(article for article, _ in articles)
        session.flush()
        for article, tags in articles:
            session.add_all(ArticleTag(article_id=article.id, tag=tag) for tag in tags.split())
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["launch", "crew", "re-launch", "spacewalk"]),
        ("?sort=tag", ["crew", "launch", "re-launch", "spacewalk"]),
        ("?sort=-last_published_at", ["crew", "re-launch", "launch", "spacewalk"]),
        ("?q=launch", ["launch", "re-launch"]),
        ("?q=Re+Launch", ["re-launch"]),
        ("?q=draft", []),
        ("?q=ahead", []),
    ],
)
def test_tags_are_found_and_sorted(news: TestClient, query: str, expected: list[str]) -> None:
    assert tagged(news, query) == expected


@pytest.mark.parametrize("query", ["sort=count", "q=", "tag=launch"])
def test_invalid_parameters_are_refused(news: TestClient, query: str) -> None:
    refused = news.get(f"/v1/tags?{query}")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == query.partition("=")[0]


def test_tag_has_its_first_and_last_use(news: TestClient) -> None:
    (item,) = news.get("/v1/tags?q=launch&sort=tag").json()["items"][:1]
    assert item == {
        "tag": "launch",
        "count": 3,
        "count_is_minimum": False,
        "first_published_at": "2019-04-01T00:00:00Z",
        "first_published_at_precision": "second",
        "last_published_at": "2019-04-04T00:00:00Z",
        "last_published_at_precision": "second",
        "url": "http://127.0.0.1:8000/v1/articles?tag=launch",
    }


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Two articles of a tag are counted."""
    monkeypatch.setattr(queries, "MAX_ARTICLE_COUNT", 2)
    queries._select_tags.cache_clear()
    yield 2
    queries._select_tags.cache_clear()


def test_count_of_a_common_tag_is_a_minimum(news: TestClient, low_limit: int) -> None:
    items = news.get("/v1/tags?sort=tag").json()["items"]
    counts = {item["tag"]: (item["count"], item["count_is_minimum"]) for item in items}
    assert counts["launch"] == (low_limit, True)
    assert counts["crew"] == (low_limit, False)


def test_count_equals_the_total_of_the_list(archive: TestClient) -> None:
    items = archive.get("/v1/tags").json()["items"]
    assert len(items) > 10
    for item in items:
        address = urlsplit(item["url"])
        listed = archive.get(f"{address.path}?{address.query}&with_total=true&limit=1").json()
        assert item["count"] == listed["total"]
        assert item["last_published_at"] == listed["items"][0]["published_at"]


def test_tags_take_one_statement(archive: TestClient, statements: list[str]) -> None:
    assert archive.get("/v1/tags?q=crew").status_code == 200
    assert len(statements) == 1
