"""`/v1/missions/{slug}/page`: a mission's page in one response."""

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article
from tests.support import factories


def test_page_of_expedition_59_contains_every_fact(archive: TestClient) -> None:
    page = archive.get("/v1/missions/iss-59/page?month=2019-04").json()
    mission = page["mission"]
    assert mission["title"] == "ISS-59 mission"
    assert len(mission["tasks"]) == 4
    assert not any(task["derived"] for task in mission["tasks"])
    assert [(m["role_label"], m["credited_as"]) for m in mission["crew"]] == [
        ("Commander", "Oleg Kononenko"),
        ("Flight engineer", "David Saint-Jaques"),
        ("Flight engineer", "Ann McClain"),
        ("Flight engineer", "Ovchinin Alexey"),
        ("Flight engineer", "Nick Hague"),
        ("Flight engineer", "Christina Koch"),
    ]
    assert [m["person"]["name"] for m in mission["crew"]][1:4] == [
        "David Saint-Jacques",
        "Anne McClain",
        "Aleksey Ovchinin",
    ]
    launches = {
        launch["launch_at"][:10]: launch["headline"] for launch in page["launches"]["recent"]
    }
    assert list(launches) == sorted(launches, reverse=True)
    assert max(launches) <= "2019-04-30"
    assert launches["2019-04-04"] == "LV Soyuz-2.1a with CV Progress MS-11 is launched"
    assert launches["2019-03-14"] == "LV Soyuz-FG with SC Soyuz MS-12 is launched"

    article = page["lead_article"]
    assert article["published_on"] == "2018-08-31"
    assert article["published_at_precision"] == "day"
    for fact in ("Soyuz", "Apollo", "1975", "1996", "Korolev", "80"):
        assert fact in article["title"] + article["lead"] + article["body"]
    assert "<p>" in article["body_html"]

    archive_days = page["archive"]["days"]
    assert page["archive"]["month"] == "2019-04"
    assert archive_days[0] == {
        "date": "2019-04-01",
        "weekday": 1,
        "count": 0,
        "url": "http://127.0.0.1:8000/v1/articles?published_on=2019-04-01",
    }
    assert len(archive_days) == 30
    assert archive_days[3]["count"] > 0
    assert len(page["articles"]) == 3
    assert all(item["published_on"].startswith("2019-04") for item in page["articles"])


def test_page_takes_at_most_twelve_statements(archive: TestClient, statements: list[str]) -> None:
    assert archive.get("/v1/missions/iss-59/page?month=2019-04").status_code == 200
    default_count = len(statements)
    statements.clear()
    address = "/v1/missions/current/page?launches=50&articles=50"
    assert archive.get(address).status_code == 200
    assert default_count <= len(statements) <= 12


def test_page_of_current_mission(archive: TestClient) -> None:
    answer = archive.get("/v1/missions/current/page")
    assert answer.headers["Content-Location"].endswith("/v1/missions/iss-75/page")
    page = answer.json()
    assert page["mission"]["slug"] == "iss-75"
    assert page["mission"]["status"] == "unknown"
    assert page["mission"]["status_at"] == page["known_until"]["crews"]
    assert page["launches"]["next"] is None


def test_page_archive_equals_article_archive(archive: TestClient) -> None:
    for filters in (
        "month=2019-04",
        "month=2019-04&tz=America/New_York",
        "month=2019-04&language=en",
    ):
        page = archive.get(f"/v1/missions/iss-59/page?{filters}").json()
        assert page["archive"] == archive.get(f"/v1/articles/archive?{filters}").json()


def test_page_archive_defaults_to_month_of_mission_end(archive: TestClient) -> None:
    page = archive.get("/v1/missions/iss-59/page").json()
    assert page["archive"]["month"] == "2019-06"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_page_news_shows_translations_once(archive: TestClient, language: str) -> None:
    """In the language of the request if possible; articles in the other language only are kept."""
    month = "2010-12"
    address = f"/v1/articles?view=full&limit=100&published_month={month}"
    newest = archive.get(address).json()["items"]
    expected = [
        article
        for article in newest
        if article["language"] == language
        or language not in {twin["language"] for twin in article["translations"]}
    ]
    assert 1 < len(expected) < len(newest)
    page = f"/v1/missions/iss-26/page?articles=50&articles_of=all&month={month}"
    shown = archive.get(page, headers={"Accept-Language": language}).json()["articles"]
    assert [article["slug"] for article in shown] == [article["slug"] for article in expected]
    all_languages = archive.get(f"{page}&language=en,ru&lang={language}").json()["articles"]
    assert [article["slug"] for article in all_languages] == [article["slug"] for article in newest]
    alone = "soyuz-tma-20-docked-to-the-iss"
    assert alone in {article["slug"] for article in shown}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_page_lead_article_has_language_of_page(
    client: TestClient, database: Database, language: str
) -> None:
    with database.session() as session:
        english = factories.article(slug="globe", translation_key="globe", language="en")
        russian = factories.article(slug="shar", translation_key="globe", language="ru")
        german = factories.article(slug="kugel", translation_key="globe", language="de")
        session.add_all([english, russian, german])
        session.flush()
        session.add(factories.mission(slug="iss-59", number=59, featured_article_id=english.id))
        session.add(factories.mission(slug="iss-60", number=60, featured_article_id=german.id))
    expected = {"en": "globe", "ru": "shar"}[language]
    for mission in ("iss-59", "iss-60"):
        page = client.get(f"/v1/missions/{mission}/page?lang={language}").json()
        assert page["lead_article"]["slug"] == expected
    with database.session() as session:
        for article in session.scalars(select(Article).where(Article.language != "de")):
            session.delete(article)
    page = client.get(f"/v1/missions/iss-60/page?lang={language}").json()
    assert page["lead_article"]["slug"] == "kugel"


def test_page_shows_articles_of_the_mission_first(archive: TestClient) -> None:
    def slugs(address: str) -> list[str]:
        answer = archive.get(f"/v1/missions/iss-59/page?lang=en&{address}").json()
        return [article["slug"] for article in answer["articles"]]

    lead = archive.get("/v1/missions/iss-59/page?lang=en").json()["lead_article"]["slug"]
    own, month = (
        [
            item["slug"]
            for item in archive.get(f"/v1/articles?language=en&limit=50&{of}").json()["items"]
            if item["slug"] != lead
        ]
        for of in ("mission=iss-59", "published_month=2019-06")
    )
    assert 3 < len(own) < 50
    assert slugs("articles=3&language=en") == own[:3]
    both = slugs("articles=50&language=en")
    assert both[: len(own)] == own
    assert both[len(own) :] == [slug for slug in month if slug not in own]
    assert len(both) > len(own)
    assert slugs("articles=50&language=en&articles_of=mission") == own
    every = slugs("articles=50&language=en&articles_of=all&month=2019-06")
    assert [slug for slug in every if slug != lead] == month


def test_page_shows_launches_once_with_all_relations(archive: TestClient) -> None:
    page = archive.get("/v1/missions/iss-7/page?launches=50").json()
    shown = {each["slug"]: each["relations"] for each in page["launches"]["recent"]}
    served: dict[str, list[str]] = {}
    for each in page["mission"]["launches"]:
        served.setdefault(each["launch"]["slug"], []).append(each["relation"])
    assert shown == served
    assert len(shown) == len(page["launches"]["recent"])
    assert ["crew_arrival", "crew_departure"] in shown.values()


def test_page_has_departures_of_crew_from_the_station(archive: TestClient) -> None:
    crew = archive.get("/v1/missions/iss-59/page").json()["mission"]["crew"]
    rides = crew[0]["arrived_with"], crew[0]["departed_with"]
    assert [(ride["at"], ride["station_at"]) for ride in rides] == [
        ("2018-12-03T11:31:52Z", "2018-12-03T17:33:20Z"),
        ("2019-06-25T02:48:54Z", "2019-06-24T23:25:00Z"),
    ]
    stay = archive.get("/v1/stays?launch=soyuz-ms-11&sort=-arrived_at").json()["items"][0]
    assert stay["departed_at"] == rides[1]["station_at"]


def test_page_parts_can_be_omitted(archive: TestClient) -> None:
    page = archive.get("/v1/missions/iss-59/page?launches=0&articles=0").json()
    assert page["launches"]["recent"] == page["articles"] == []


def test_page_redirects_from_mission_alias(archive: TestClient) -> None:
    answer = archive.get("/v1/missions/expedition-59/page?month=2019-04")
    assert answer.status_code == 308
    expected = "http://127.0.0.1:8000/v1/missions/iss-59/page?month=2019-04"
    assert answer.headers["Location"] == expected
