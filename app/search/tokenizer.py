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

from app.search.number_words import number
from app.search.transliteration import KEPT, is_cyrillic, latin, plain, skeleton

LONGEST = 40
"""How much of a word counts."""

STATION = "iss"

_ATOM = re.compile(r"\d+|[^\W\d_](?:[^\W\d_]|[\u0300-\u036f]|['’ʹʺʼ`](?=[^\W\d_]))*")
_POSSESSIVE = re.compile(r"['’]s$")
_SERIES = frozenset("ms m tm tma crs ng oa ax sts iss htv atv demo crew oft orb".split())
"""Letters that a number after a space belongs to."""
_SAME = {"mc": "ms", "mks": STATION}
_SPACES, _HYPHENS = (" ", "\xa0"), ("", "-", "‑", "–", "−")
_ORDINAL = frozenset("st nd rd th я й ая ой ю ую ей го му м е".split())
_EXPEDITION = re.compile(r"expeditions?$|экспедици")
_NUMBERED = re.compile(rf"{STATION}\d+")
_BETWEEN = re.compile(r"основн|длительн|долговременн|long$|duration$|main$|iss$|мкс$")
_ENGLISH, _RUSSIAN = (snowballstemmer.stemmer(name) for name in ("english", "russian"))


class Spoken(NamedTuple):
    """A word of a text, from `start` to before `end`, with its tokens."""

    start: int
    end: int
    word: str
    """The word itself, folded; empty for a designator or a number."""
    name: str
    stem: str
    told: bool = False
    """Whether the number of the expedition beside it says as much."""


class _Atom(NamedTuple):
    """A run of letters, or of digits, of a text."""

    start: int
    end: int
    text: str
    digits: bool


@lru_cache(KEPT)
def _tokens(text: str) -> tuple[str, str, str]:
    """A word as it is folded, in names, and in texts."""
    word = plain(_POSSESSIVE.sub("", text))[: 2 * LONGEST]
    if same := _SAME.get(latin(word)):
        return word, same, same
    stemmer = _RUSSIAN if is_cyrillic(word) else _ENGLISH
    return word, skeleton(word)[:LONGEST], skeleton(stemmer.stemWord(word))[:LONGEST]


def _digits(text: str) -> str:
    plain_digits = text if text.isascii() else "".join(str(int(digit)) for digit in text)
    return (plain_digits.lstrip("0") or "0")[:LONGEST]


def spoken(text: str) -> list[Spoken]:
    """The words of `text`, in their order."""
    atoms = [_Atom(*f.span(), f[0], f[0].isdecimal()) for f in _ATOM.finditer(text)]
    found: list[Spoken] = []
    place, numbered = 0, False
    while place < len(atoms):
        start, end, letters, digits = atoms[place]
        beside = digits or (place + 1 < len(atoms) and atoms[place + 1].digits)
        if beside and (joined := _designator(text, atoms, place)):
            token, place = joined
            found.append(Spoken(start, atoms[place - 1].end, "", token, token))
            continue
        if digits:
            token = _digits(letters)
            found.append(Spoken(start, end, "", token, token))
        else:
            word, name, stem = _tokens(letters)
            if stem:
                found.append(Spoken(start, end, word, name, stem))
                numbered = numbered or name == STATION or bool(_EXPEDITION.match(word))
        place += 1
    return list(_expeditions(found)) if numbered else found


def _designator(text: str, atoms: list[_Atom], place: int) -> tuple[str, int] | None:
    """The designator that begins at `place`, and where it ends; None where there is none."""
    atom = atoms[place]
    after = atoms[place + 1] if place + 1 < len(atoms) else None
    gap = text[atom.end : after.start] if after else ""
    if atom.digits:
        token, end = _tail(text, atoms, _digits(atom.text), place + 1)
        if end > place + 1:
            return token, end
        ordinal = after and not after.digits and gap in _HYPHENS and plain(after.text) in _ORDINAL
        return (token, end + 1) if ordinal else None
    if after is None or not after.digits or not (series := _series(atom.text, gap)):
        return None
    token, end = f"{series}{_digits(after.text)}", place + 2
    return (token, end) if series == STATION else _tail(text, atoms, token, end)


def _series(letters: str, gap: str) -> str:
    """The letters of a designator whose number stands behind `gap`; "" where they are none."""
    series = latin(plain(letters)) if len(letters) <= 4 else ""
    series = _SAME.get(series, series)
    known = series in _SERIES
    joined = gap in _HYPHENS and (known or len(series) <= 3)  # "Союз-2" is no series
    return series if series.isascii() and (joined or (known and gap in _SPACES)) else ""


def _tail(text: str, atoms: list[_Atom], token: str, place: int) -> tuple[str, int]:
    """`token` with what of a designator follows its number: "M1-10", "12M", "2.1a", "1998-067A"."""
    before = atoms[place - 1]
    if place < len(atoms) and atoms[place].digits:
        gap, number_ = text[before.end : atoms[place].start], atoms[place].text
        after = atoms[place + 1] if place + 1 < len(atoms) else None
        lettered = after is not None and not after.digits and after.start == atoms[place].end
        short = len(before.text) <= 2 >= len(number_)
        joins = short and (gap == "." or (gap == "-" and (lettered or not token.isdecimal())))
        if joins or (gap == "-" and (len(before.text), len(number_)) == (4, 3)):
            token, place = f"{token}x{_digits(number_)}", place + 1
    if (
        place < len(atoms)
        and not atoms[place].digits
        and atoms[place].start == atoms[place - 1].end
    ):
        letters = plain(atoms[place].text)
        if len(letters) <= 2 and letters not in _ORDINAL - {"м", "е"} and latin(letters).isascii():
            return token + latin(letters), place + 1
    return token, place


def _expeditions(words: list[Spoken]) -> Iterator[Spoken]:
    """`words` with the numbers of expeditions as one token: digits and words, before and after."""
    place = 0
    while place < len(words):
        word = words[place]
        if _is_station(word) and (found := _number_at(words, place + 1)):
            yield word._replace(told=True)
            yield found[0]
            place = found[1]
        elif (found := _number_at(words, place)) and (noun := _noun_after(words, found[1])):
            yield found[0]
            yield from (each._replace(told=True) for each in words[found[1] : noun + 1])
            place = noun + 1
        else:
            told = _EXPEDITION.match(word.word) and _has_number(
                words[max(place - 1, 0) : place + 2]
            )
            yield word._replace(told=True) if told else word
            place += 1


def _has_number(words: list[Spoken]) -> bool:
    return any(_NUMBERED.fullmatch(word.name) for word in words)


def _is_station(word: Spoken) -> bool:
    return bool(_EXPEDITION.match(word.word)) or (word.name == STATION and bool(word.word))


def _number_at(words: list[Spoken], place: int) -> tuple[Spoken, int] | None:
    """The number that stands at `place`, as that of an expedition, and where it ends."""
    rest = words[place : place + 2]
    if not rest:
        return None
    first = rest[0]
    if first.stem.isdecimal() and len(first.stem) <= 3:
        value, length = int(first.stem), 1
    elif told := number([word.word for word in rest]):
        value, length = told
    else:
        return None
    token = f"{STATION}{value}"
    return Spoken(first.start, words[place + length - 1].end, "", token, token), place + length


def _noun_after(words: list[Spoken], place: int) -> int | None:
    """Where the word "expedition" stands, if nothing but what may precede it comes before."""
    for at in range(place, min(place + 4, len(words))):
        if _EXPEDITION.match(words[at].word):
            return at
        if not _BETWEEN.match(words[at].word):
            return None
    return None
