"""The README shows what the service really answers, and so do the pages that share its replaying.

In a shown answer `…` stands for what is left out: the other keys of an object, the other items of
a list, the rest of a string; in one that is no JSON, whatever text. In a shown address `cursor=…`
stands for the cursor of the next page.
"""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import ROOT

SHOWN = re.compile(r"```console\n\$ curl -s (.+?)\n(.+?)```", re.DOTALL)
HOST, NEXT = "localhost:8000", "&cursor=…"


def requests(page: Path) -> list[tuple[str, str]]:
    """The requests that a page shows: the address of each, and its answer."""
    found = SHOWN.findall(page.read_text())
    return [(shlex.split(command)[0].removeprefix(HOST), shown) for command, shown in found]


TOUR = requests(ROOT / "README.md")


def parsed(shown: str) -> Any:
    """A shown answer as JSON; `…` becomes a key of an object or an item of a list."""

    def spelt(found: re.Match[str]) -> str:
        text, end = found.groups()
        return text or ('"…": null' + end if end else '"…"')

    return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|…(\s*\})?', spelt, shown))


def shows(shown: Any, real: Any) -> bool:
    """Whether `real` is what `shown` says."""
    match shown, real:
        case dict(), dict():
            keys = shown.keys() - {"…"}
            whole = "…" in shown or keys == real.keys()
            return whole and all(k in real and shows(shown[k], real[k]) for k in keys)
        case list(), list():
            items = [item for item in shown if item != "…"]
            whole = "…" in shown or len(items) == len(real)
            return whole and len(items) <= len(real) and all(map(shows, items, real))
        case str(), str() if shown.endswith("…"):
            return real.startswith(shown[:-1])
    return bool(shown == real)


def reads(shown: str, real: str) -> bool:
    """Whether the text `real` is what `shown` says; where its lines break does not matter."""
    parts = (r"\s+".join(map(re.escape, part.split())) for part in shown.split("…"))
    return bool(re.fullmatch(r"\s*" + r".*".join(parts) + r"\s*", real, re.DOTALL))


def replay(client: TestClient, address: str, shown: str) -> None:
    """Ask for `address`; fail unless the answer is the one shown."""
    answer = client.get(address.removesuffix(NEXT))
    if "json" not in answer.headers["Content-Type"]:
        assert reads(shown, answer.text), answer.text
        return
    real = answer.json()
    if address.endswith(NEXT):
        real = client.get(real["next"]).json()
    assert shows(parsed(shown), real), json.dumps(real, ensure_ascii=False, indent=1)


@pytest.mark.parametrize(("address", "shown"), TOUR, ids=[address for address, _ in TOUR])
def test_the_tour_is_true(archive: TestClient, address: str, shown: str) -> None:
    replay(archive, address, shown)


def test_the_tour_has_ten_requests() -> None:
    assert len(TOUR) == 10


@pytest.mark.parametrize(
    ("shown", "real", "true"),
    [
        ('{"a": 1, …}', {"a": 1, "b": 2}, True),
        ('{"a": 1}', {"a": 1, "b": 2}, False),
        ('{"a": 2, …}', {"a": 1, "b": 2}, False),
        ('{"c": 1, …}', {"a": 1, "b": 2}, False),
        ("[1, …]", [1, 2], True),
        ("[1]", [1, 2], False),
        ("[2, …]", [1, 2], False),
        ('"The la…"', "The launch", True),
        ('"The li…"', "The launch", False),
    ],
)
def test_the_check_can_fail(shown: str, real: Any, true: bool) -> None:
    assert shows(parsed(shown), real) is true


@pytest.mark.parametrize(
    ("shown", "real", "true"),
    [
        ("A:1\nB:2", "A:1\r\nB:2\r\n", True),
        ("A:1\n…\nC:3", "A:1\r\nB:2\r\nC:3\r\n", True),
        ("A:1\n…", "A:1\r\nB:2\r\n", True),
        ("A:1", "A:1\r\nB:2\r\n", False),
        ("…\nA:2\n…", "A:1\r\nB:2\r\n", False),
        ("A.1", "A:1", False),
    ],
)
def test_the_check_of_text_can_fail(shown: str, real: str, true: bool) -> None:
    assert reads(shown, real) is true
