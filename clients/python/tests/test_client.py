"""The client against a scripted service, and against a real one (`ZARYA_ORIGIN`)."""

import asyncio
import hmac
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from zarya_client import CursorFile, InvalidWebhook, Zarya, follow, verify_webhook
from zarya_client.models import Change
from zarya_client.problems import Gone, InvalidRequest, NotFound, Unavailable

T = TypeVar("T")
Answer = Callable[[httpx.Request], httpx.Response]


class Service:
    """A service that answers with the scripted responses, and records the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self, use: Callable[[Zarya], Awaitable[T]]) -> T:
        """Run `use` with a client of this service."""

        async def call() -> T:
            transport = httpx.MockTransport(self)
            async with Zarya("http://zarya.test", transport=transport, max_attempts=3) as zarya:
                return await use(zarya)

        return asyncio.run(call())


@pytest.fixture(autouse=True)
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays that the client would have waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


async def take(items: AsyncIterator[T], number: int) -> list[T]:
    """The first items of an iterator, of which the last is handled, too."""
    taken: list[T] = []
    async for item in items:
        taken.append(item)
        if len(taken) == number:
            break
    return taken


def test_reads_are_retried_after_the_time_of_the_service(delays: list[float]) -> None:
    busy = httpx.Response(503, headers={"Retry-After": "7"})
    service = Service(busy, httpx.ConnectError("refused"), httpx.Response(200, json={"a": 1}))
    assert service.run(lambda zarya: zarya.get("/v1")) == {"a": 1}
    assert delays[0] == 7
    assert 1 <= delays[1] <= 2
    with pytest.raises(Unavailable):
        Service(busy, busy, busy).run(lambda zarya: zarya.get("/v1"))


def test_writes_are_repeated_only_if_they_were_refused(delays: list[float]) -> None:
    limited = httpx.Response(429, headers={"Retry-After": "3"})
    service = Service(limited, httpx.Response(200, json={"version": 8}))

    def write(zarya: Zarya) -> Awaitable[Any]:
        return zarya.write("PATCH", "/v1/people/a", {"agency": "CSA"}, version=7)

    assert service.run(write) == {"version": 8}
    assert service.requests[1].headers["If-Match"] == '"7"'
    for answer in (httpx.Response(503), httpx.ReadError("lost")):
        with pytest.raises((Unavailable, httpx.ReadError)):
            Service(answer).run(write)


def problem(status: int, body: dict[str, Any]) -> httpx.Response:
    """An error response of the service."""
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, text=json.dumps(body), headers=headers)


def test_problems_are_typed() -> None:
    errors = [{"parameter": "statsu", "pointer": None, "code": "unknown", "detail": "Unknown."}]
    body = {"type": "http://zarya.test/problems/x", "detail": "Wrong.", "errors": errors}
    with pytest.raises(InvalidRequest) as caught:
        Service(problem(422, body)).run(lambda zarya: zarya.get("/v1"))
    assert (caught.value.status, caught.value.detail) == (422, "Wrong.")
    assert caught.value.errors[0]["parameter"] == "statsu"
    with pytest.raises(NotFound):
        Service(httpx.Response(404, text="<html>")).run(lambda zarya: zarya.get("/v1"))
    with pytest.raises(Unavailable):  # of a proxy, in JSON of its own
        Service(*[httpx.Response(503, json=["busy"])] * 3).run(lambda zarya: zarya.get("/v1"))


def test_unchanged_responses_are_not_transferred_again() -> None:
    service = Service(
        httpx.Response(200, json={"a": 1}, headers={"ETag": '"x.1"'}), httpx.Response(304)
    )

    async def read_twice(zarya: Zarya) -> list[Any]:
        return [await zarya.get("/v1/people/a"), await zarya.get("/v1/people/a")]

    assert service.run(read_twice) == [{"a": 1}] * 2
    assert service.requests[1].headers["If-None-Match"] == '"x.1"'


def test_lists_are_read_page_by_page() -> None:
    following = "http://zarya.test/v1/launches?cursor=c&status=planned"
    service = Service(
        httpx.Response(200, json={"items": [{"slug": "a"}], "next": following}),
        httpx.Response(200, json={"items": [{"slug": "b"}], "next": None}),
    )

    async def read(zarya: Zarya) -> list[str]:
        launches = zarya.launches(status=["planned", "success"], crewed=True)
        return [launch["slug"] async for launch in launches]

    assert service.run(read) == ["a", "b"]
    query = service.requests[0].url.query
    assert query == b"limit=100&status=planned&status=success&crewed=true"
    assert str(service.requests[1].url) == following


def page(*ids: int, next_: str | None = None, sync: str | None = None) -> httpx.Response:
    """A page of the change feed with the cursor `next_` or `sync`."""
    urls = [each and f"http://zarya.test/v1/changes?cursor={each}" for each in (next_, sync)]
    items = [{"id": id_} for id_ in ids]
    return httpx.Response(200, json={"items": items, "next": urls[0], "sync": urls[1]})


def stream(*events: tuple[str, int | None], text: str = "") -> httpx.Response:
    """A stream of events with their cursors; without an id of a record, its end."""
    blocks = []
    for cursor, id_ in events:
        change = json.dumps({"id": id_, "data": {"name": text}}, ensure_ascii=False)
        data = "" if id_ is None else f"event: upsert\ndata: {change}\n"
        blocks.append(f"{data}id: {cursor}\n\n")
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    return httpx.Response(200, text=": ping\n\n".join(["", *blocks, ""]), headers=headers)


def test_following_joins_snapshot_changes_and_events(tmp_path: Path, delays: list[float]) -> None:
    """Nothing is missed or doubled over restarts of the service and of the program."""
    store = CursorFile(tmp_path / "cursor")
    refused = httpx.ConnectError("refused")

    def run(service: Service, number: int) -> list[int]:
        async def read(zarya: Zarya) -> list[Change]:
            return await take(follow(zarya, store, types=["person"]), number)

        return [change["id"] for change in service.run(read)]

    limited = httpx.Response(429, headers={"Retry-After": "9"})
    first = Service(
        page(1, 2, next_="n1"), page(3, sync="s1"), limited,
        page(4, sync="s2"), stream(("e1", 5), ("e2", None)),
        *[refused] * 4, page(sync="s3"), stream(("e3", 6), ("e4", 7)),
    )  # fmt: skip
    assert run(first, 7) == [1, 2, 3, 4, 5, 6, 7]
    assert 9 in delays
    urls = [request.url for request in first.requests]
    paths = [f"{url.path.removeprefix('/v1/')} {url.params.get('cursor')}" for url in urls]
    assert paths == [
        "changes None", "changes n1", "events s1", "changes s1", "events s2",
        *["changes e2"] * 4, "changes e2", "events s3",
    ]  # fmt: skip
    # The program ended while it handled the last change, which comes again.
    assert store.load() == "e3"
    assert run(Service(page(7, 8, sync="s4"), stream(("e5", 9))), 3) == [7, 8, 9]


def test_cursor_is_stored_once_for_each_event(tmp_path: Path) -> None:
    """The comments between the events are no events, although they are parsed as such."""
    saved: list[str] = []

    class Cursor(CursorFile):
        def save(self, cursor: str) -> None:
            saved.append(cursor)
            super().save(cursor)

    async def read(zarya: Zarya) -> list[Change]:
        return await take(follow(zarya, Cursor(tmp_path / "cursor")), 3)

    Service(page(sync="s"), stream(("e1", 1), ("e2", 2), ("e3", 3))).run(read)
    assert saved == ["s", "e1", "e2"]


def test_streams_are_divided_at_line_feeds_only(tmp_path: Path) -> None:
    name = "line\u2028separator\u0085next line"

    async def read(zarya: Zarya) -> list[Change]:
        return await take(follow(zarya, CursorFile(tmp_path / "cursor")), 1)

    (change,) = Service(page(sync="s"), stream(("e", 1), text=name)).run(read)
    assert name in json.dumps(change, ensure_ascii=False)


def test_stream_of_a_proxy_is_waited_out(tmp_path: Path, delays: list[float]) -> None:
    async def read(zarya: Zarya) -> list[Change]:
        return await take(follow(zarya, CursorFile(tmp_path / "cursor")), 1)

    page_of_proxy = httpx.Response(200, text="<html>")
    service = Service(page(sync="s"), page_of_proxy, page(2, sync="t"))
    assert [change["id"] for change in service.run(read)] == [2]
    assert len(delays) == 1


def test_expired_cursor_starts_again(tmp_path: Path) -> None:
    store = CursorFile(tmp_path / "cursor")
    store.save("old")
    restarted: list[str] = []

    async def read(zarya: Zarya) -> list[Change]:
        changes = follow(zarya, store, on_restart=lambda: restarted.append("empty"))
        return await take(changes, 1)

    gone = problem(410, {"detail": "Expired."})
    assert Service(gone, page(1, sync="s")).run(read)[0]["id"] == 1
    assert restarted == ["empty"]

    async def read_without(zarya: Zarya) -> list[Change]:
        return await take(follow(zarya, store), 1)

    with pytest.raises(Gone):
        Service(gone).run(read_without)


def test_following_can_leave_out_the_snapshot(tmp_path: Path) -> None:
    async def read(zarya: Zarya) -> list[Change]:
        store = CursorFile(tmp_path / "cursor")
        return await take(follow(zarya, store, with_snapshot=False), 1)

    answers = (page(1, next_="n"), page(2, sync="s"), stream(("e", 3)))
    assert Service(*answers).run(read)[0]["id"] == 3


def test_webhooks_are_verified() -> None:
    secret, body = "whsec_" + b64encode(b"k" * 24).decode(), b'{"type":"person.upsert"}'
    digest = hmac.new(b"k" * 24, b"msg_1.1000." + body, sha256).digest()
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": "1000",
        "Webhook-Signature": f"v1,AAAA v1,{b64encode(digest).decode()}",
    }
    assert verify_webhook(secret, headers, body, now=1100)["type"] == "person.upsert"
    wrongs: list[dict[str, Any]] = [
        {"now": 1301.0},
        {"body": body + b" "},
        {"headers": headers | {"Webhook-Id": "msg_2"}},
        {"headers": {}},
        {"secret": "whsec_" + b64encode(b"x" * 24).decode()},
    ]
    for wrong in wrongs:
        right: dict[str, Any] = {"secret": secret, "headers": headers, "body": body, "now": 1100}
        with pytest.raises(InvalidWebhook):
            verify_webhook(**(right | wrong))


@pytest.mark.skipif("ZARYA_ORIGIN" not in os.environ, reason="needs a service")
def test_archive_of_a_service(tmp_path: Path) -> None:
    async def read() -> None:
        async with Zarya(os.environ["ZARYA_ORIGIN"]) as zarya:
            mission_page = await zarya.mission_page("iss-59", month="2019-04")
            assert mission_page["mission"]["title"] == "ISS-59 mission"
            slugs = [article["slug"] async for article in zarya.articles(tag=["spacewalk"])]
            page = await zarya.get("/v1/articles", {"tag": "spacewalk", "with_total": True})
            assert len(slugs) == len(set(slugs)) == page["total"] > 100
            station = await zarya.station(on="2019-04-12")
            assert len(station["aboard"] or ()) == 6
            store = CursorFile(tmp_path / "cursor")
            modules = await take(follow(zarya, store, types=["module"]), 40)
            assert json.dumps(modules).count('"upsert"') == 40
            with pytest.raises(InvalidRequest):
                await zarya.get("/v1/launches", {"page": 2})

    asyncio.run(read())
