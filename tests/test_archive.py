"""Archives: days, totals and lists agree."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from app.api.lists import record_counts
from app.api.lists.day_counts import ArchiveIndex, ArchiveMonth
from app.db.database import Database, Reader
from app.db.models import Article
from app.domain.dates import PRECISIONS_WITH_TIME, Precision, add_months, local_day, period_start
from app.resources.articles.queries import get_article_archive, list_articles
from app.resources.articles.schemas import ArticleArchiveQuery, ArticleQuery
from tests.support import factories
from tests.support.clients import database_of

ZONES = ["UTC", "Europe/Moscow", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]
HOSTILE = [
    *ZONES,
    "America/Havana",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
]


def query_of(url: str) -> ArticleQuery:
    """Query of the list at `url`, with its total."""
    given = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    lists = {"language", "tag"}
    return ArticleQuery.model_validate(
        {k: [v] if k in lists else v for k, v in given.items()} | {"with_total": True, "limit": 100}
    )


def calendar(reader: Reader, month: date, zone: str, **filters: Any) -> ArchiveMonth:
    found = get_article_archive(
        reader, ArticleArchiveQuery(month=month, tz=ZoneInfo(zone), **filters)
    )
    assert isinstance(found, ArchiveMonth)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_month_counts_equal_day_lists(archive: TestClient, zone: str) -> None:
    month, months, articles = date(1998, 11, 1), 0, 0
    with database_of(archive).snapshot() as reader:
        while month <= date(2026, 11, 1):
            found = calendar(reader, month, zone)
            listed = list_articles(
                reader,
                ArticleQuery(published_month=month, tz=ZoneInfo(zone), with_total=True, limit=1),
            )
            assert sum(day.count for day in found.days) == found.total == listed.total
            assert found.days[0].date == month
            assert len(found.days) == (add_months(month, 1) - month).days
            for day in found.days:
                if day.count:
                    assert list_articles(reader, query_of(day.url)).total == day.count
            articles += found.total
            month, months = add_months(month, 1), months + 1
    assert months == 337
    assert articles > 900


@pytest.mark.slow
@pytest.mark.parametrize("month", ["2019-04", "2000-10", "2011-12", "2025-11"])
@pytest.mark.parametrize("zone", ZONES)
def test_day_urls_list_counted_records(archive: TestClient, month: str, zone: str) -> None:
    found = archive.get(f"/v1/articles/archive?month={month}&tz={zone}").json()
    for day in found["days"]:
        listed = archive.get(day["url"] + "&limit=100").json()
        assert len(listed["items"]) == day["count"]
        assert day["weekday"] == date.fromisoformat(day["date"]).isoweekday()


@pytest.mark.slow
@pytest.mark.parametrize(
    "filters", ["language=ru", "tag=launch", "tag=landing,expedition", "q=soyuz", "mission=iss-59"]
)
def test_archive_applies_each_filter(archive: TestClient, filters: str) -> None:
    found = archive.get(f"/v1/articles/archive?month=2019-03&{filters}").json()
    listed = archive.get(f"/v1/articles?published_month=2019-03&with_total=true&{filters}").json()
    assert 0 < found["total"] == listed["total"] < 30
    for day in found["days"]:
        assert archive.get(day["url"] + "&with_total=true").json()["total"] == day["count"]


def test_archive_rejects_day_filter(archive: TestClient) -> None:
    """The URLs of other days would contradict the filter."""
    for address in ("articles/archive?published_on", "launches/archive?launch_on"):
        assert archive.get(f"/v1/{address}=2019-04-04&month=2019-04").status_code == 422
    found = archive.get("/v1/articles/archive?month=2019-04&published_month=2019-03").json()
    assert found["total"] == 0
    for day in found["days"]:
        assert archive.get(day["url"]).json()["items"] == []


def instants(zone: str) -> st.SearchStrategy[datetime]:
    """Instants near midnights and clock changes of `zone`, in some years."""
    days = st.dates(date(2009, 3, 1), date(2012, 4, 1))
    seconds = st.sampled_from([-7200, -3600, -1, 0, 1, 3599, 3600, 7200]) | st.integers(-9999, 9999)

    def near(day: date, offset: int) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        return midnight.astimezone(UTC) + timedelta(seconds=offset)

    return st.builds(near, days, seconds)


def _last(months: list[date]) -> str | None:
    return f"{months[-1]:%Y-%m}" if months else None


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(zone=st.sampled_from(HOSTILE), data=st.data())
def test_article_is_counted_once_in_any_zone(
    client: TestClient, database: Database, zone: str, data: Any
) -> None:
    """Compared with a model in Python: each article with a known day is on that day only."""
    with database.session() as session:
        session.execute(delete(Article))
        drawn = data.draw(
            st.lists(st.tuples(instants(zone), st.sampled_from(list(Precision))), max_size=12)
        )
        for at, precision in drawn:
            session.add(
                factories.article(
                    published_at=period_start(at, precision), published_at_precision=precision
                )
            )
    own = (local_day(period_start(at, p), p, ZoneInfo(zone)) for at, p in drawn)
    expected = Counter(day for day in own if day)
    with database.snapshot() as reader:
        for month in {day.replace(day=1) for day in expected} | {date(2011, 12, 1)}:
            found = calendar(reader, month, zone)
            counted = {day.date: day.count for day in found.days if day.count}
            assert counted == {d: n for d, n in expected.items() if d.replace(day=1) == month}
            # Whatever is put on a wrong day is put on the one beside it.
            beside = {day + timedelta(n) for day in expected for n in (-1, 0, 1)}
            for day in found.days:
                if day.date in beside:
                    assert list_articles(reader, query_of(day.url)).total == day.count
            months = sorted({day.replace(day=1) for day in expected})
            named = [f"{m:%Y-%m}" for m in months]
            assert found.first_month == (named[0] if named else None)
            assert found.last_month == (named[-1] if named else None)
            before = [m for m in months if m < month]
            after = [m for m in months if m > month]
            assert (found.previous and found.previous.month) == (
                (before and f"{before[-1]:%Y-%m}") or None
            )
            assert (found.next and found.next.month) == ((after and f"{after[0]:%Y-%m}") or None)
        index = get_article_archive(reader, ArticleArchiveQuery(tz=ZoneInfo(zone)))
    assert isinstance(index, ArchiveIndex)
    monthly = Counter(f"{day:%Y-%m}" for day in expected.elements())
    assert {m.month: m.count for year in index.years for m in year.months} == monthly


def test_omitted_day_of_zone_is_empty(client: TestClient, database: Database) -> None:
    """30 December 2011 does not exist in Samoa; articles dated by that day are counted."""
    gone = datetime(2011, 12, 30, tzinfo=UTC)
    with database.session() as session:
        session.add_all(
            factories.article(published_at=gone + timedelta(hours=n)) for n in range(24)
        )
        session.add(factories.article(published_at=gone, published_at_precision=Precision.DAY))
    days = client.get("/v1/articles/archive?month=2011-12&tz=Pacific/Apia").json()["days"]
    counts = {day["date"]: day["count"] for day in days if day["count"]}
    assert counts == {"2011-12-29": 10, "2011-12-30": 1, "2011-12-31": 14}


def test_imprecise_dates_are_not_counted_but_filterable(
    client: TestClient, database: Database
) -> None:
    vague = {"published_at": datetime(2019, 4, 1, tzinfo=UTC)}
    with database.session() as session:
        for precision in Precision:
            at = period_start(vague["published_at"], precision)
            session.add(
                factories.article(slug=precision, published_at=at, published_at_precision=precision)
            )
    found = client.get("/v1/articles/archive?month=2019-04&tz=UTC").json()
    assert found["total"] == 4
    assert found["days"][0]["count"] == 4
    index = client.get("/v1/articles/archive?tz=UTC").json()
    assert index["total"] == 4
    listed = client.get("/v1/articles?published_at_gte=2019-06-30&tz=UTC&sort=published_at").json()
    assert [item["slug"] for item in listed["items"]] == ["quarter", "year"]
    listed = client.get("/v1/articles?published_at_lt=2019-01-02&tz=UTC").json()
    assert [item["slug"] for item in listed["items"]] == ["year"]


def test_index_equals_months(archive: TestClient) -> None:
    index = archive.get("/v1/articles/archive?language=en").json()
    assert index["total"] == sum(year["count"] for year in index["years"])
    assert index["years"][0]["year"] == 1998
    for year in index["years"][::7]:
        assert year["count"] == sum(month["count"] for month in year["months"])
        for month in year["months"]:
            assert archive.get(month["url"]).json()["total"] == month["count"]


def test_empty_archive_has_zero_counts(client: TestClient) -> None:
    found = client.get("/v1/articles/archive?month=2020-02").json()
    assert len(found["days"]) == 29
    assert found["total"] == 0
    assert found["previous"] is found["next"] is found["first_month"] is found["last_month"] is None
    index = client.get("/v1/articles/archive").json()
    assert index == {
        "time_zone": "Europe/Moscow",
        "total": 0,
        "first_month": None,
        "last_month": None,
        "previous": None,
        "years": [],
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "articles/archive?tag_not=industry",
        "articles/archive?tag_not=industry&tz=Asia/Kathmandu&published_at_gte=2005-06-11",
        "articles/archive?tag=launch,docking",
        "launches/archive?tz=America/New_York",
    ],
    ids=["articles", "range", "tags", "launches"],
)
@pytest.mark.parametrize("rows", [1, 70])
def test_long_index_is_paged(
    archive: TestClient, monkeypatch: pytest.MonkeyPatch, path: str, rows: int
) -> None:
    """Each page has whole months, and the pages have all months of the index in one."""

    def counts(index: dict[str, Any]) -> dict[str, int]:
        return {month["month"]: month["count"] for y in index["years"] for month in y["months"]}

    whole = archive.get(f"/v1/{path}").json()
    assert whole["previous"] is None
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", rows)
    page = archive.get(f"/v1/{path}&month_lt=2030-01").json()
    pages = [page]
    while page["previous"]:
        page = archive.get(page["previous"]).json()
        pages.append(page)
    assert len(pages) > 3
    assert max(page["total"] for page in pages) <= max(rows, *counts(whole).values())
    found = [month for page in reversed(pages) for month in counts(page).items()]
    assert found == list(counts(whole).items())


def test_index_before_a_month(archive: TestClient) -> None:
    index = archive.get("/v1/articles/archive?month_lt=1999-01&tz=Asia/Kolkata").json()
    assert (index["first_month"], index["last_month"]) == ("1998-11", "1998-12")
    refused = archive.get("/v1/articles/archive?month_lt=1999-01&month=1998-12")
    assert refused.status_code == 422
    assert "`month_lt` is for an index of months" in refused.json()["errors"][0]["detail"]
    refused = archive.get("/v1/articles/archive?month_lt=1999-01&month=1998-12&lang=ru")
    assert "`month_lt` — для перечня месяцев" in refused.json()["errors"][0]["detail"]


def test_month_neighbours_have_records(archive: TestClient) -> None:
    found = archive.get("/v1/articles/archive?month=1990-01").json()
    assert found["previous"] is None
    assert found["next"]["month"] == found["first_month"] == "1998-11"
    following = archive.get(found["next"]["url"]).json()
    assert following["month"] == "1998-11"
    assert following["total"] > 0


def test_month_path_redirects_to_query(archive: TestClient) -> None:
    for typed in ("2019/04", "2019/4"):
        answer = archive.get(f"/v1/articles/archive/{typed}")
        assert answer.status_code == 308
        assert answer.headers["Location"].endswith("/v1/articles/archive?month=2019-04")
    answer = archive.get("/v1/articles/archive/2019/04?tz=UTC&language=ru")
    assert answer.headers["Location"].endswith("?month=2019-04&language=ru&tz=UTC")


def test_launch_archive(archive: TestClient) -> None:
    found = archive.get("/v1/launches/archive?month=2019-04&tz=UTC").json()
    assert {day["date"]: day["count"] for day in found["days"] if day["count"]} == {
        "2019-04-04": 1,
        "2019-04-17": 1,
    }
    for day in found["days"]:
        assert len(archive.get(day["url"]).json()["items"]) == day["count"]
    assert archive.get("/v1/launches/archive").json()["total"] == 309


@example(precision=Precision.DAY)
@given(precision=st.sampled_from(list(Precision)))
def test_day_precision_is_independent_of_zone(precision: Precision) -> None:
    at = period_start(datetime(2021, 6, 29, 23, 27, 20, tzinfo=UTC), precision)
    days = {local_day(at, precision, ZoneInfo(zone)) for zone in ZONES}
    assert (len(days) > 1) == (precision in PRECISIONS_WITH_TIME)


def test_date_conditions_equal_archive_counts(archive: TestClient) -> None:
    """Independent count in Python: lists and archive could share a mistake."""
    zone = ZoneInfo("America/New_York")
    with database_of(archive).snapshot() as reader:
        rows = reader.all(select(Article.published_at, Article.published_at_precision))
        days = [local_day(row["published_at"], row["published_at_precision"], zone) for row in rows]
        expected = sum(1 for day in days if day and f"{day:%Y-%m}" == "2021-06")
        month = ArticleQuery(published_month=date(2021, 6, 1), tz=zone, with_total=True)
        assert list_articles(reader, month).total == expected > 0
