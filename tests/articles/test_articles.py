"""Articles: requests and expected records."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag
from app.domain.dates import Precision
from tests.support import factories

APRIL_4 = datetime(2019, 4, 4, 11, 1, 35, tzinfo=UTC)


@pytest.fixture
def news(client: TestClient, database: Database) -> TestClient:
    """Client over six articles, each with a distinct feature."""
    at = {
        "old": datetime(2018, 8, 31, tzinfo=UTC),
        "launch": APRIL_4,
        "late": datetime(2019, 4, 4, 22, 30, tzinfo=UTC),
        "russian": datetime(2019, 4, 5, 9, tzinfo=UTC),
        "pictured": datetime(2019, 4, 6, 9, tzinfo=UTC),
        "quoted": datetime(2019, 4, 7, 9, tzinfo=UTC),
    }
    columns: dict[str, dict[str, Any]] = {
        "old": {"published_at_precision": Precision.DAY, "title": "Zebra"},
        "launch": {"title": "A launch", "translation_key": "launch"},
        "russian": {"language": "ru", "title": "Пуск", "translation_key": "launch"},
        "pictured": {"image_url": "https://example.org/a.jpg", "image_alt": "A picture"},
        "quoted": {"source_name": "RSC Energia", "lead": "The Soyuz «Ёлка» came back"},
    }
    with time_machine.travel("2020-01-01T00:00:00Z", tick=False), database.session() as session:
        articles = {
            slug: factories.article(slug=slug, published_at=when, **columns.get(slug, {}))
            for slug, when in at.items()
        }
        mission, person = factories.mission(slug="iss-59"), factories.person(slug="nick-hague")
        launch = factories.launch(slug="soyuz-ms-12")
        other = factories.launch(slug="soyuz-ms-13")
        session.add_all([*articles.values(), mission, person, launch, other])
        session.flush()
        first = articles["launch"].id
        session.add_all(ArticleTag(article_id=first, tag=tag) for tag in ("launch", "crew"))
        session.add(ArticleTag(article_id=articles["russian"].id, tag="launch"))
        session.add(ArticleMission(article_id=first, mission_id=mission.id))
        session.add(ArticlePerson(article_id=first, person_id=person.id))
        session.add(ArticleLaunch(article_id=first, launch_id=launch.id))
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["quoted", "pictured", "russian", "late", "launch", "old"]),
        ("sort=published_at", ["old", "launch", "late", "russian", "pictured", "quoted"]),
        ("sort=title&language=en&published_at_lt=2019-04-04T12:00:00Z", ["launch", "old"]),
        ("published_on=2019-04-04", ["launch"]),
        ("published_on=2019-04-05", ["russian", "late"]),
        ("published_on=2019-04-04&tz=UTC", ["late", "launch"]),
        ("published_on=2018-08-31&tz=Pacific/Apia", ["old"]),
        ("published_on=2018-08-30&tz=America/New_York", []),
        ("published_month=2018-08", ["old"]),
        ("published_at_gte=2019-04-06T09:00:00Z", ["quoted", "pictured"]),
        ("published_at_gte=2019-04-06T12:00:00%2B03:00", ["quoted", "pictured"]),
        ("published_at_gte=2019-04-06T12:00:00+03:00", ["quoted", "pictured"]),
        ("published_at_gte=2018-08-31T23:00:00Z&published_at_lt=2018-09-01", ["old"]),
        ("published_at_lt=2019-04-04", ["old"]),
        ("published_at_lt=2019-04-05&tz=UTC", ["late", "launch", "old"]),
        ("q=A launch", ["russian", "launch"]),  # the tag matches
        ("q=soyuz came", ["quoted"]),
        ("q=ёлка", ["quoted"]),
        ("q=ЕЛКА", ["quoted"]),
        ("q=nowhere", []),
        ("tag=launch", ["russian", "launch"]),
        ("tag=launch,crew", ["russian", "launch"]),
        ("tag=launch&tag_not=crew", ["russian"]),
        ("tag_not=launch&language=en&source=test-desk", ["pictured", "late", "old"]),
        ("language=ru", ["russian"]),
        ("source=RSC Energia", ["quoted"]),
        ("source=rsc-energia", ["quoted"]),
        ("source_not=Test desk", ["quoted"]),
        ("mission=iss-59", ["launch"]),
        ("person=nick-hague", ["launch"]),
        ("launch=soyuz-ms-12", ["launch"]),
        ("launch=soyuz-ms-12,soyuz-ms-13", ["launch"]),
        ("has_image=true", ["pictured"]),
        ("has_image=false&published_month=2019-04&language=en", ["quoted", "late", "launch"]),
        ("updated_at_gte=2020-01-01T00:00:01Z", []),
        ("updated_at_gte=2020-01-01T00:00:00Z&has_image=true", ["pictured"]),
    ],
)
def test_filters(news: TestClient, query: str, expected: list[str]) -> None:
    answer = news.get(f"/v1/articles?with_total=true&{query}").json()
    assert [item["slug"] for item in answer["items"]] == expected
    assert answer["total"] == len(expected)


def test_list_item_is_a_summary(news: TestClient) -> None:
    (item,) = news.get("/v1/articles?tag=crew").json()["items"]
    assert {key: item[key] for key in item if key != "id"} == {
        "slug": "launch",
        "title": "A launch",
        "lead": "A lead.",
        "language": "en",
        "published_at": "2019-04-04T11:01:35Z",
        "published_at_precision": "second",
        "published_on": "2019-04-04",
        "source": {"name": "Test desk", "url": None},
        "image": None,
        "tags": ["crew", "launch"],
        "reading_minutes": 1,
        "url": "http://127.0.0.1:8000/v1/articles/launch",
        "html_url": "http://127.0.0.1:8000/articles/launch?lang=en",
        "updated_at": "2020-01-01T00:00:00Z",
        "version": 1,
    }


def test_article_has_references_and_neighbours(news: TestClient) -> None:
    article = news.get("/v1/articles/launch").json()
    assert [m["slug"] for m in article["missions"]] == ["iss-59"]
    assert [p["slug"] for p in article["people"]] == ["nick-hague"]
    assert [x["slug"] for x in article["launches"]] == ["soyuz-ms-12"]
    assert article["translations"] == [{"language": "ru", "slug": "russian"}]
    assert article["previous"]["slug"] == "old"
    assert article["next"]["slug"] == "late"
    assert article["body_html"] == "<p>A body.</p>\n"
    assert news.get("/v1/articles/russian").json()["next"] is None


def test_published_on_is_the_day_in_moscow(news: TestClient) -> None:
    assert news.get("/v1/articles/late").json()["published_on"] == "2019-04-05"
    assert news.get("/v1/articles/old").json()["published_on"] == "2018-08-31"


UNKNOWN_OF_OTHER_SITES = "media width height credit licence blurhash focal_point".split()


def test_image_has_alt_text_and_credit(news: TestClient) -> None:
    image = news.get("/v1/articles/pictured").json()["image"]
    assert image == {
        "url": "https://example.org/a.jpg",
        "alt": "A picture",
        "srcset": [],
    } | dict.fromkeys(UNKNOWN_OF_OTHER_SITES)


@pytest.mark.parametrize("view", ["summary", "full"])
@pytest.mark.parametrize(
    ("resource", "number"), [("articles", 2), ("launches", 2), ("missions", 3), ("people", 3)]
)
def test_list_takes_two_statements_and_one_for_the_horizon(
    archive: TestClient, statements: list[str], resource: str, number: int, view: str
) -> None:
    taken = []
    for limit in (1, 100):
        statements.clear()
        address = f"/v1/{resource}?view={view}&limit={limit}&with_total=true"
        assert archive.get(address).status_code == 200
        taken.append(len(statements))
    assert taken == [number, number]


@pytest.mark.parametrize("address", ["/v1/crew-assignments?", "/v1/missions/iss-65/crew?"])
def test_crew_list_takes_two_statements_and_one_for_the_horizon(
    archive: TestClient, statements: list[str], address: str
) -> None:
    for limit in (1, 100):
        statements.clear()
        assert archive.get(f"{address}limit={limit}&with_total=true").status_code == 200
        assert len(statements) == 3


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Hi <script>alert(1)</script>", "<p>Hi &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        (
            "[x](https://example.org)",
            '<p><a href="https://example.org" rel="noopener noreferrer nofollow">x</a></p>\n',
        ),
    ],
)
def test_body_html_is_sanitised(
    client: TestClient, database: Database, body: str, html: str
) -> None:
    with database.session() as session:
        session.add(factories.article(slug="x", body=body))
    assert client.get("/v1/articles/x").json()["body_html"] == html
