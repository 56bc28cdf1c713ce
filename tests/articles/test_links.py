"""Lists of articles by their links, and the copied columns by which they are read."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.database import Database, Reader
from app.db.models import Article, ArticleMission, ArticleTag, Mission, stored_id
from app.db.tracking.article_links import copy_to_links, find_stale_links, rebuild_article_links
from app.domain.dates import Precision, local_day
from app.domain.enums import ArticleState
from tests.support import factories
from tests.support.clients import database_of

NOON = datetime(2019, 4, 4, 12, tzinfo=UTC)


def stale_links(database: Database) -> list[int]:
    with database.snapshot() as reader:
        return find_stale_links(reader)


def _article(session: Session) -> Article:
    return session.scalars(select(Article).where(Article.slug == "first")).one()


def _move(session: Session) -> None:
    _article(session).published_at = NOON + timedelta(days=3)


def _round(session: Session) -> None:
    _article(session).published_at_precision = Precision.MONTH


def _change_language(session: Session) -> None:
    _article(session).language = "de"


def _rename(session: Session) -> None:
    _article(session).title = "Zenith"


def _unpublish(session: Session) -> None:
    _article(session).state = ArticleState.UNPUBLISHED


def _undate(session: Session) -> None:
    _unpublish(session)
    _article(session).published_at = None


def _delete(session: Session) -> None:
    session.delete(_article(session))


def _delete_mission(session: Session) -> None:
    session.delete(session.scalars(select(Mission)).one())


def _add_tag(session: Session) -> None:
    session.add(ArticleTag(article_id=_article(session).id, tag="added"))


def _move_and_add_tag(session: Session) -> None:
    _add_tag(session)
    session.flush()
    _move(session)


def _add_tag_by_statement(session: Session) -> None:
    session.execute(insert(ArticleTag).values(article_id=_article(session).id, tag="added"))


def _move_by_statement(session: Session) -> None:
    session.execute(update(Article).values(published_at=NOON, published_sort_at=NOON))


def _delete_tags_by_statement(session: Session) -> None:
    session.execute(delete(ArticleTag))


def _move_in_savepoint(session: Session) -> None:
    with session.begin_nested():
        _move(session)


def _roll_back_savepoint(session: Session) -> None:
    point = session.begin_nested()
    _move(session)
    session.flush()
    point.rollback()


CHANGES: list[tuple[Callable[[Session], None], list[str]]] = [
    (_move, ["first", "second"]),
    (_round, ["first", "second"]),
    (_change_language, ["second", "first"]),
    (_rename, ["second", "first"]),
    (_unpublish, ["second"]),
    (_undate, ["second"]),
    (_delete, ["second"]),
    (_delete_mission, ["second", "first"]),
    (_add_tag, ["second", "first"]),
    (_move_and_add_tag, ["first", "second"]),
    (_add_tag_by_statement, ["second", "first"]),
    (_move_by_statement, ["second", "first"]),
    (_delete_tags_by_statement, []),
    (_move_in_savepoint, ["first", "second"]),
    (_roll_back_savepoint, ["second", "first"]),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_links_follow_each_change(
    client: TestClient,
    database: Database,
    change: Callable[[Session], None],
    expected: list[str],
) -> None:
    with database.session() as session:
        session.add(mission := factories.mission())
        for n, slug in enumerate(("first", "second")):
            session.add(article := factories.article(slug=slug))
            article.published_at = NOON + timedelta(hours=n)
            session.flush()
            session.add(ArticleTag(article_id=stored_id(article), tag="launch"))
            session.add(ArticleMission(article_id=stored_id(article), mission_id=mission.id))
    assert stale_links(database) == []
    with database.session() as session:
        change(session)
    assert stale_links(database) == []
    answer = client.get("/v1/articles?tag=launch&with_total=true")
    if not expected:
        assert answer.status_code == 422
        return
    listed = answer.json()
    assert [item["slug"] for item in listed["items"]] == expected
    assert listed["total"] == len(expected)


def test_link_of_article_that_another_transaction_moves(database: Database) -> None:
    if database.has_single_writer:
        pytest.skip("one transaction at a time")
    with database.session() as session:
        session.add(factories.article(slug="first", published_at=NOON))
    with database.session() as session:
        _add_tag(session)
        session.flush()
        with database.session() as other:
            _move(other)
    assert stale_links(database) == []


def test_links_can_be_rebuilt_after_raw_sql(archive: TestClient) -> None:
    database = database_of(archive)
    with database.session() as session:
        connection, reader = session.connection(), Reader.from_session(session)
        tagged = session.scalars(select(ArticleTag.article_id).distinct()).all()
        connection.execute(update(ArticleTag).values(language="xx"))
        assert find_stale_links(reader) == sorted(tagged)
        copy_to_links(session, tagged[1:])
        assert find_stale_links(reader) == [tagged[0]]
        rebuild_article_links(session)
        assert find_stale_links(reader) == []


FILTERS: list[dict[str, list[str]]] = [
    {"tag": ["launch"]},
    {"tag": ["launch", "docking", "history"]},
    {"tag": ["launch"], "tag_not": ["crew"]},
    {"tag": ["launch"], "tag_not": ["launch"]},
    {"tag": ["launch", "docking"], "language": ["ru"]},
    {"mission": ["iss-59"]},
    {"mission": ["iss-59", "iss-60", "expedition-59"]},
    {"mission": ["iss-59", "iss-60"], "tag": ["launch", "landing"]},
    {"person": ["peggy-whitson", "oleg-kononenko"], "language": ["en", "ru"]},
    {"person": ["oleg-kononenko"], "mission": ["iss-59"]},
    {"launch": ["soyuz-ms-10", "soyuz-ms-12"], "source_not": ["RT"]},
    {"launch": ["soyuz-ms-12"], "person": ["nick-hague"], "has_image": ["false"]},
    {"tag": ["launch"], "has_image": ["true"]},
    {"tag": ["launch"], "published_month": ["2019-03"]},
    {"tag": ["launch"], "updated_at_gte": ["2098-01-01"]},
    {"mission": ["iss-2"], "tag": ["anniversary"]},
    {"tag": ["spacewalk"], "launch": ["soyuz-ms-10"]},
]
FIELDS = {"mission": "missions", "person": "people", "launch": "launches"}


TESTS: dict[str, Callable[[dict[str, Any], list[str]], bool]] = {
    "tag": lambda article, values: bool(set(values) & set(article["tags"])),
    "tag_not": lambda article, values: not set(values) & set(article["tags"]),
    "language": lambda article, values: article["language"] in values,
    "has_image": lambda article, values: (article["image"] is not None) == (values == ["true"]),
    "published_month": lambda article, values: str(article["published_on"])[:7] in values,
    "updated_at_gte": lambda article, values: str(article["updated_at"]) >= values[0],
    "source_not": lambda article, values: article["source"]["name"] not in values,
}
"""Filters in Python, by the fields of the single article."""


def _matches(article: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    def matches(name: str, values: list[str]) -> bool:
        if name in TESTS:
            return TESTS[name](article, values)
        slugs = {"iss-59" if slug == "expedition-59" else slug for slug in values}
        return bool(slugs & {each["slug"] for each in article[FIELDS[name]]})

    return all(matches(name, values) for name, values in filters.items())


def _walk(client: TestClient, address: str, direction: str) -> list[dict[str, Any]]:
    items = []
    while address:
        page = client.get(address).raise_for_status().json()
        items += page["items"] if direction == "next" else page["items"][::-1]
        address = page[direction]
    return items


@pytest.fixture(scope="module")
def articles(archive_client: TestClient) -> dict[str, list[dict[str, Any]]]:
    """All articles, by sort order."""
    sorts = ("-published_at", "published_at", "title")
    return {
        sort: _walk(archive_client, f"/v1/articles?view=full&limit=100&sort={sort}", "next")
        for sort in sorts
    }


def _query_string(filters: dict[str, list[str]]) -> str:
    return "&".join(f"{name}={','.join(values)}" for name, values in filters.items())


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["-published_at", "published_at", "title"])
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_filtered_list_equals_filter_in_python(
    archive: TestClient,
    articles: dict[str, list[dict[str, Any]]],
    filters: dict[str, list[str]],
    sort: str,
) -> None:
    expected = [each["slug"] for each in articles[sort] if _matches(each, filters)]
    query = _query_string(filters)
    size = min(100, max(7, len(expected) // 5))
    address = f"/v1/articles?sort={sort}&limit={size}&with_total=true&{query}"
    listed = _walk(archive, address, "next")
    assert [item["slug"] for item in listed] == expected
    assert archive.get(address).json()["total"] == len(expected)
    if len(expected) > size:
        second = archive.get(archive.get(address).json()["next"]).json()
        back = _walk(archive, second["prev"], "prev")
        assert [item["slug"] for item in back] == expected[:size][::-1]
    if sort == "-published_at":
        languages = {each["language"] for each in articles[sort]}  # named: not folded
        query = _query_string({"language": sorted(languages)} | filters)
        feed = archive.get(f"/v1/articles/feed.json?limit=100&{query}").json()
        assert len(feed["items"]) == min(100, len(expected))


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kathmandu", "Pacific/Apia"])
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_filtered_calendar_equals_count_in_python(
    archive: TestClient,
    articles: dict[str, list[dict[str, Any]]],
    filters: dict[str, list[str]],
    zone: str,
) -> None:
    query = _query_string(filters)
    days = Counter(
        str(day)
        for each in articles["title"]
        if _matches(each, filters)
        and (day := _local_day(each, zone))
        and not ("published_month" in filters and str(day)[:7] not in filters["published_month"])
    )
    months = Counter(day[:7] for day in days.elements())
    address = f"/v1/articles/archive?tz={zone}&{query}"
    index = archive.get(address).json()
    assert {m["month"]: m["count"] for y in index["years"] for m in y["months"]} == months
    names = sorted(months)
    for month in {*names[:1], *names[len(names) // 2 :][:1], "2019-04"}:
        found = archive.get(f"{address}&month={month}").json()
        in_month = {day: count for day, count in days.items() if day.startswith(month)}
        assert {d["date"]: d["count"] for d in found["days"] if d["count"]} == in_month
        before, after = ([n for n in names if n < month], [n for n in names if n > month])
        assert (found["previous"] or {}).get("month") == (before[-1] if before else None)
        assert (found["next"] or {}).get("month") == (after[0] if after else None)
        assert (found["first_month"], found["last_month"]) == (
            (names[0], names[-1]) if names else (None, None)
        )


def _local_day(article: dict[str, Any], zone: str) -> date | None:
    at = datetime.fromisoformat(article["published_at"])
    return local_day(at, Precision(article["published_at_precision"]), ZoneInfo(zone))


def test_filters_in_python_match_some_articles(
    articles: dict[str, list[dict[str, Any]]],
) -> None:
    """Positive control."""
    numbers = [sum(_matches(each, filters) for each in articles["title"]) for filters in FILTERS]
    assert sum(number > 0 for number in numbers) >= len(FILTERS) - 7
    assert sum(number > 7 for number in numbers) >= 5
