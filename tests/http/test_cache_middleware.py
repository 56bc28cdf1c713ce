"""Cache middleware: ETag, 304, Cache-Control, Last-Modified and content codings."""

import gzip
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import time_machine
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Launch, Mission, MissionLaunch
from app.domain.enums import LaunchRelation, LaunchStatus
from app.http.compression import ContentCoding, negotiate_coding
from tests.support import factories

PATHS = [
    "/v1/missions/iss-59/page?month=2019-04",
    "/v1/missions?view=full",
    "/v1/missions/current",
    "/v1/people/christina-koch",
    "/v1/launches",
    "/v1/launches/archive?month=2019-04",
    "/v1/articles?limit=100",
    "/v1/articles/archive",
    "/v1/articles/feed.atom?limit=100",
    "/v1/articles/feed.rss",
    "/v1/articles/feed.json",
    "/v1/launches.ics",
    "/v1/missions/iss-59/calendar.ics",
    "/v1/crew-assignments",
    "/openapi.json",
    "/",
]


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_if_none_match_is_answered_with_304(archive: TestClient, path: str) -> None:
    first = archive.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    again = archive.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Length" not in again.headers
    assert again.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("coding", "decode"),
    [
        ("zstd", lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)),
        ("br", brotli.decompress),
        ("gzip", gzip.decompress),
    ],
)
def test_content_codings_decode_to_the_same_body(
    archive: TestClient, path: str, coding: str, decode: object
) -> None:
    plain = archive.get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    with archive.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert "Accept-Encoding" in answer.headers["Vary"]
    if len(plain.content) >= 500:
        assert answer.headers["Content-Encoding"] == coding
        assert len(body) < len(plain.content)
        assert decode(body) == plain.content  # type: ignore[operator]  # one of the three above
    assert answer.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, br, zstd", "zstd"),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("*", "zstd"),
        ("*;q=0", "identity"),
        ("zstd;q=0, *;q=0.5", "br"),
        ("identity, gzip;q=0.5", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("deflate", "identity"),
        ("GZIP", "gzip"),
        (";;;,,,=", "identity"),
    ],
)
def test_accept_encoding_selects_the_coding(header: str, coding: str) -> None:
    assert negotiate_coding(header) == coding


@given(header=st.text(max_size=60))
def test_accept_encoding_may_be_any_text(header: str) -> None:
    assert negotiate_coding(header) in ContentCoding


def test_etag_changes_with_the_content(client: TestClient, database: Database) -> None:
    """Including nested and time-dependent parts."""
    now = datetime(2030, 1, 1, tzinfo=UTC)
    with time_machine.travel(now, tick=False), database.session() as session:
        launch, person = factories.launch(slug="up", launch_at=now), factories.person(slug="p")
        session.add_all([launch, person, factories.mission(slug="iss-1")])
        session.flush()
        session.add(factories.flight(person, launch))
        launched = launch.id

    def tag(path: str, after: timedelta = timedelta()) -> str:
        with time_machine.travel(now + after, tick=False):
            return str(client.get(path).headers["ETag"])

    assert tag("/v1/people/p") == tag("/v1/people/p", timedelta(hours=23))
    assert tag("/v1/people/p") != tag("/v1/people/p", timedelta(hours=24))  # one more day aboard
    before = {path: tag(path) for path in ("/v1/people/p", "/v1/launches/up", "/v1/missions/iss-1")}
    with database.session() as session:
        session.add(factories.payload(session.get_one(Launch, launched), name="Soyuz MS-99"))
    after = {path: tag(path) for path in before}
    assert after["/v1/people/p"] != before["/v1/people/p"]  # it contains the launch's headline
    assert after["/v1/launches/up"] != before["/v1/launches/up"]
    assert after["/v1/missions/iss-1"] == before["/v1/missions/iss-1"]
    with database.session() as session:
        session.scalars(select(Mission)).one().summary = "Another."
    assert tag("/v1/missions/iss-1") != before["/v1/missions/iss-1"]


@pytest.mark.parametrize("path", PATHS)
def test_head_equals_get_without_body(archive: TestClient, path: str) -> None:
    get, head = archive.get(path), archive.head(path)
    assert (head.status_code, head.content) == (200, b"")
    changing = {"x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }
    assert archive.head("/v1/missions/nobody").status_code == 404
    assert archive.head("/v1/missions/nobody").content == b""


def test_last_modified_is_the_newest_change_shown(client: TestClient, database: Database) -> None:
    for day in (2, 5, 3):
        with (
            time_machine.travel(datetime(2030, 1, day, tzinfo=UTC), tick=False),
            database.session() as session,
        ):
            session.add(factories.article(slug=f"day-{day}"))
    listed = client.get("/v1/articles")
    assert listed.headers["Last-Modified"] == "Sat, 05 Jan 2030 00:00:00 GMT"
    article = client.get("/v1/articles/day-3")
    assert article.headers["Last-Modified"] == "Thu, 03 Jan 2030 00:00:00 GMT"
    changes = client.get("/v1/changes")
    assert changes.headers["Last-Modified"] == "Sat, 05 Jan 2030 00:00:00 GMT"
    assert "Last-Modified" not in client.get("/v1/articles?published_month=2001-01").headers


@pytest.mark.parametrize("path", ["/v1/missions/iss-1", "/v1/missions/iss-1/page"])
def test_last_modified_includes_nested_records(
    client: TestClient, database: Database, path: str
) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    with time_machine.travel(at, tick=False), database.session() as session:
        session.add(factories.mission(slug="iss-1"))
    assert client.get(path).headers["Last-Modified"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    with time_machine.travel(at + timedelta(days=1), tick=False), database.session() as session:
        mission, launch = session.scalars(select(Mission)).one(), factories.launch(slug="up")
        session.add(launch)
        session.flush()
        session.add(
            MissionLaunch(
                mission_id=mission.id, launch_id=launch.id, relation=LaunchRelation.CREW_ARRIVAL
            )
        )
    assert client.get(path).headers["Last-Modified"] == "Wed, 02 Jan 2030 00:00:00 GMT"


USUAL = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/v1/missions/iss-59", USUAL),
        ("/v1/launches", USUAL),
        ("/v1/articles/archive?month=2019-04", USUAL.replace("60", "86400", 1)),
        ("/v1/launches/archive?month=2019-04", USUAL.replace("60", "86400", 1)),
        ("/v1/articles/archive?month=2090-01", USUAL),
        ("/v1/articles/archive", USUAL),
        ("/v1/missions/nobody", "no-store"),
        ("/v1/missions?limit=0", "no-store"),
        ("/nowhere", "no-store"),
        ("/health/live", "no-store"),
        ("/health/ready", "no-store"),
    ],
)
def test_cache_control_of_responses(archive: TestClient, path: str, policy: str) -> None:
    answer = archive.get(path)
    assert answer.headers["Cache-Control"] == policy
    keyed = archive.get(path, headers={"Authorization": "Bearer x"})
    assert keyed.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("ahead", "age"),
    [
        (timedelta(days=2), 60),
        (timedelta(hours=1, seconds=30), 30),
        (timedelta(hours=1, seconds=3), 10),
        (timedelta(minutes=59), 10),
        (timedelta(), 10),
        (timedelta(minutes=-9), 10),
        (timedelta(minutes=-11), 60),
    ],
)
def test_max_age_is_short_near_a_launch(
    client: TestClient, database: Database, ahead: timedelta, age: int
) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    with database.session() as session:
        session.add(factories.mission(slug="iss-1"))
        session.add(factories.launch(slug="x", launch_at=now + ahead, status=LaunchStatus.PLANNED))
    paths = ["/v1/launches", "/v1/launches/x"]
    if ahead > timedelta():
        paths += ["/v1/launches/next", "/v1/missions/iss-1/page"]
    with time_machine.travel(now, tick=False):
        for path in paths:
            assert f"max-age={age}," in client.get(path).headers["Cache-Control"], path
