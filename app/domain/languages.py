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
    """Set by the parameter `lang`."""


_DEFAULT_STATE = _LanguageState(Language.EN, is_explicit=False)
_STATE: ContextVar[_LanguageState] = ContextVar("language", default=_DEFAULT_STATE)


def current_language() -> Language:
    """Language of the request; English outside of a request."""
    return _STATE.get().language


def explicit_language() -> Language | None:
    """Language that the request sets by the parameter `lang`, repeated in its links, or None."""
    state = _STATE.get()
    return state.language if state.is_explicit else None


@contextmanager
def use_language(language: Language, explicit: bool = False) -> Iterator[None]:
    """Set the current language for the context, including worker threads that it uses."""
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
