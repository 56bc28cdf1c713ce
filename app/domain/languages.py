"""The languages of responses, and the current one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """Language of responses. Default: `en`."""

    EN = "en"
    RU = "ru"


LANGUAGES = frozenset(Language)


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
