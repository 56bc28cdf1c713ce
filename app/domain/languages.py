"""The languages that answers are given in: which one a request asks for, which is spoken."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from app.http.negotiation import parse_quality_values

MAX_ACCEPT_LANGUAGE_CHARS = 200
"""How much of an `Accept-Language` header is looked at, in characters."""


class Language(StrEnum):
    """Language of responses. Default: `en`."""

    EN = "en"
    RU = "ru"


LANGUAGES = frozenset(Language)


def language_param(query_string: bytes) -> Language | None:
    """The language that the parameter `lang` of a query names; None where it names none of ours."""
    if b"lang" not in query_string and b"%" not in query_string:
        return None
    named = dict(parse_qsl(query_string.decode("latin-1"))).get("lang")
    return Language(named) if named in LANGUAGES else None


@lru_cache(maxsize=256)
def _preferred_language(accept_language: str) -> Language:
    """What an `Accept-Language` header likes best; of two liked equally, the one named first."""
    wanted = parse_quality_values(accept_language)
    liked: dict[str, float] = {}
    for tag, weight in wanted.items():
        name = tag.partition("-")[0]
        liked[name] = max(weight, liked.get(name, 0.0))
    others = liked.pop("*", 0.0)
    ours = {name: weight for name, weight in liked.items() if name in LANGUAGES}
    ours |= {speech: others for speech in Language if speech not in ours}
    return Language(max(ours, key=lambda name: ours[name])) if any(ours.values()) else Language.EN


def negotiate_language(query_string: bytes, accept_language: str) -> Language:
    """The language to answer in: what `lang` says, else what `Accept-Language` likes best.

    Depends on nothing else, and costs next to nothing where there is no `lang`.
    """
    return language_param(query_string) or _preferred_language(
        accept_language[:MAX_ACCEPT_LANGUAGE_CHARS]
    )


class _LanguageState(NamedTuple):
    language: Language
    is_explicit: bool
    """Set by the parameter `lang`."""


_DEFAULT_STATE = _LanguageState(Language.EN, is_explicit=False)
_STATE: ContextVar[_LanguageState] = ContextVar("language", default=_DEFAULT_STATE)


def current_language() -> Language:
    """Language of the request; English outside of a request."""
    return _STATE.get().language


def explicit_language() -> Language | None:
    """Language that the request sets by the parameter `lang`, kept in its links, or None."""
    state = _STATE.get()
    return state.language if state.is_explicit else None


@contextmanager
def use_language(language: Language, explicit: bool = False) -> Iterator[None]:
    """Set the current language in the context, including in its threads."""
    token = _STATE.set(_LanguageState(language, explicit))
    try:
        yield
    finally:
        _STATE.reset(token)


class Bilingual(NamedTuple):
    """Text in both languages; `str()` gives the text in the current language."""

    en: str
    ru: str

    def __str__(self) -> str:
        return self.ru if current_language() is Language.RU else self.en


def tr(en: str, ru: str) -> str:
    """Text in the current language."""
    return ru if current_language() is Language.RU else en
