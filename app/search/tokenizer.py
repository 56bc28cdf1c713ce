"""Tokenizer: the words of a text with their positions and tokens.

A word has two tokens: its transliteration key for names, and the key of its stem for texts. A
designator is one token in any spelling ("MS-11", "МС 11", "ms11"), and so is the number of an
expedition ("ISS-59", "Expedition 59", "пятьдесят девятая экспедиция"). Tokens consist of lower
case ASCII letters and digits, so the text rules of the databases do not change them.

In scripts without spaces between words, such as Japanese, each character is a word, and what is
typed without a space is a phrase.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from Stemmer import Stemmer

from app.domain.bounded_cache import bounded_cache
from app.search.number_words import is_number_word, parse_number_words
from app.search.transliteration import (
    WORD_CACHE_BYTES,
    build_transliteration_key,
    build_transliteration_prefix,
    is_cyrillic,
    latinize,
    normalize_word,
)

MAX_TOKEN_CHARS = 40
"""Limit of a token; the rest of a word is ignored."""

_STATION_TOKEN = "iss"  # noqa: S105 - not a password

_UNSPACED_RANGES = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: scripts without spaces between words."""
_MARKS = "".join(c for c in map(chr, range(0x300, 0xFE30)) if unicodedata.category(c)[0] == "M")
_LETTER = rf"[^\W\d_{_UNSPACED_RANGES}]"
_CHAR_RUN = re.compile(
    rf"\d+|{_LETTER}(?:{_LETTER}|[{_MARKS}]|['’ʹʺʼ`](?={_LETTER}))*|[^\W\d_][{_MARKS}]*"
)
_POSSESSIVE = re.compile(r"['’]s$")
_SERIES_CODES = frozenset("ms m tm tma crs ng oa ax sts iss htv atv demo crew oft orb".split())
"""Series whose number may follow after a space."""
_SERIES_ALIASES = {"mc": "ms", "mks": _STATION_TOKEN}
_SPACES, _HYPHENS = (" ", "\xa0"), ("", "-", "‑", "–", "−")
_COMPOUND_HYPHENS = ("-", "‐", "‑")
_COMPOUND = re.compile(rf"[^\s\d][{''.join(_COMPOUND_HYPHENS)}][^\s\d]")
"""A hyphen that may join two words."""
_ORDINAL_SUFFIXES = frozenset("st nd rd th я й ая ой ю ую ей го му м е".split())
_EXPEDITION = re.compile(r"expeditions?$|экспедици")
_EXPEDITION_TOKEN = re.compile(rf"{_STATION_TOKEN}\d+")
_EXPEDITION_QUALIFIER = re.compile(r"основн|длительн|долговременн|long$|duration$|main$|iss$|мкс$")


class _Stemmers(threading.local):
    """The stemmers of a thread: PyStemmer's are not safe to share."""

    def __init__(self) -> None:
        self.english = Stemmer("english", maxCacheSize=0)  # `_tokenize_word` has a cache
        self.russian = Stemmer("russian", maxCacheSize=0)


_STEMMERS = _Stemmers()


class TokenizedWord(NamedTuple):
    """A word of a text from `start` to `end` (exclusive), with its tokens."""

    start: int
    end: int
    word: str
    """The normalized word; empty for a designator or a number."""
    name_token: str
    text_token: str
    is_redundant: bool = False
    """The word is part of an expedition's designation next to it, such as "Expedition"."""
    compound: "TokenizedWord | None" = None
    """The hyphenated word that the word is part of, written as one: "Kudsverchkov"."""

    @property
    def prefix_key(self) -> str:
        """Token to compare with prefixes."""
        if not self.word:
            return self.name_token
        return build_transliteration_prefix(self.word)[:MAX_TOKEN_CHARS]


class _CharRun(NamedTuple):
    """A run of letters, or of digits, of a text."""

    start: int
    end: int
    text: str
    is_digits: bool


@bounded_cache(WORD_CACHE_BYTES)
def _tokenize_word(text: str) -> tuple[str, str, str]:
    """The normalized word, its token in names, and its token in texts."""
    word = normalize_word(_POSSESSIVE.sub("", text))[: 2 * MAX_TOKEN_CHARS]
    if alias := _SERIES_ALIASES.get(latinize(word)):
        return word, alias, alias
    stemmer = _STEMMERS.russian if is_cyrillic(word) else _STEMMERS.english
    return (
        word,
        build_transliteration_key(word)[:MAX_TOKEN_CHARS],
        build_transliteration_key(stemmer.stemWord(word))[:MAX_TOKEN_CHARS],
    )


def _normalize_digits(text: str) -> str:
    plain_digits = text if text.isascii() else "".join(str(int(digit)) for digit in text)
    return (plain_digits.lstrip("0") or "0")[:MAX_TOKEN_CHARS]


def tokenize(text: str) -> list[TokenizedWord]:
    """Split `text` into words."""
    runs = [
        _CharRun(found.start(), found.end(), run := found[0], run.isdecimal())
        for found in _CHAR_RUN.finditer(text)
    ]
    words: list[TokenizedWord] = []
    index, has_expedition = 0, False
    while index < len(runs):
        start, end, letters, digits = runs[index]
        near_digits = digits or (index + 1 < len(runs) and runs[index + 1].is_digits)
        if near_digits and (designator := _parse_designator(text, runs, index)):
            token, index = designator
            words.append(TokenizedWord(start, runs[index - 1].end, "", token, token))
            continue
        if digits:
            token = _normalize_digits(letters)
            words.append(TokenizedWord(start, end, "", token, token))
        else:
            word, name, stem = _tokenize_word(letters)
            if stem:
                words.append(TokenizedWord(start, end, word, name, stem))
                has_expedition = (
                    has_expedition or name == _STATION_TOKEN or bool(_EXPEDITION.match(word))
                )
        index += 1
    if _COMPOUND.search(text):
        words = list(_add_compounds(text, words))
    if has_expedition and any(map(_may_be_number, words)):
        words = list(_merge_expedition_numbers(words))
    return words


def _may_be_number(word: TokenizedWord) -> bool:
    """False if `word` is neither a number nor the designator of an expedition."""
    return word.name_token[-1:].isdecimal() or is_number_word(word.word)


def _add_compounds(text: str, words: list[TokenizedWord]) -> Iterator[TokenizedWord]:
    """`words`, those of hyphenated words with their compound."""
    first = 0
    for index, word in enumerate(words, start=1):
        after = words[index] if index < len(words) else None
        if after and word.word and after.word and text[word.end : after.start] in _COMPOUND_HYPHENS:
            continue
        parts, first = words[first:index], index
        if len(parts) == 1:
            yield word
            continue
        joined = _tokenize_word("".join(text[part.start : part.end] for part in parts))
        if joined[-1]:
            compound = TokenizedWord(parts[0].start, word.end, *joined)
            yield from (part._replace(compound=compound) for part in parts)
        else:
            yield from parts


def _parse_designator(text: str, runs: list[_CharRun], index: int) -> tuple[str, int] | None:
    """The designator that starts at `index`, and the index after it; None if there is none."""
    run = runs[index]
    after = runs[index + 1] if index + 1 < len(runs) else None
    gap = text[run.end : after.start] if after else ""
    if run.is_digits:
        token, end = _parse_designator_suffix(text, runs, _normalize_digits(run.text), index + 1)
        if end > index + 1:
            return token, end
        ordinal = (
            after
            and not after.is_digits
            and gap in _HYPHENS
            and normalize_word(after.text) in _ORDINAL_SUFFIXES
        )
        return (token, end + 1) if ordinal else None
    if after is None or not after.is_digits or not (series := _parse_series(run.text, gap)):
        return None
    token, end = f"{series}{_normalize_digits(after.text)}", index + 2
    return (
        (token, end)
        if series == _STATION_TOKEN
        else _parse_designator_suffix(text, runs, token, end)
    )


def _parse_series(letters: str, gap: str) -> str:
    """Parse the series of a designator before `gap` and a number; empty if it is not a series."""
    series = latinize(normalize_word(letters)) if len(letters) <= 4 else ""
    series = _SERIES_ALIASES.get(series, series)
    is_series_code = series in _SERIES_CODES
    joined = gap in _HYPHENS and (is_series_code or len(series) <= 3)  # "Союз-2" is no series
    return series if series.isascii() and (joined or (is_series_code and gap in _SPACES)) else ""


def _parse_designator_suffix(
    text: str, runs: list[_CharRun], token: str, index: int
) -> tuple[str, int]:
    """`token` with the suffix of its number: "M1-10", "12M", "2.1a", "1998-067A"."""
    before = runs[index - 1]
    if index < len(runs) and runs[index].is_digits:
        gap, number = text[before.end : runs[index].start], runs[index].text
        after = runs[index + 1] if index + 1 < len(runs) else None
        lettered = after is not None and not after.is_digits and after.start == runs[index].end
        short = len(before.text) <= 2 >= len(number)
        joins = short and (gap == "." or (gap == "-" and (lettered or not token.isdecimal())))
        if joins or (gap == "-" and (len(before.text), len(number)) == (4, 3)):
            token, index = f"{token}x{_normalize_digits(number)}", index + 1
    if index < len(runs) and not runs[index].is_digits and runs[index].start == runs[index - 1].end:
        letters = normalize_word(runs[index].text)
        if (
            len(letters) <= 2
            and letters not in _ORDINAL_SUFFIXES - {"м", "е"}
            and latinize(letters).isascii()
        ):
            return token + latinize(letters), index + 1
    return token, index


def _merge_expedition_numbers(words: list[TokenizedWord]) -> Iterator[TokenizedWord]:
    """`words` with each expedition number, in digits or words, merged into one token."""
    index = 0
    while index < len(words):
        word = words[index]
        if _is_expedition_prefix(word) and (number := _parse_expedition_number(words, index + 1)):
            yield word._replace(is_redundant=True)
            yield number[0]
            index = number[1]
        elif (
            _may_be_number(word)
            and (number := _parse_expedition_number(words, index))
            and (noun := _find_expedition_noun(words, number[1]))
        ):
            yield number[0]
            yield from (each._replace(is_redundant=True) for each in words[number[1] : noun + 1])
            index = noun + 1
        else:
            is_redundant = _EXPEDITION.match(word.word) and _has_expedition_token(
                words[max(index - 1, 0) : index + 2]
            )
            yield word._replace(is_redundant=True) if is_redundant else word
            index += 1


def _has_expedition_token(words: list[TokenizedWord]) -> bool:
    return any(_EXPEDITION_TOKEN.fullmatch(word.name_token) for word in words)


def _is_expedition_prefix(word: TokenizedWord) -> bool:
    return bool(_EXPEDITION.match(word.word)) or (
        word.name_token == _STATION_TOKEN and bool(word.word)
    )


def _parse_expedition_number(
    words: list[TokenizedWord], index: int
) -> tuple[TokenizedWord, int] | None:
    """The expedition number at `index`, and the index after it."""
    rest = words[index : index + 2]
    if not rest:
        return None
    first = rest[0]
    if first.text_token.isdecimal() and len(first.text_token) <= 3:
        value, length = int(first.text_token), 1
    elif parsed := parse_number_words([word.word for word in rest]):
        value, length = parsed
    else:
        return None
    token = f"{_STATION_TOKEN}{value}"
    return TokenizedWord(
        first.start, words[index + length - 1].end, "", token, token
    ), index + length


def _find_expedition_noun(words: list[TokenizedWord], index: int) -> int | None:
    """Index of the word "expedition" after a number and optional qualifiers."""
    for at in range(index, min(index + 4, len(words))):
        if _EXPEDITION.match(words[at].word):
            return at
        if not _EXPEDITION_QUALIFIER.match(words[at].word):
            return None
    return None
