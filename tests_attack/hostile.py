"""The dearest requests that the service accepts or refuses, sent by ten connections at once."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import cycle
from multiprocessing import get_context
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2 as httpx

from app.api.json_bodies import MAX_JSON_LEVEL_COUNT, MAX_JSON_VALUE_COUNT
from app.http.request_body import MAX_REQUEST_BODY_BYTES
from tests.support import documents
from tests.support.markdown_bombs import PROSE, REFUSED, RENDERED
from tests_faults.load import Client, deadline

CONNECTION_COUNT = 10

_SEARCHES = (
    "station " * 25,
    "-" * 200,
    "a-" * 100,
    '"a" ' * 50,
    "天" * 66,
    "soyuz crew station launch russian nasa progress dragon mission space cargo docking",
    "statoin sojuzz progres dragoon misson lanuch",
)
_PAGES = ("limit=100&view=full", "limit=100&with_total=true", "format=csv", "format=ndjson")
_LONG_VALUES = ("a" * 7000, "a," * 3500, "-" * 7000)


class Request(NamedTuple):
    """Request, without its headers."""

    method: str
    path: str
    body: bytes = b""


def _reads(document: dict[str, Any]) -> Iterator[Request]:
    """Reads of each public operation of an OpenAPI document."""
    for path, methods in document["paths"].items():
        operation = methods.get("get", {"security": True})
        if operation["security"] or operation["operationId"] == "streamEvents":
            continue
        parameters = operation.get("parameters", [])
        names = {each["name"] for each in parameters if each["in"] == "query"}
        address = path.format(
            **{each["name"]: each["example"] for each in parameters if each["in"] == "path"}
        )
        queries = ["&".join(f"x{number}=1" for number in range(900))]
        queries += [f"{name}={value}" for name in sorted(names) for value in _LONG_VALUES]
        if "q" in names:
            size = "" if "suggest" in path else "&limit=100"
            queries += [f"q={quote(text.strip())}{size}" for text in _SEARCHES] * 3
        if "format" in names:
            queries += _PAGES * 3
        yield from (Request("GET", f"{address}?{query}") for query in queries)


def _documents() -> Iterator[object]:
    """Bodies of articles that take long to parse, to validate or to render."""
    yield {f"k{number}": 0 for number in range(80_000)}
    yield {f"k{number}": 0 for number in range(MAX_JSON_VALUE_COUNT)}
    yield {"tags": [{"a": 1, "b": 2}] * (MAX_JSON_VALUE_COUNT // 4)}
    yield {"title": "天" * (MAX_REQUEST_BODY_BYTES // 3 - 100)}
    yield {"title": " " * (MAX_REQUEST_BODY_BYTES - 100) + "a"}
    for text in (PROSE, *REFUSED.values(), *RENDERED.values()):
        yield documents.article(body=text)


def _writes() -> Iterator[Request]:
    bodies = [json.dumps(document, ensure_ascii=False) for document in _documents()]
    bodies.append("[" * (MAX_REQUEST_BODY_BYTES - 100))
    bodies.append('{"a":' * MAX_JSON_LEVEL_COUNT + "1" + "}" * MAX_JSON_LEVEL_COUNT)
    return (Request("POST", "/v1/articles", body.encode()) for body in bodies)


@cache
def _build_requests(origin: str) -> list[Request]:
    document = httpx.get(f"{origin}/openapi.json", timeout=30).json()
    return [*_reads(document), *list(_writes()) * 3]


def _prepare(origin: str) -> None:
    """Build the requests, which takes a second, before the attack."""
    _build_requests(origin)


def _send_requests(origin: str, key: str, seconds: float) -> Counter[int]:
    requests = _build_requests(origin)
    random = Random(1)
    orders = [random.sample(requests, len(requests)) for _ in range(CONNECTION_COUNT)]
    statuses: Counter[int] = Counter()
    is_over = deadline(seconds)

    async def send(number: int) -> None:
        headers = (f"X-Forwarded-For: 203.0.113.{number}", "Content-Type: application/json")
        keyed = (*headers, f"Authorization: Bearer {key}")
        with Client(origin) as client:
            for method, path, body in cycle(orders[number]):
                if is_over():
                    break
                more = headers if method == "GET" else keyed
                statuses[await client.request(path, method, *more, body=body)] += 1

    async def send_all() -> None:
        await asyncio.gather(*map(send, range(CONNECTION_COUNT)))
        await asyncio.sleep(0.01)  # connections are closed in the next iteration of the loop

    asyncio.run(send_all())
    return statuses


@contextmanager
def attack(origin: str, key: str, seconds: float) -> Iterator[Future[Counter[int]]]:
    """Send hostile requests for `seconds`, from another process; yields the future statuses.

    Each connection has its own address, with its own rate limit.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(_prepare, origin).result()
        yield process.submit(_send_requests, origin, key, seconds)
