"""Messages for values that do not match a regular expression: in words, never the expression."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.patterns import MISMATCH_MESSAGES
from tests.support.paths import ROOT

PATTERN_ARGUMENT = re.compile(r"\bpattern=([A-Za-z_]+|r?\"[^\"]+\")")


def patterns_in_code() -> Iterator[tuple[str, str]]:
    """Arguments `pattern=…` of the application, with their files."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for argument in PATTERN_ARGUMENT.findall(path.read_text("utf-8")):
            yield path.name, argument


def test_patterns_of_requests_have_messages() -> None:
    found = list(patterns_in_code())
    assert len(found) > 10
    literal = [(name, argument) for name, argument in found if not argument.endswith("_PATTERN")]
    assert [name for name, _ in literal if name != "day_counts.py"] == []  # a response's
    assert all(message.en and message.ru for message in MISMATCH_MESSAGES.values())


@pytest.mark.parametrize(
    ("address", "english", "russian"),
    [
        ("/v1/missions/ISS_59", "slug", "имя"),
        ("/v1/people/Nick_Hague", "Did you mean 'nick-hague'?", "'nick-hague'"),
        ("/v1/articles?launch=Zarya_1", "Did you mean 'zarya-1'?", "'zarya-1'"),
        ("/v1/articles/archive/19/4", "four digits", "четырёх цифр"),
        ("/v1/articles/archive/2019/13", "from 1 to 12", "от 1 до 12"),
        ("/v1/articles?language=english", "Maximum length: 3", "не больше 3"),
        ("/v1/articles?language=e1", "such as en", "например en"),
        ("/v1/launches?country=K1", "such as KZ", "например KZ"),
    ],
)
def test_mismatch_is_explained_in_words(
    archive: TestClient, address: str, english: str, russian: str
) -> None:
    for language, words in (("en", english), ("ru", russian)):
        answer = archive.get(address, headers={"Accept-Language": language})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert words in error["detail"]
        assert not re.search(r"[\^$+*\\]|\[", error["detail"])


def test_no_slug_is_suggested_for_text_without_letters(archive: TestClient) -> None:
    detail: Any = archive.get("/v1/missions/___").json()["errors"][0]["detail"]
    assert detail.endswith("such as iss-59.")
