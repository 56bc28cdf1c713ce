"""Requests in the README, replayed against the service, and controls of the replay."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.documented_requests import (
    documented_requests,
    matches_json,
    matches_text,
    parse_shown_json,
    replay_request,
)
from tests.support.paths import ROOT

README_REQUESTS = documented_requests(ROOT / "README.md")


@pytest.mark.parametrize(
    ("address", "shown"), README_REQUESTS, ids=[address for address, _ in README_REQUESTS]
)
def test_readme_response_equals_real_response(
    archive: TestClient, address: str, shown: str
) -> None:
    replay_request(archive, address, shown)


def test_readme_has_ten_requests() -> None:
    assert len(README_REQUESTS) == 10


@pytest.mark.parametrize(
    ("shown", "real", "matches"),
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
def test_json_match_detects_differences(shown: str, real: Any, matches: bool) -> None:
    assert matches_json(parse_shown_json(shown), real) is matches


@pytest.mark.parametrize(
    ("shown", "real", "matches"),
    [
        ("A:1\nB:2", "A:1\r\nB:2\r\n", True),
        ("A:1\n…\nC:3", "A:1\r\nB:2\r\nC:3\r\n", True),
        ("A:1\n…", "A:1\r\nB:2\r\n", True),
        ("A:1", "A:1\r\nB:2\r\n", False),
        ("…\nA:2\n…", "A:1\r\nB:2\r\n", False),
        ("A.1", "A:1", False),
    ],
)
def test_text_match_detects_differences(shown: str, real: str, matches: bool) -> None:
    assert matches_text(shown, real) is matches
