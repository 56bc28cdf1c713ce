"""Transliteration: keys that Cyrillic words share with their romanizations, and homoglyphs.

ISO 9 writes Ovčinin, BGN/PCGN and passports Ovchinin, French texts Ovtchinine. All of them and the
Cyrillic original are reduced to one key.
"""

import re
import unicodedata

from app.domain.bounded_cache import bounded_cache
from app.domain.text import fold

WORD_CACHE_BYTES = 2**24
"""Size of each cache of words: room for the frequent words of two languages."""

_LATIN_BY_LETTER = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщыэіїєґў",
        "a b v g d e z z i i k l m n o p r s t u f h k k s s i e i i e g u".split(),
        strict=True,
    )
) | {
    "ю": "iu", "я": "ia", "ё": "io", "ъ": "", "ь": "",
    "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i",
}  # fmt: skip
_LATIN_TABLE = str.maketrans(_LATIN_BY_LETTER)

_HOMOGLYPHS = dict(zip("аеікморстух", "aeikmopctyx", strict=True))
_HOMOGLYPHS_TO_LATIN = str.maketrans(_HOMOGLYPHS | {"в": "b", "н": "h"})
_HOMOGLYPHS_TO_CYRILLIC = str.maketrans(
    {latin: cyrillic for cyrillic, latin in _HOMOGLYPHS.items()}
)

_APOSTROPHES = re.compile(r"['’ʹʺʼʻ`´\"]")
_TRANSLITERATION_RULES = [
    (re.compile(pattern), letter)
    for pattern, letter in (
        (r"shch|sch|sh", "s"),
        (r"tch|ch|ts", "k"),
        (r"kh", "h"),
        (r"zh", "z"),
        (r"x", "ks"),
        (r"[cq]", "k"),
        (r"w", "v"),
        (r"[jy]", "i"),
        (r"io", "e"),
        (r"i+(?=[aeu])", ""),
        (r"ii+", "i"),
        (r"(?<=[dt])er$", "r"),
    )
]
_FINAL_VOWELS = re.compile(r"(?<=..)[aeiou]+$")
_NON_ALPHANUMERIC = re.compile(r"[^a-z0-9]")
_VOWELS_TO_CONSONANTS = str.maketrans("ae", "gh")
"""For code points in hexadecimal: they must not end in a vowel, which keys omit."""


def is_cyrillic(word: str) -> bool:
    """True if more than half of folded `word` is Cyrillic."""
    return _count_cyrillic(word) > len(word) // 2


def _count_cyrillic(word: str) -> int:
    return sum("Ѐ" <= letter <= "ӿ" for letter in word)


@bounded_cache(WORD_CACHE_BYTES)
def normalize_word(word: str) -> str:
    """`word` folded, without apostrophes, and with homoglyphs replaced by letters of one script."""
    folded = _APOSTROPHES.sub("", fold(_APOSTROPHES.sub("", word)))
    cyrillic = _count_cyrillic(folded)
    if not cyrillic or cyrillic == sum(letter.isalpha() for letter in folded):
        return folded
    for table in (
        _HOMOGLYPHS_TO_CYRILLIC,
        _HOMOGLYPHS_TO_LATIN,
    ):  # "Ивaнишин" with a Latin a; "Hаgue" with a Cyrillic
        converted = folded.translate(table)
        letters = sum(letter.isalpha() for letter in converted)
        if _count_cyrillic(converted) in {0, letters}:
            return converted
    return folded


def latinize(word: str) -> str:
    """Normalized `word` in Latin letters, letter by letter, as in designators."""
    return word.translate(_LATIN_TABLE)


@bounded_cache(WORD_CACHE_BYTES)
def build_transliteration_prefix(word: str) -> str:
    """Key of a prefix of a normalized word, the same for all romanizations: ASCII, lower case."""
    key = latinize(word)
    for pattern, letter in _TRANSLITERATION_RULES:
        key = pattern.sub(letter, key)
    return _NON_ALPHANUMERIC.sub(_escape_letter, unicodedata.normalize("NFC", key))


def _escape_letter(letter: re.Match[str]) -> str:
    return f"u{ord(letter[0]):x}".translate(_VOWELS_TO_CONSONANTS)


@bounded_cache(WORD_CACHE_BYTES)
def build_transliteration_key(word: str) -> str:
    """Key of a normalized word, the same for all romanizations, without final vowels."""
    return strip_final_vowels(build_transliteration_prefix(word))


def strip_final_vowels(word: str) -> str:
    """`word`, in Latin letters, without final vowels; keeps at least two letters."""
    return _FINAL_VOWELS.sub("", word)
