"""Event streams: number per address, duration, resumption."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2 as httpx
import pytest
from alembic import command

from app.resources.write_steps import build_database
from tests.support import factories
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.servers import run_server, wait_for

LIMIT = 3
ADDRESS, OTHER_ADDRESS = "203.0.113.5", "203.0.113.6"


@pytest.fixture
def url(create_database: CreateDatabase) -> str:
    url = create_database()
    command.upgrade(alembic_config(url), "head")
    return url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """Client of a service that allows three streams per address."""
    with (
        run_server(url, streams_per_address=LIMIT, trusted_proxies="127.0.0.1") as origin,
        httpx.Client(base_url=origin, timeout=30) as client,
    ):
        yield client


@pytest.mark.slow
def test_streams_of_an_address_are_limited(client: httpx.Client) -> None:
    def open_stream(streams: ExitStack, address: str) -> httpx.Response:
        headers = {"X-Forwarded-For": address}
        return streams.enter_context(client.stream("GET", "/v1/events", headers=headers))

    def count_streams() -> float:
        lines = client.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("zarya_event_s"))

    with ExitStack() as others:
        with ExitStack() as streams:
            statuses = [open_stream(streams, ADDRESS).status_code for _ in range(LIMIT)]
            assert statuses == [200] * LIMIT
            refused = open_stream(streams, ADDRESS)
            refused.read()
            assert refused.status_code == refused.json()["status"] == 429
            assert refused.headers["Retry-After"] == "60"
            assert "3 event streams" in refused.json()["detail"]
            assert open_stream(others, OTHER_ADDRESS).status_code == 200
            for _ in range(2 * LIMIT):  # loopback is not limited
                assert others.enter_context(client.stream("GET", "/v1/events")).status_code == 200
            head = client.head("/v1/events", headers={"X-Forwarded-For": ADDRESS})
            assert head.status_code == 429
            assert count_streams() == LIMIT + 1 + 2 * LIMIT
        # Positive control: a stream that has ended is not counted.
        wait_for(lambda: count_streams() == 1 + 2 * LIMIT, 20)
        assert open_stream(others, ADDRESS).status_code == 200
    wait_for(lambda: count_streams() == 0, 20)


def read_events(
    client: httpx.Client, headers: dict[str, str] | None = None, **params: str
) -> list[dict[str, str]]:
    """Fields of the events of a stream, until it ends."""
    text = client.get("/v1/events", headers=headers, params=params).text
    blocks = [block.splitlines() for block in text.split("\n\n") if block[:1] not in {"", ":"}]
    return [dict(line.split(": ", 1) for line in block) for block in blocks]


@pytest.mark.slow
def test_stream_ends_with_id_to_resume_from(url: str) -> None:
    """No change between two streams is lost, even if there was none before."""
    database = build_database(url)
    with (
        run_server(url, stream_seconds=1) as origin,
        httpx.Client(base_url=origin, timeout=30) as client,
    ):
        (end,) = read_events(client)
        assert set(end) == {"id"}
        with database.session() as session:
            session.add(factories.person(slug="between"))
        # A client that cannot set headers sends the cursor in the URL; the header overrides it.
        start = {"Last-Event-ID": end["id"]}
        change, end = read_events(client, cursor=end["id"])
        assert read_events(client, cursor=end["id"], headers=start) == [change, end]
        assert json.loads(change["data"])["data"]["slug"] == "between"
        assert change["event"] == "upsert"
        assert end == {"id": change["id"]}
        # Positive control: without the id the change is not sent.
        assert [set(event) for event in read_events(client)] == [{"id"}]
    database.close()
