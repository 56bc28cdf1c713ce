"""The languages that answers are given in: which one a request asks for, which is spoken."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from app.http.negotiation import weights

LONGEST = 200
"""How much of an `Accept-Language` header is looked at, in characters."""


class Speech(StrEnum):
    """A language of answers; the first one is spoken where no other is asked for."""

    EN = "en"
    RU = "ru"


SPEECHES = frozenset(Speech)


def chosen(query_string: bytes) -> Speech | None:
    """The language that the parameter `lang` of a query names; None where it names none of ours."""
    if b"lang" not in query_string and b"%" not in query_string:
        return None
    named = dict(parse_qsl(query_string.decode("latin-1"))).get("lang")
    return Speech(named) if named in SPEECHES else None


@lru_cache(maxsize=256)
def _preferred(accept_language: str) -> Speech:
    """What an `Accept-Language` header likes best; of two liked equally, the one named first."""
    wanted = weights(accept_language)
    liked: dict[str, float] = {}
    for tag, weight in wanted.items():
        name = tag.partition("-")[0]
        liked[name] = max(weight, liked.get(name, 0.0))
    others = liked.pop("*", 0.0)
    ours = {name: weight for name, weight in liked.items() if name in SPEECHES}
    ours |= {speech: others for speech in Speech if speech not in ours}
    return Speech(max(ours, key=lambda name: ours[name])) if any(ours.values()) else Speech.EN


def speech_of(query_string: bytes, accept_language: str) -> Speech:
    """The language to answer in: what `lang` says, else what `Accept-Language` likes best.

    Depends on nothing else, and costs next to nothing where there is no `lang`.
    """
    return chosen(query_string) or _preferred(accept_language[:LONGEST])


class _Spoken(NamedTuple):
    speech: Speech
    asked: bool
    """Whether it was asked for by name."""


_UNASKED = _Spoken(Speech.EN, asked=False)
_SPOKEN: ContextVar[_Spoken] = ContextVar("spoken", default=_UNASKED)


def spoken() -> Speech:
    """The language that is spoken now: the request's, and English outside of one."""
    return _SPOKEN.get().speech


def asked_for() -> Speech | None:
    """The language that the request asks for by `lang`, which its links keep; None: by none."""
    speech, asked = _SPOKEN.get()
    return speech if asked else None


@contextmanager
def speaking(speech: Speech, asked: bool = False) -> Iterator[None]:
    """Let `speech` be spoken within, in this task and in the threads that it starts."""
    before = _SPOKEN.set(_Spoken(speech, asked))
    try:
        yield
    finally:
        _SPOKEN.reset(before)


class Both(NamedTuple):
    """The same in each language; as text it is what is spoken now."""

    en: str
    ru: str

    def __str__(self) -> str:
        return self.ru if spoken() is Speech.RU else self.en


def either(en: str, ru: str) -> str:
    """Of two texts that say the same, the one in the language that is spoken now."""
    return ru if spoken() is Speech.RU else en
