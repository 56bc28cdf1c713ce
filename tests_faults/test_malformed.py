"""Whatever is asked, it is never our fault."""

import asyncio
from collections import Counter
from time import perf_counter

import pytest

from tests.conftest import ROOT
from tests_faults.conftest import Note, Service, Start
from tests_faults.fuzz import document_of, requests
from tests_faults.load import CUT, Client

NUMBER = 25_000
"""On each of two databases."""

SEED = 20_001_031
CLIENTS = 8


async def _fuzz(service: Service, wrong: list[bytes]) -> tuple[Counter[int], float]:
    """How many answers of each status there were; `wrong` gets the requests of 5xx, or none."""
    made = requests(document_of(ROOT), service.key, SEED, NUMBER)
    statuses: Counter[int] = Counter()
    early = 0.0

    async def one() -> None:
        nonlocal early
        with Client(service.origin) as client:
            for method, data in made:
                status = await client.send(data, method)
                if status == CUT or status >= 500:
                    wrong.append(data)
                statuses[status] += 1
                if statuses.total() == NUMBER // 5:
                    early = service.memory

    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    await asyncio.sleep(0.01)
    return statuses, early


@pytest.mark.timeout(590)
def test_malformed_requests_are_never_our_fault(start: Start, note: Note) -> None:
    wrong: list[bytes] = []
    with start() as service:
        begun = perf_counter()
        statuses, early = asyncio.run(_fuzz(service, wrong))
        seconds, grown = perf_counter() - begun, service.memory - early
    assert wrong[:3] == []
    assert statuses.total() == NUMBER
    assert grown < 100
    kinds = Counter(dict.fromkeys((2, 3, 4, 5), 0))
    for status, number in statuses.items():
        kinds[status // 100] += number
    assert kinds[2] > NUMBER / 50  # it is not all refused at the door
    note(
        "malformed requests",
        f"{NUMBER:,} by a fuzzer with the seed {SEED}",
        ", ".join(f"{number:,} × {kind}xx" for kind, number in sorted(kinds.items())) + ", 0 hung",
        f"{seconds:.0f} s; memory +{grown:.0f} MB in the last four fifths",
    )
