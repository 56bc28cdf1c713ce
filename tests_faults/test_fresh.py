"""What one process has committed, every process tells: however often it is asked, and at once."""

import json
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from itertools import cycle
from time import monotonic
from typing import Any

import pytest

from tests_faults.conftest import Note, Service, Start

WRITES = 1_000
SOON = 0.1
"""Seconds from an acknowledgement after which nobody may be told what was before."""

PATH = "/v1/people/anne-mcclain"


class Asked:
    """A connection to one process."""

    def __init__(self, service: Service) -> None:
        self._connection = HTTPConnection(service.origin.removeprefix("http://"), timeout=30)
        self._key = service.key

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, headers: dict[str, str], body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, PATH, sent, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)

    def write(self, name: str) -> None:
        """Give the person another name that they are known by."""
        headers = {
            "Authorization": f"Bearer {self._key}",
            "If-Match": "*",
            "Content-Type": "application/merge-patch+json",
        }
        self._ask("PATCH", headers, {"aliases": [name]})

    def read(self) -> str:
        """The name, as everybody is told it."""
        (name,) = self._ask("GET", {})["aliases"]
        return str(name)


@pytest.mark.timeout(300)
def test_a_commit_is_seen_by_every_process(start: Start, note: Note) -> None:
    settings = {"rate_limit": 0, "key_rate_limit": 0}
    waited, stale = [0.0], 0
    with start(**settings) as one, start(**settings) as other, ExitStack() as stack:
        here, there = (stack.enter_context(closing(Asked(each))) for each in (one, other))
        for writer, number in zip(cycle((here, there)), range(WRITES), strict=False):
            name = f"Name {number}"
            writer.write(name)
            acknowledged = monotonic()
            assert writer.read() == name, "who wrote it is told what was before"
            for reader in (here, there):
                asked = monotonic()
                while reader.read() != name:
                    assert asked - acknowledged <= SOON, f"write {number} is not seen"
                    stale += 1
                    asked = monotonic()
                waited.append(asked - acknowledged)
    note(
        "read after write",
        f"{WRITES:,} writes by turns through two processes, each read through both",
        f"0 stale answers to what was asked {SOON * 1000:.0f} ms after or later",
        f"{stale} before that; asked {max(waited) * 1000:.0f} ms after at the latest",
    )
