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
    """Whether it was asked for by name."""


_DEFAULT_STATE = _LanguageState(Language.EN, is_explicit=False)
_STATE: ContextVar[_LanguageState] = ContextVar("spoken", default=_DEFAULT_STATE)


def current_language() -> Language:
    """The language that is spoken now: the request's, and English outside of one."""
    return _STATE.get().language


def explicit_language() -> Language | None:
    """The language that the request asks for by `lang`, which its links keep; None: by none."""
    speech, asked = _STATE.get()
    return speech if asked else None


@contextmanager
def use_language(speech: Language, explicit: bool = False) -> Iterator[None]:
    """Let `language` be spoken within, in this task and in the threads that it starts."""
    before = _STATE.set(_LanguageState(speech, explicit))
    try:
        yield
    finally:
        _STATE.reset(before)


class Bilingual(NamedTuple):
    """The same in each language; as text it is what is spoken now."""

    en: str
    ru: str

    def __str__(self) -> str:
        return self.ru if current_language() is Language.RU else self.en


def tr(en: str, ru: str) -> str:
    """Of two texts that say the same, the one in the language that is spoken now."""
    return ru if current_language() is Language.RU else en
