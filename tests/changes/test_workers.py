"""Service with two workers: events, background jobs, key revocation, cache invalidation."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import Any

import httpx2 as httpx
import pytest
from alembic import command

from app.api.api_key_format import generate_api_key
from app.domain.enums import Scope
from app.resources.write_steps import build_database
from tests.support import documents
from tests.support.databases import CreateDatabase, alembic_config
from tests.support.servers import peer_pid, run_server, wait_for
from tests.support.webhook_receivers import webhook_receiver

pytestmark = pytest.mark.slow  # several processes

WORKERS = 2


@pytest.fixture(scope="module")
def service(create_database: CreateDatabase) -> Iterator[httpx.Client]:
    """Client with an API key, of a service with two worker processes."""
    url = create_database()
    command.upgrade(alembic_config(url), "head")
    database = build_database(url)
    with database.session() as session:
        stored, key = generate_api_key("Live", list(Scope))
        session.add(stored)
    with run_server(url, WORKERS) as origin:
        headers = {"Authorization": f"Bearer {key}", "Connection": "close"}
        with httpx.Client(base_url=origin, headers=headers, timeout=10) as client:
            yield client
    database.close()


class Listener:
    """Client of the event stream; reads it in a thread."""

    def __init__(self, client: httpx.Client, **headers: str) -> None:
        self.events: Queue[dict[str, Any]] = Queue()
        self.client = client
        self.headers = headers
        self.open = Queue[bool]()
        Thread(target=self._listen, daemon=True).start()
        assert self.open.get(timeout=10)

    def _listen(self) -> None:
        url = f"{self.client.base_url}/v1/events"
        with httpx.stream("GET", url, headers=self.headers, timeout=60) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert answer.headers["Cache-Control"] == "no-cache"
            self.open.put(answer.status_code == 200)
            event: dict[str, Any] = {}
            try:
                for line in answer.iter_lines():
                    if not line and event:
                        self.events.put(event)
                        event = {}
                    elif line and not line.startswith(":"):
                        name, _, value = line.partition(": ")
                        event[name] = value
            except httpx.TransportError:
                pass  # the service has stopped

    def next(self) -> dict[str, Any]:
        """Wait for the next event."""
        return self.events.get(timeout=10)


def slug(event: dict[str, Any]) -> str:
    found: str = json.loads(event["data"])["data"]["slug"]
    return found


def test_events_reach_all_clients_and_resume_from_last_event_id(service: httpx.Client) -> None:
    listeners = [Listener(service) for _ in range(4)]
    created = service.post("/v1/people", json=documents.person()).json()["slug"]
    events = [listener.next() for listener in listeners]
    assert {(event["event"], slug(event)) for event in events} == {("upsert", created)}
    missed = [service.post("/v1/people", json=documents.person()).json()["slug"] for _ in range(3)]
    again = Listener(service, **{"Last-Event-ID": events[0]["id"]})
    assert [slug(again.next()) for _ in missed] == missed
    with pytest.raises(Empty):
        again.events.get(timeout=1.5)  # no duplicates
    # The event id is also a cursor of the change feed.
    page = service.get("/v1/changes", params={"cursor": events[0]["id"]}).json()
    assert [item["data"]["slug"] for item in page["items"]] == missed


def test_events_head_request_returns(service: httpx.Client) -> None:
    assert service.head("/v1/events").status_code == 200


def test_scheduled_article_is_published_by_background_job(service: httpx.Client) -> None:
    at = datetime.now(UTC) + timedelta(seconds=3)
    document = documents.article(published_at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
    created = service.post("/v1/articles", json=document)
    listener = Listener(service)
    assert service.post(f"{created.headers['Location']}/publish").json()["status"] == "scheduled"
    assert service.get("/v1/articles").json()["items"] == []
    event = listener.next()
    assert slug(event) == created.json()["slug"]
    trail = service.get("/v1/audit", params={"slug": created.json()["slug"], "action": "appear"})
    assert len(trail.json()["items"]) == 1  # by one worker only


def test_webhook_is_delivered_by_background_job(service: httpx.Client) -> None:
    with webhook_receiver() as hook:
        created = service.post("/v1/webhooks", json={"target_url": hook.url})
        assert created.status_code == 201, created.text
        person = service.post("/v1/people", json=documents.person()).json()["slug"]
        wait_for(lambda: hook.messages, 10)
        assert json.loads(hook.messages[0][1])["data"]["data"]["slug"] == person
        tag = {"If-Match": service.get(created.headers["Location"]).headers["ETag"]}
        assert service.delete(created.headers["Location"], headers=tag).status_code == 204


def test_revoked_key_is_refused_by_all_workers(service: httpx.Client) -> None:
    wanted = {"name": "Short-lived", "scopes": ["people:write"]}
    created = service.post("/v1/keys", json=wanted).json()
    bearer = {"Authorization": f"Bearer {created['key']}"}
    for _ in range(20):
        assert service.get("/v1/me", headers=bearer).status_code == 200
    assert service.delete(f"/v1/keys/{created['id']}").status_code == 204
    for _ in range(40):  # one connection per request, so both workers respond
        assert service.get("/v1/me", headers=bearer).status_code == 401


MAX_STALE_SECONDS = 0.1
"""Maximum time, in seconds, from a commit until all responses contain it."""


@pytest.fixture
def readers(service: httpx.Client) -> Iterator[list[HTTPConnection]]:
    """Two connections to each worker."""
    found: dict[str, list[HTTPConnection]] = {}
    with ExitStack() as opened:
        while sum(len(own) >= 2 for own in found.values()) < WORKERS:
            reader = HTTPConnection(service.base_url.host, service.base_url.port or 0)
            opened.callback(reader.close)
            reader.request("GET", "/health/live")
            reader.getresponse().read()
            found.setdefault(peer_pid(reader.sock), []).append(reader)
            assert sum(map(len, found.values())) < 200
        yield [reader for own in found.values() for reader in own[:2]]


def test_supervisor_loads_no_library_of_the_workers(readers: list[HTTPConnection]) -> None:
    worker = Path("/proc", peer_pid(readers[0].sock))
    supervisor = worker.parent / worker.joinpath("stat").read_text().rpartition(")")[2].split()[1]
    assert b"app.cli.server" in supervisor.joinpath("cmdline").read_bytes()
    for library in ("_pydantic_core", "sqlalchemy"):
        assert library in worker.joinpath("maps").read_text()
        assert library not in supervisor.joinpath("maps").read_text()


def test_committed_write_is_visible_in_all_workers(
    service: httpx.Client, readers: list[HTTPConnection]
) -> None:
    """A thousand reads of a cached response, each after a write, from both workers."""
    created = service.post("/v1/people", json=documents.person())
    address = created.headers["Location"]
    path = httpx.URL(address).path
    for n in range(250):
        wanted = {"name_native": f"Name {n}"}
        written = service.patch(address, json=wanted, headers={"If-Match": "*"})
        committed_at = monotonic()
        assert written.status_code == 200, written.text
        for reader in readers:
            while True:
                requested_at = monotonic()
                reader.request("GET", path)
                name = json.loads(reader.getresponse().read())["name_native"]
                if name == f"Name {n}":
                    break
                assert requested_at - committed_at < MAX_STALE_SECONDS, (n, name)
