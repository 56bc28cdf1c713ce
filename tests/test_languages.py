"""Language negotiation by `lang` and Accept-Language."""

import pytest

from app.domain.languages import Language, current_language, use_language
from app.http.content_language import (
    MAX_ACCEPT_LANGUAGE_CHARS,
    language_param,
    negotiate_language,
)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("RU", "ru"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("en-US,en;q=0.9,ru;q=0.8", "en"),
        ("de,ru;q=0.5", "ru"),
        ("de,fr;q=0.5", "en"),
        ("ru,en", "ru"),  # equal quality: the first one
        ("en,ru", "en"),
        ("ru;q=0.4, en;q=0.5", "en"),
        ("ru;q=0", "en"),
        ("en;q=0, *", "ru"),
        ("en;q=0.1, *;q=0.5", "ru"),
        ("*", "en"),
        ("ru;q=nonsense, en;q=0.1", "en"),
        ("ru;q=nan, en;q=0.1", "en"),
        ("russian", "en"),
        (",;q=,", "en"),
        ("x" * MAX_ACCEPT_LANGUAGE_CHARS + ",ru", "en"),
    ],
)
def test_accept_language_selects_by_quality(header: str, language: str) -> None:
    assert negotiate_language(b"", header) == language
    assert negotiate_language(b"limit=5&language=ru", header) == language


@pytest.mark.parametrize(
    ("query", "language"),
    [
        (b"lang=ru", "ru"),
        (b"lang=en", "en"),
        (b"limit=5&lang=ru", "ru"),
        (b"l%61ng=%72u", "ru"),
        (b"language=ru", None),
        (b"lang=de", None),
        (b"lang=RU", None),
        (b"lang=", None),
        (b"lang=%ff\xff", None),
    ],
)
def test_lang_parameter_overrides_header(query: bytes, language: str | None) -> None:
    assert language_param(query) == language
    assert negotiate_language(query, "ru") == (language or "ru")
    assert negotiate_language(query, "en") == (language or "en")


def test_use_language_restores_previous_language() -> None:
    assert current_language() is Language.EN
    with use_language(Language.RU):
        assert current_language() is Language.RU
    assert current_language() is Language.EN
