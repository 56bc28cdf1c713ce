"""Query plans with 100,000 articles: no list, page or calendar reads many of them."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from app.api.lists import record_counts
from app.api.slugs import set_slug
from app.db.database import Reader
from app.db.models import Article
from app.db.timeouts import disable_timeouts
from app.db.tracking.article_links import rebuild_article_links
from app.db.tracking.day_counts import COUNTS_OF_DAY, rebuild_day_counts
from app.domain.dates import ONE_DAY
from app.resources.articles.scheduling import get_next_publication_time, has_due_articles
from app.resources.articles.schemas import ArticleArchiveFilters, ArticleFilters, ArticleSort
from app.resources.changes.queries import get_oldest_pending_change_time
from app.resources.webhooks.queries import get_oldest_undelivered_change_time
from tests.support import factories
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase
from tests.support.query_costs import MAX_COST, find_cost, record_cost

pytestmark = pytest.mark.slow  # thousands of articles are inserted, for each database

ARTICLE_COUNT = 100_000
COLUMNS = {
    "slug": "'news-' || n",
    "title": "'News ' || n",
    "lead": "'A lead of some length.'",
    "body": "'A body.'",
    "body_html": "'<p>A body.</p>'",
    "language": "CASE n % 10 WHEN 0 THEN 'de' WHEN 1 THEN 'ru' ELSE 'en' END",
    "state": "'published'",
    "announced": "true",
    "published_at_precision": "'second'",
    "source_name": "'Source ' || (n % 50)",
    "source_slug": "'source-' || (n % 50)",
    "image_url": "CASE WHEN n % 1000 = 0 THEN 'https://example.org/' || n END",
    "translation_key": "'news-' || n",
    "reading_minutes": "1",
    "title_key": "'news ' || (n * 7919 % 100003)",
    "edited": "false",
    "version": "1",
}
DATES = ("published_at", "published_sort_at", "created_at", "updated_at")
INTERVAL_SECONDS = 8000
"""Seconds between two articles, from 1998 to 2024."""


LINKS = (
    ("article_missions", "mission_id", "missions"),
    ("article_people", "person_id", "people"),
    ("article_launches", "launch_id", "launches"),
)


def fill(connection: Connection) -> None:
    """Insert many articles by SQL, with a common and a rare record or tag of each kind."""
    columns = dict(COLUMNS)
    if connection.dialect.name == "sqlite":
        numbers = (
            f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT {ARTICLE_COUNT})"  # noqa: S608 - ours
        )
        numbers += " SELECT n FROM s"
        for name in DATES:
            moment = f"datetime(911520000 + n * {INTERVAL_SECONDS}, 'unixepoch')"
            columns[name] = f"{moment} || '.000000'"
    else:
        disable_timeouts(connection)
        numbers = f"SELECT n FROM generate_series(1, {ARTICLE_COUNT}) AS g(n)"  # noqa: S608 - ours
        for name in DATES:
            columns[name] = f"to_timestamp(911520000 + n * {INTERVAL_SECONDS})"
    names, values = ", ".join(columns), ", ".join(columns.values())
    connection.execute(
        text(f"INSERT INTO articles ({names}) SELECT {values} FROM ({numbers}) AS numbers")  # noqa: S608 - ours
    )
    statements = [
        "INSERT INTO article_tags (article_id, tag) SELECT id, 'tag-' || (id % 21) FROM articles",
        "INSERT INTO article_tags (article_id, tag) SELECT id, 'rare' FROM articles WHERE id = 70",
        "INSERT INTO changes (type, record_id, changed_at) "
        "SELECT 'article', id, updated_at FROM articles",
    ]
    for links, key, records in LINKS:
        for kind, where in (("rare", "a.id = 70"), ("common", "a.id % 11 = 0")):
            pairs = f"SELECT a.id, r.id FROM articles a, {records} r"  # noqa: S608 - ours
            pairs += f" WHERE {where} AND r.slug LIKE '%{kind}'"
            statements.append(f"INSERT INTO {links} (article_id, {key}) {pairs}")
    for statement in statements:
        connection.execute(text(statement))


@pytest.fixture(scope="module")
def large(create_database: CreateDatabase) -> Iterator[TestClient]:
    """Read-only client over many articles."""
    with open_client(create_database()) as client:
        with database_of(client).session() as session:
            for add in (factories.mission, factories.person, factories.launch):
                session.add_all(add(slug=f"{add.__name__}-{kind}") for kind in ("rare", "common"))
            session.flush()
            fill(session.connection())
            rebuild_article_links(session)
            rebuild_day_counts(session)
        with database_of(client).engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            if connection.dialect.name == "postgresql":  # as autovacuum does; SQLite has none
                autocommit.exec_driver_sql("ANALYZE")
        yield client


PATHS = [
    "/v1/articles?limit=20&published_at_lt=2001-04-04&language=ru",
    "/v1/articles?limit=20&published_at_lt=2001-04-04&source=source-7",
    "/v1/articles?limit=20&tag=tag-7&source=source-7",
    "/v1/articles?limit=20&tag=tag-7&updated_at_gte=2024-02-01",
    "/v1/articles?limit=20&tag=tag-7&mission=mission-rare",
    "/v1/articles/news-50000",
    "/v1/articles/news-70",
    "/v1/articles/feed.atom",
    "/v1/missions/mission-rare",
    "/v1/missions/mission-rare/page?month=2001-04",
    "/v1/missions/mission-rare/page",
    "/sitemap-articles-2001.xml",
]

FILTERS = {
    "published_month": ["2001-04"],
    "published_on": ["2001-04-04"],
    "published_at_gte": ["2001-04-04", "2020-04-04"],
    "published_at_lt": ["2001-04-04", "2020-04-04"],
    "q": ["nonesuch"],
    "tag": ["tag-7", "rare", "nonesuch", "tag-7,rare,tag-8"],
    "tag_not": ["tag-7", "rare"],
    "language": ["en", "ru", "en,ru", "fr"],
    "source": ["source-7", "source-7,source-8", "nonesuch"],
    "source_not": ["source-7"],
    "mission": ["mission-rare", "mission-common", "nonesuch"],
    "person": ["person-rare", "person-common", "nonesuch", "person-rare,person-common"],
    "launch": ["launch-rare", "launch-common", "nonesuch"],
    "has_image": ["true", "false"],
    "updated_at_gte": ["1999-01-01", "2024-02-01", "2025-01-01"],
    "tz": ["Asia/Kathmandu"],
}
"""Values of each filter: common, rare and without matches."""

UNKNOWN_NAME_PATTERN = re.compile("(?<!q)=nonesuch|language=fr")
"""Names that do not exist: to refuse them reads few articles too."""

QUERIES = [f"{name}={value}" for name, values in FILTERS.items() for value in values]
LISTS = [f"/v1/articles?limit=20&sort={s}&{q}" for s in ArticleSort for q in ["", *QUERIES]]
LISTS += [
    f"/v1/articles?limit=20&sort={sort}&tag=tag-7&{query}"
    for sort in ("published_at", "title")
    for query in QUERIES
    if not query.startswith("tag")
]
CALENDARS = [
    f"/v1/articles/archive?month=2001-04&{query}"
    for query in ["", *QUERIES]
    if query.partition("=")[0] != "published_on"
]
INDEXES = [
    f"/v1/articles/archive?{query}"
    for query in QUERIES
    if query.partition("=")[0] not in {"published_on", "language", "tz"}
]
"""Indexes of months that are not read from stored counts."""


def test_each_filter_has_values() -> None:
    """A filter without values would have no test of its plans."""
    assert FILTERS.keys() == ArticleFilters.model_fields.keys()
    assert FILTERS.keys() - {"published_on"} == ArticleArchiveFilters.model_fields.keys()


def _status(path: str) -> int:
    return 422 if UNKNOWN_NAME_PATTERN.search(path) else 200


def test_tags_read_at_most_a_thousand_articles_each(large: TestClient) -> None:
    cost, steps_per_article = find_cost(large, "/v1/tags", 200), 3
    tags = large.get("/v1/tags").json()["items"]
    assert any(tag["count_is_minimum"] for tag in tags)
    assert cost < steps_per_article * 1_001 * len(tags)


@pytest.mark.parametrize("path", [*PATHS, *LISTS, *CALENDARS])
def test_response_reads_few_articles(large: TestClient, path: str) -> None:
    """The same holds for the next page."""
    assert find_cost(large, path, _status(path)) < MAX_COST


@pytest.mark.parametrize("path", INDEXES)
def test_index_of_months_reads_few_articles(
    large: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 500)
    assert find_cost(large, path, _status(path)) < MAX_COST


@pytest.mark.parametrize(
    "query",
    [
        has_due_articles,
        get_next_publication_time,
        get_oldest_pending_change_time,
        get_oldest_undelivered_change_time,
    ],
)
def test_periodic_query_reads_few_rows(
    large: TestClient, query: Callable[[Reader], object]
) -> None:
    with record_cost(large) as cost, database_of(large).snapshot() as reader:
        query(reader)
    assert cost.maximum() < MAX_COST / 10


@pytest.mark.parametrize("language", ["de", "en"])
def test_recount_of_a_day_reads_few_articles(large: TestClient, language: str) -> None:
    day = datetime(2011, 4, 12, tzinfo=UTC)
    with record_cost(large) as cost, database_of(large).snapshot() as reader:
        assert reader.all(COUNTS_OF_DAY, start=day, end=day + ONE_DAY, language=language)
    assert cost.maximum() < MAX_COST / 10


def test_free_slug_is_found_among_few(large: TestClient) -> None:
    article = Article()
    with record_cost(large) as cost, database_of(large).session() as session:
        set_slug(session, article, None, "News 100000")
    assert article.slug == "news-100000-2"
    assert cost.maximum() < MAX_COST / 10


def test_index_by_image_reads_many_articles(
    large: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: no index has the articles without an image.

    So the articles that an index of months counts are limited.
    """
    path = "/v1/articles/archive?has_image=false&tz="
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 1_000_000)
    assert find_cost(large, f"{path}Europe/London") > MAX_COST
    monkeypatch.setattr(record_counts, "MAX_COUNTED_ROWS", 500)
    assert find_cost(large, f"{path}UTC") < MAX_COST


@pytest.mark.parametrize("parameters", ["month=2019-04", "month=2019-04&language=ru", ""])
def test_calendar_takes_one_statement(
    archive: TestClient, statements: list[str], parameters: str
) -> None:
    archive.get(f"/v1/articles/archive?{parameters}")
    assert len([s for s in statements if s.startswith("SELECT")]) == 1


def test_mission_page_takes_at_most_twelve_statements(
    archive: TestClient, statements: list[str]
) -> None:
    archive.get("/v1/missions/iss-59/page?month=2019-04")
    assert len(statements) <= 12
    del statements[:]
    archive.get("/v1/missions/current/page")
    assert len(statements) <= 12
