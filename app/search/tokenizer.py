"""The words of a text, each where it stands and as it is compared.

A word has two tokens: in names, what all transliterations of it share; in texts, the same of its
stem. A designator is one token however it is spelt ("MS-11", "МС 11", "ms11"), and so is the number
of an expedition ("ISS-59", "Expedition 59", "пятьдесят девятая экспедиция"). Tokens are of lower
case ASCII letters and digits: no database's own rules for text touch them.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from app.search.number_words import parse_number_words
from app.search.transliteration import (
    WORD_CACHE_ITEMS,
    build_transliteration_key,
    build_transliteration_prefix,
    is_cyrillic,
    latinize,
    normalize_word,
)

MAX_TOKEN_CHARS = 40
"""How much of a word counts."""

_STATION_TOKEN = "iss"  # noqa: S105 - a word of the index, no password

_CHAR_RUN = re.compile(r"\d+|[^\W\d_](?:[^\W\d_]|[\u0300-\u036f]|['’ʹʺʼ`](?=[^\W\d_]))*")
_POSSESSIVE = re.compile(r"['’]s$")
_SERIES_CODES = frozenset("ms m tm tma crs ng oa ax sts iss htv atv demo crew oft orb".split())
"""Letters that a number after a space belongs to."""
_SERIES_ALIASES = {"mc": "ms", "mks": _STATION_TOKEN}
_SPACES, _HYPHENS = (" ", "\xa0"), ("", "-", "‑", "–", "−")
_ORDINAL_SUFFIXES = frozenset("st nd rd th я й ая ой ю ую ей го му м е".split())
_EXPEDITION = re.compile(r"expeditions?$|экспедици")
_EXPEDITION_TOKEN = re.compile(rf"{_STATION_TOKEN}\d+")
_EXPEDITION_QUALIFIER = re.compile(r"основн|длительн|долговременн|long$|duration$|main$|iss$|мкс$")
_ENGLISH_STEMMER, _RUSSIAN_STEMMER = (
    snowballstemmer.stemmer(name) for name in ("english", "russian")
)


class TokenizedWord(NamedTuple):
    """A word of a text, from `start` to before `end`, with its tokens."""

    start: int
    end: int
    word: str
    """The word itself, folded; empty for a designator or a number."""
    name_token: str
    text_token: str
    is_redundant: bool = False
    """Whether the number of the expedition beside it says as much."""

    @property
    def prefix_key(self) -> str:
        """The word as prefixes of words are compared with it."""
        if not self.word:
            return self.name_token
        return build_transliteration_prefix(self.word)[:MAX_TOKEN_CHARS]


class _CharRun(NamedTuple):
    """A run of letters, or of digits, of a text."""

    start: int
    end: int
    text: str
    is_digits: bool


@lru_cache(WORD_CACHE_ITEMS)
def _tokenize_word(text: str) -> tuple[str, str, str]:
    """A word as it is folded, in names, and in texts."""
    word = normalize_word(_POSSESSIVE.sub("", text))[: 2 * MAX_TOKEN_CHARS]
    if same := _SERIES_ALIASES.get(latinize(word)):
        return word, same, same
    stemmer = _RUSSIAN_STEMMER if is_cyrillic(word) else _ENGLISH_STEMMER
    return (
        word,
        build_transliteration_key(word)[:MAX_TOKEN_CHARS],
        build_transliteration_key(stemmer.stemWord(word))[:MAX_TOKEN_CHARS],
    )


def _normalize_digits(text: str) -> str:
    plain_digits = text if text.isascii() else "".join(str(int(digit)) for digit in text)
    return (plain_digits.lstrip("0") or "0")[:MAX_TOKEN_CHARS]


def tokenize(text: str) -> list[TokenizedWord]:
    """The words of `text`, in their order."""
    atoms = [_CharRun(*f.span(), f[0], f[0].isdecimal()) for f in _CHAR_RUN.finditer(text)]
    found: list[TokenizedWord] = []
    place, numbered = 0, False
    while place < len(atoms):
        start, end, letters, digits = atoms[place]
        beside = digits or (place + 1 < len(atoms) and atoms[place + 1].is_digits)
        if beside and (joined := _parse_designator(text, atoms, place)):
            token, place = joined
            found.append(TokenizedWord(start, atoms[place - 1].end, "", token, token))
            continue
        if digits:
            token = _normalize_digits(letters)
            found.append(TokenizedWord(start, end, "", token, token))
        else:
            word, name, stem = _tokenize_word(letters)
            if stem:
                found.append(TokenizedWord(start, end, word, name, stem))
                numbered = numbered or name == _STATION_TOKEN or bool(_EXPEDITION.match(word))
        place += 1
    return list(_merge_expedition_numbers(found)) if numbered else found


def _parse_designator(text: str, atoms: list[_CharRun], place: int) -> tuple[str, int] | None:
    """The designator that begins at `place`, and where it ends; None where there is none."""
    atom = atoms[place]
    after = atoms[place + 1] if place + 1 < len(atoms) else None
    gap = text[atom.end : after.start] if after else ""
    if atom.is_digits:
        token, end = _parse_designator_suffix(text, atoms, _normalize_digits(atom.text), place + 1)
        if end > place + 1:
            return token, end
        ordinal = (
            after
            and not after.is_digits
            and gap in _HYPHENS
            and normalize_word(after.text) in _ORDINAL_SUFFIXES
        )
        return (token, end + 1) if ordinal else None
    if after is None or not after.is_digits or not (series := _parse_series(atom.text, gap)):
        return None
    token, end = f"{series}{_normalize_digits(after.text)}", place + 2
    return (
        (token, end)
        if series == _STATION_TOKEN
        else _parse_designator_suffix(text, atoms, token, end)
    )


def _parse_series(letters: str, gap: str) -> str:
    """The letters of a designator whose number stands behind `gap`; "" where they are none."""
    series = latinize(normalize_word(letters)) if len(letters) <= 4 else ""
    series = _SERIES_ALIASES.get(series, series)
    known = series in _SERIES_CODES
    joined = gap in _HYPHENS and (known or len(series) <= 3)  # "Союз-2" is no series
    return series if series.isascii() and (joined or (known and gap in _SPACES)) else ""


def _parse_designator_suffix(
    text: str, atoms: list[_CharRun], token: str, place: int
) -> tuple[str, int]:
    """`token` with what of a designator follows its number: "M1-10", "12M", "2.1a", "1998-067A"."""
    before = atoms[place - 1]
    if place < len(atoms) and atoms[place].is_digits:
        gap, number_ = text[before.end : atoms[place].start], atoms[place].text
        after = atoms[place + 1] if place + 1 < len(atoms) else None
        lettered = after is not None and not after.is_digits and after.start == atoms[place].end
        short = len(before.text) <= 2 >= len(number_)
        joins = short and (gap == "." or (gap == "-" and (lettered or not token.isdecimal())))
        if joins or (gap == "-" and (len(before.text), len(number_)) == (4, 3)):
            token, place = f"{token}x{_normalize_digits(number_)}", place + 1
    if (
        place < len(atoms)
        and not atoms[place].is_digits
        and atoms[place].start == atoms[place - 1].end
    ):
        letters = normalize_word(atoms[place].text)
        if (
            len(letters) <= 2
            and letters not in _ORDINAL_SUFFIXES - {"м", "е"}
            and latinize(letters).isascii()
        ):
            return token + latinize(letters), place + 1
    return token, place


def _merge_expedition_numbers(words: list[TokenizedWord]) -> Iterator[TokenizedWord]:
    """`words` with the numbers of expeditions as one token: digits and words, before and after."""
    place = 0
    while place < len(words):
        word = words[place]
        if _is_expedition_prefix(word) and (found := _parse_expedition_number(words, place + 1)):
            yield word._replace(is_redundant=True)
            yield found[0]
            place = found[1]
        elif (found := _parse_expedition_number(words, place)) and (
            noun := _find_expedition_noun(words, found[1])
        ):
            yield found[0]
            yield from (each._replace(is_redundant=True) for each in words[found[1] : noun + 1])
            place = noun + 1
        else:
            told = _EXPEDITION.match(word.word) and _has_expedition_token(
                words[max(place - 1, 0) : place + 2]
            )
            yield word._replace(is_redundant=True) if told else word
            place += 1


def _has_expedition_token(words: list[TokenizedWord]) -> bool:
    return any(_EXPEDITION_TOKEN.fullmatch(word.name_token) for word in words)


def _is_expedition_prefix(word: TokenizedWord) -> bool:
    return bool(_EXPEDITION.match(word.word)) or (
        word.name_token == _STATION_TOKEN and bool(word.word)
    )


def _parse_expedition_number(
    words: list[TokenizedWord], place: int
) -> tuple[TokenizedWord, int] | None:
    """The number that stands at `place`, as that of an expedition, and where it ends."""
    rest = words[place : place + 2]
    if not rest:
        return None
    first = rest[0]
    if first.text_token.isdecimal() and len(first.text_token) <= 3:
        value, length = int(first.text_token), 1
    elif told := parse_number_words([word.word for word in rest]):
        value, length = told
    else:
        return None
    token = f"{_STATION_TOKEN}{value}"
    return TokenizedWord(
        first.start, words[place + length - 1].end, "", token, token
    ), place + length


def _find_expedition_noun(words: list[TokenizedWord], place: int) -> int | None:
    """Where the word "expedition" stands, if nothing but what may precede it comes before."""
    for at in range(place, min(place + 4, len(words))):
        if _EXPEDITION.match(words[at].word):
            return at
        if not _EXPEDITION_QUALIFIER.match(words[at].word):
            return None
    return None
