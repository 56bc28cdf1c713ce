"""Order of vague dates: everything in a period comes before the period itself."""

import functools
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Article, ArticleLaunch, ArticleMission, Launch, Mission, MissionLaunch
from app.domain.dates import (
    MAX_INSTANT,
    ONE_SECOND,
    Precision,
    period_bounds,
    period_start,
    sort_instant,
    sort_position,
)
from app.domain.enums import LaunchStatus
from tests.support import factories
from tests.support.calendars import get_events
from tests.support.clients import database_of

NOW = datetime(2030, 6, 15, tzinfo=UTC)
LIFTOFF = datetime(2030, 12, 5, 10, tzinfo=UTC)

# --- The sort key -------------------------------------------------------------------------------

INSTANTS = st.one_of(
    st.integers(0, 3 * 366 * 86400).map(
        lambda n: datetime(2019, 1, 1, tzinfo=UTC) + n * ONE_SECOND
    ),
    st.sampled_from(
        [
            datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC),
            datetime(2019, 12, 31, 23, 59, tzinfo=UTC),
            datetime(2020, 1, 1, tzinfo=UTC),
            datetime(2020, 2, 29, 12, 30, 30, tzinfo=UTC),
        ]
    ),
)
DATES = st.tuples(INSTANTS, st.sampled_from(Precision))

Date = tuple[datetime, Precision]


def compare(one: Date, other: Date) -> int:
    """Reference order: a period that contains the other is later; others are in order of time."""
    (start, end), (other_start, other_end) = period_bounds(*one), period_bounds(*other)
    if (start, end) == (other_start, other_end):
        return 0
    if start <= other_start and other_end <= end:
        return 1
    if other_start <= start and end <= other_end:
        return -1
    return -1 if start < other_start else 1


@given(DATES, DATES)
def test_sort_keys_are_in_the_reference_order(one: Date, other: Date) -> None:
    expected = compare(one, other)
    keys = sort_instant(*one), sort_instant(*other)
    assert (keys[0] > keys[1]) - (keys[0] < keys[1]) == expected
    positions = [sort_position(key) for key in keys]
    assert (positions[0] > positions[1]) - (positions[0] < positions[1]) == expected


@given(DATES, INSTANTS)
def test_sort_key_is_at_or_after_a_second_before_the_end(date: Date, second: datetime) -> None:
    assert (sort_instant(*date) >= second) == (period_bounds(*date)[1] > second)


@pytest.mark.parametrize("precision", Precision)
def test_sort_key_of_the_last_period_is_a_stored_instant(precision: Precision) -> None:
    assert sort_instant(MAX_INSTANT - ONE_SECOND, precision) < MAX_INSTANT


# --- Lists ----------------------------------------------------------------------------------------


def walk(client: TestClient, address: str, link: str = "next") -> list[str]:
    """Slugs of all pages from `address` on, in reading order."""
    slugs: list[str] = []
    following: str | None = address
    while following:
        page = client.get(following).raise_for_status().json()
        items = page["items"] if link == "next" else page["items"][::-1]
        slugs += [item["slug"] for item in items]
        following = page[link]
    return slugs


def last_page(client: TestClient, address: str) -> str:
    """Address of the last page."""
    while following := client.get(address).json()["next"]:
        address = following
    return address


def save(database: Database, model: type[Article] | type[Launch], dates: Sequence[Date]) -> None:
    """Replace all records by one of each date: `r-0`, `r-1` … in the order of their ids."""
    with database.session() as session:
        session.execute(delete(model))
        for n, (at, precision) in enumerate(dates):
            if model is Article:
                columns: dict[str, Any] = {"published_at": at, "published_at_precision": precision}
                session.add(factories.article(slug=f"r-{n}", **columns))
            else:
                columns = {"launch_at": at, "launch_at_precision": precision}
                session.add(factories.launch(slug=f"r-{n}", **columns))
            session.flush()


def sorted_slugs(dates: Sequence[Date]) -> list[str]:
    def compare_numbers(one: int, other: int) -> int:
        return compare(dates[one], dates[other]) or one - other

    order = sorted(range(len(dates)), key=functools.cmp_to_key(compare_numbers))
    return [f"r-{n}" for n in order]


ALL_PRECISIONS = [(datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), each) for each in Precision]

with_database = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "field"),
    [(Article, "published_at"), (Launch, "launch_at")],
    ids=["articles", "launches"],
)
@with_database
@example(dates=ALL_PRECISIONS[::-1] * 2, limit=2, second=ALL_PRECISIONS[0][0])
@given(
    dates=st.lists(DATES, min_size=1, max_size=10),
    limit=st.integers(1, 4),
    second=INSTANTS.map(lambda at: at.replace(microsecond=500_000)),
)
def test_pages_are_in_the_reference_order(
    client: TestClient,
    database: Database,
    model: type[Article] | type[Launch],
    field: str,
    dates: list[Date],
    limit: int,
    second: datetime,
) -> None:
    """In both directions, forwards and backwards, and for both ends of a range."""
    save(database, model, dates)
    expected = sorted_slugs(dates)
    address = f"/v1/{model.__tablename__}?limit={limit}&sort="
    assert walk(client, f"{address}{field}") == expected
    assert walk(client, f"{address}-{field}") == expected[::-1]
    assert walk(client, last_page(client, f"{address}{field}"), "prev") == expected[::-1]

    bounds = {f"r-{n}": period_bounds(*date) for n, date in enumerate(dates)}
    bound = second.isoformat().replace("+00:00", "Z")
    later = [slug for slug in expected if bounds[slug][1] > second]
    assert walk(client, f"{address}{field}&{field}_gte={bound}") == later
    earlier = [slug for slug in expected if bounds[slug][0] < second]
    assert walk(client, f"{address}-{field}&{field}_lt={bound}") == earlier[::-1]


def test_neighbours_of_articles_follow_the_list(client: TestClient, database: Database) -> None:
    save(database, Article, ALL_PRECISIONS)
    articles = [client.get(f"/v1/articles/{slug}").json() for slug in sorted_slugs(ALL_PRECISIONS)]
    for article, following in pairwise(articles):
        assert article["next"]["slug"] == following["slug"]
        assert following["previous"]["slug"] == article["slug"]
    assert articles[0]["previous"] is articles[-1]["next"] is None


def test_search_results_are_in_the_order_of_the_list(
    client: TestClient, database: Database
) -> None:
    """The dates contain the present: each of them has begun, and none but the second has ended."""
    save(database, Article, ALL_PRECISIONS)
    expected = sorted_slugs(ALL_PRECISIONS)[::-1]
    with time_machine.travel(ALL_PRECISIONS[0][0], tick=False):
        assert walk(client, "/v1/search?q=article&limit=2") == expected
        assert walk(client, "/v1/articles?q=article&limit=2") == expected
    with time_machine.travel(ALL_PRECISIONS[0][0] - ONE_SECOND, tick=False):
        not_begun = {"r-0"}  # the second alone
        assert walk(client, "/v1/search?q=article") == [s for s in expected if s not in not_begun]


# --- Everywhere else ------------------------------------------------------------------------------


@pytest.fixture
def plans(client: TestClient, database: Database) -> TestClient:
    """Client over a mission with two planned launches: `vague` in 2030, `exact` at `LIFTOFF`."""
    with database.session() as session:
        mission = factories.mission(
            slug="iss-99", number=99, starts_at=datetime(2030, 3, 1, tzinfo=UTC), ends_at=None,
            ends_at_precision=None,
        )  # fmt: skip
        person, article = factories.person(slug="ada"), factories.article(slug="plans")
        vague = factories.launch(
            slug="vague", launch_at=datetime(2030, 1, 1, tzinfo=UTC),
            launch_at_precision=Precision.YEAR, status=LaunchStatus.PLANNED,
        )  # fmt: skip
        exact = factories.launch(
            slug="exact", launch_at=LIFTOFF, launch_at_precision=Precision.MINUTE,
            status=LaunchStatus.PLANNED,
        )  # fmt: skip
        session.add_all([mission, person, article, exact])
        session.flush()
        session.add(vague)
        session.flush()
        session.add(ArticleMission(article_id=article.id, mission_id=mission.id))
        for launch in (exact, vague):
            session.add(factories.payload(launch, name=f"Kestrel {launch.slug}"))
            session.add(factories.flight(person, launch))
            session.add(ArticleLaunch(article_id=article.id, launch_id=launch.id))
            session.add(
                MissionLaunch(mission_id=mission.id, launch_id=launch.id, relation="crew_arrival")
            )
    return client


@pytest.mark.parametrize(
    ("address", "pick", "expected"),
    [
        ("/v1/launches", lambda body: body["items"], ["vague", "exact"]),
        ("/v1/launches?sort=launch_at", lambda body: body["items"], ["exact", "vague"]),
        ("/v1/launches/next", lambda body: [body], ["exact"]),
        ("/v1/missions/iss-99", lambda body: body["launches"], ["vague", "exact"]),
        ("/v1/missions/current/page", lambda body: [body["launches"]["next"]], ["exact"]),
        ("/v1/missions/iss-99/page", lambda body: body["launches"]["recent"], ["vague", "exact"]),
        ("/v1/people/ada", lambda body: body["flights"], ["vague", "exact"]),
        ("/v1/articles/plans", lambda body: body["launches"], ["exact", "vague"]),
        ("/v1/search?q=kestrel", lambda body: body["items"], ["vague", "exact"]),
    ],
)
def test_vague_launch_is_after_exact_launch(
    plans: TestClient, address: str, pick: Any, expected: list[str]
) -> None:
    with time_machine.travel(NOW, tick=False):
        found = pick(plans.get(address).raise_for_status().json())
    assert [item.get("launch", item)["slug"] for item in found] == expected


@pytest.mark.parametrize(
    ("path", "slugs"), [("/", ["exact"]), ("/missions/iss-99", ["exact", "vague"])]
)
def test_next_launch_of_html_page_is_the_exact_one(
    plans: TestClient, path: str, slugs: list[str]
) -> None:
    with time_machine.travel(NOW, tick=False):
        page = plans.get(path, headers={"Accept": "text/html"}).raise_for_status().text
    assert re.findall(r'href="/launches/(\w+)', page) == slugs


@pytest.mark.parametrize("address", ["/v1/launches.ics", "/v1/missions/iss-99/calendar.ics"])
def test_calendar_events_are_newest_first(plans: TestClient, address: str) -> None:
    with time_machine.travel(NOW, tick=False):
        paths = [urlsplit(str(each["URL"])).path for each in get_events(plans, address)]
    launches = [path.rpartition("/")[2] for path in paths if "/launches/" in path]
    assert launches == ["vague", "exact"]


@pytest.mark.parametrize(
    ("moment", "slug"),
    [
        (LIFTOFF, "exact"),
        (LIFTOFF + timedelta(seconds=59), "exact"),
        (LIFTOFF + timedelta(hours=24, seconds=59), "exact"),
        (LIFTOFF + timedelta(hours=24, minutes=1), "vague"),
        (datetime(2031, 1, 1, 23, 59, 59, tzinfo=UTC), "vague"),
        (datetime(2031, 1, 2, tzinfo=UTC), None),
    ],
)
def test_vague_launch_is_next_until_a_day_after_its_period(
    plans: TestClient, moment: datetime, slug: str | None
) -> None:
    with time_machine.travel(moment, tick=False):
        assert plans.get("/v1/launches/next").json().get("slug") == slug


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_feeds_are_in_the_order_of_the_list(
    client: TestClient, database: Database, form: str
) -> None:
    save(database, Article, ALL_PRECISIONS)
    feed = client.get(f"/v1/articles/feed.{form}").raise_for_status().text
    slugs = re.findall(r"/v1/articles/(r-\d)\b", feed)
    assert list(dict.fromkeys(slugs)) == sorted_slugs(ALL_PRECISIONS)[::-1]


def test_lead_article_is_the_last_of_the_list(plans: TestClient, database: Database) -> None:
    with database.session() as session:
        (mission,) = session.scalars(select(Mission))
        for slug, precision in (("of-the-month", Precision.MONTH), ("of-a-day", Precision.DAY)):
            at = period_start(datetime(2030, 5, 20, tzinfo=UTC), precision)
            article = factories.article(
                slug=slug, published_at=at, published_at_precision=precision
            )
            session.add(article)
            session.flush()
            session.add(ArticleMission(article_id=article.id, mission_id=mission.id))
    with time_machine.travel(NOW, tick=False):
        page = plans.get("/v1/missions/iss-99/page").json()
    assert page["lead_article"]["slug"] == "of-the-month"
    assert [each["slug"] for each in page["articles"]] == ["of-a-day", "plans"]


@pytest.mark.parametrize(
    ("moment", "slug"), [(datetime(2030, 2, 28, tzinfo=UTC), "iss-1"), (NOW, "iss-4")]
)
def test_current_mission_is_the_last_in_order(
    client: TestClient, database: Database, moment: datetime, slug: str
) -> None:
    """A mission with the start "2030-03" is later than one that starts on 5 March 2030."""
    open_end = {"ends_at": None, "ends_at_precision": None}
    with database.session() as session:
        for number, at, precision in (
            (1, datetime(2029, 9, 1, tzinfo=UTC), Precision.DAY),
            (3, datetime(2030, 3, 5, tzinfo=UTC), Precision.DAY),
            (4, datetime(2030, 3, 1, tzinfo=UTC), Precision.MONTH),
        ):
            dates = {"starts_at": at, "starts_at_precision": precision, **open_end}
            session.add(factories.mission(slug=f"iss-{number}", number=number, **dates))
    with time_machine.travel(moment, tick=False):
        answer = client.get("/v1/missions/current")
    assert answer.json()["slug"] == slug


# --- Storage --------------------------------------------------------------------------------------


def test_sort_keys_of_the_archive_are_computed(archive: TestClient) -> None:
    with database_of(archive).session() as session:
        dates = [
            *session.execute(
                select(Launch.launch_at, Launch.launch_at_precision, Launch.launch_sort_at)
            ),
            *session.execute(
                select(
                    Article.published_at, Article.published_at_precision, Article.published_sort_at
                )
            ),
            *session.execute(
                select(Mission.starts_at, Mission.starts_at_precision, Mission.starts_sort_at)
            ),
        ]
    assert {precision for _, precision, _ in dates} >= {Precision.SECOND, Precision.DAY}
    for at, precision, sort_at in dates:
        assert sort_at == sort_instant(at, precision)


@pytest.mark.parametrize(
    ("path", "index"),
    [
        # PostgreSQL knows that few launches are ahead, and reads them by either index.
        ("/v1/launches/next", r"ix_launches_(status_)?launch_sort_at_id"),
        ("/v1/launches?limit=2", "ix_launches_launch_sort_at_id"),
        ("/v1/launches?limit=2&to_station=true", "ix_launches_launch_sort_at_id"),
        (
            "/v1/launches?limit=2&status=planned&to_station=true",
            "ix_launches_status_launch_sort_at_id",
        ),
        (
            "/v1/launches?limit=2&sort=launch_at&launch_at_gte=2019-01-01",
            "ix_launches_launch_sort_at_id",
        ),
    ],
)
def test_launches_are_read_in_the_order_of_an_index(
    archive: TestClient, path: str, index: str
) -> None:
    engine = database_of(archive).engine

    run: list[tuple[str, Any]] = []

    def record(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "launch_sort_at" in statement:
            run.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", record)
    try:
        archive.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", record)
    ((statement, parameters),) = run
    with engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if engine.dialect.name == "postgresql":
            explain = "EXPLAIN"
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # 309 launches are few
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    assert re.search(index, plan), plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan.partition("CORRELATED")[0], plan
    assert "Sort" not in plan.partition("SubPlan")[0], plan
