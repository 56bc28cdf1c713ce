"""Every client gets the refusal of its upload, whatever it sends, however slowly."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice

import pytest
from playwright.sync_api import Browser

from tests.support.raw_http import RawConnection, request_head
from tests.support.uploads import KB, MB, Upload, refused_uploads, send_by_http10
from tests_attack.clients import (
    CLIENTS,
    SINGLE_CLIENTS,
    SendAll,
    chromium_client,
    open_blank_page,
    send_by_node,
)
from tests_attack.scale import scaled
from tests_faults.services import Start, run_uvicorn

pytestmark = pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)
"""The database is not involved."""

UPLOAD_COUNT = scaled(500, 20)
SIZES = (KB, 100 * KB, 2 * MB, 64 * MB, KB, 900 * KB, 3 * MB, 100 * KB)
HUGE_COUNT = scaled(8, 2)
"""Uploads of 64 MB among them."""
SLOW_UPLOAD_COUNT = scaled(20, 1)
SLOW_PAUSE_SECONDS = 1.0
"""A body of 15 × 64 KiB takes longer than the 10 s that the server allows."""

every_client = pytest.mark.parametrize("name", [*CLIENTS, "Chromium"])


@pytest.fixture
def get_client(request: pytest.FixtureRequest) -> Callable[[str], SendAll]:
    """Return the client with a name."""

    def get(name: str) -> SendAll:
        if name == "Chromium":
            browser: Browser = request.getfixturevalue("chromium")
            return chromium_client(browser)
        return CLIENTS[name]

    return get


def mixed_uploads(number: int) -> list[Upload]:
    """Uploads for all reasons, of all sizes, with a length and in chunks."""

    def endless() -> Iterator[Upload]:
        huge = 0
        for size, chunked in cycle([(size, chunked) for chunked in (0, 1) for size in SIZES]):
            for upload in refused_uploads(size, bool(chunked)):
                huge += upload.size > 32 * MB
                is_too_many = upload.size > 32 * MB and huge > HUGE_COUNT
                yield upload._replace(size=8 * MB) if is_too_many else upload

    return list(islice(endless(), number))


def unexpected(uploads: Sequence[Upload], statuses: Sequence[int]) -> list[tuple[int, Upload]]:
    """Uploads with a response other than the refusal expected, each with its status."""
    answered = zip(statuses, uploads, strict=True)
    return [(status, upload) for status, upload in answered if status not in upload.statuses]


@pytest.mark.timeout(1800)
@every_client
def test_refused_uploads_are_answered(
    start: Start, get_client: Callable[[str], SendAll], name: str
) -> None:
    uploads = mixed_uploads(UPLOAD_COUNT)
    with start(rate_limit=1, trusted_proxies="127.0.0.1") as service:
        statuses = get_client(name)(service.origin, uploads)
    assert unexpected(uploads, statuses) == []
    assert set(statuses) == {401, 413, 415, 429, 431}
    assert len(statuses) == UPLOAD_COUNT


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["urllib", "HTTP/1.0"])
def test_plain_uvicorn_loses_responses(archive_url: str, key: str, name: str) -> None:
    uploads = [Upload(frozenset({413}), {}, 20 * MB)] * 10
    with run_uvicorn(archive_url, key) as service:
        assert 0 in CLIENTS[name](service.origin, uploads)


@pytest.mark.timeout(300)
@every_client
def test_connections_beyond_the_limit_are_answered(
    start: Start, get_client: Callable[[str], SendAll], name: str
) -> None:
    """No connection is idle: each is an event stream."""
    uploads = [
        Upload(frozenset({503}), {}, size, chunked)
        for size, chunked in islice(cycle([(KB, True), (2 * MB, False)]), scaled(100, 10))
    ]
    with start(max_connections=5) as service, ExitStack() as streams:
        for _ in range(5):
            connection = streams.enter_context(RawConnection(service.origin))
            connection.send(request_head("/v1/events"))
            assert connection.read_response().status == 200
        statuses = get_client(name)(service.origin, uploads)
    assert unexpected(uploads, statuses) == []


@pytest.mark.timeout(300)
def test_slow_uploads_are_answered(start: Start) -> None:
    """One is refused at once, one when its time is over; both take longer to send."""
    slow = [
        Upload(frozenset({status}), headers, 960 * KB, True, SLOW_PAUSE_SECONDS)
        for status, headers in ((415, {"Content-Encoding": "gzip"}), (408, {}))
    ]
    with start() as service, ThreadPoolExecutor(200) as threads:
        sent = [
            (name, upload, threads.submit(send, service.origin, upload))
            for name, send in SINGLE_CLIENTS.items()
            for upload in slow * SLOW_UPLOAD_COUNT
        ]
        sent += [
            (
                "Node",
                upload,
                threads.submit(lambda each: send_by_node(service.origin, [each])[0], upload),
            )
            for upload in slow
        ]
        wrong = Counter(
            (name, status, *upload.statuses)
            for name, upload, future in sent
            if (status := future.result()) not in upload.statuses
        )
    assert not wrong


@pytest.mark.timeout(120)
def test_slow_upload_of_chromium_is_answered(start: Start, chromium: Browser) -> None:
    with start() as service, open_blank_page(chromium, service.origin) as page:
        network = page.context.new_cdp_session(page)
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
        network.send(
            "Network.emulateNetworkConditions", {**conditions, "uploadThroughput": 64 * KB}
        )
        status = page.evaluate(
            "async (size) => (await fetch('/v1/missions', "
            "{method: 'POST', body: new Uint8Array(size)})).status",
            960 * KB,
        )
    assert status == 408


@pytest.mark.timeout(300)
def test_lingering_uploads_take_no_memory(start: Start) -> None:
    """Uploads that together are larger than the memory that the server may take."""
    count = scaled(200, 40)
    upload = Upload(frozenset({413}), {}, 32 * MB)
    with start() as service, ThreadPoolExecutor(count) as threads:
        before = service.memory_mb
        statuses = list(threads.map(lambda _: send_by_http10(service.origin, upload), range(count)))
        growth_mb = service.memory_mb - before
    assert statuses == [413] * count
    assert growth_mb < 100
