"""The languages that answers are given in: which one a request asks for, which is spoken."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import lru_cache
from urllib.parse import parse_qsl

from app.negotiation import weights

LONGEST = 200
"""How much of an `Accept-Language` header is looked at, in characters."""


class Speech(StrEnum):
    """A language of answers; the first one is spoken where no other is asked for."""

    EN = "en"
    RU = "ru"


_OURS = frozenset(Speech)


def chosen(query_string: bytes) -> Speech | None:
    """The language that the parameter `lang` of a query names; None where it names none of ours."""
    if b"lang" not in query_string and b"%" not in query_string:
        return None
    named = dict(parse_qsl(query_string.decode("latin-1"))).get("lang")
    return Speech(named) if named in _OURS else None


@lru_cache(maxsize=256)
def _preferred(accept_language: str) -> Speech:
    """What an `Accept-Language` header likes best; of two liked equally, the one named first."""
    wanted = weights(accept_language)
    liked: dict[str, float] = {}
    for tag, weight in wanted.items():
        name = tag.partition("-")[0]
        liked[name] = max(weight, liked.get(name, 0.0))
    others = liked.pop("*", 0.0)
    ours = {name: weight for name, weight in liked.items() if name in _OURS}
    ours |= {speech: others for speech in Speech if speech not in ours}
    return Speech(max(ours, key=lambda name: ours[name])) if any(ours.values()) else Speech.EN


def speech_of(query_string: bytes, accept_language: str) -> Speech:
    """The language to answer in: what `lang` says, else what `Accept-Language` likes best.

    Depends on nothing else, and costs next to nothing where there is no `lang`.
    """
    return chosen(query_string) or _preferred(accept_language[:LONGEST])


_SPOKEN: ContextVar[Speech] = ContextVar("spoken", default=Speech.EN)


def spoken() -> Speech:
    """The language that is spoken now: the request's, and English outside of one."""
    return _SPOKEN.get()


@contextmanager
def speaking(speech: Speech) -> Iterator[None]:
    """Let `speech` be spoken within, in this task and in the threads that it starts."""
    before = _SPOKEN.set(speech)
    try:
        yield
    finally:
        _SPOKEN.reset(before)
