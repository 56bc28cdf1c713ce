"""Letters in their many spellings: look-alikes, and what transliterations have in common.

ISO 9 writes Ovčinin, BGN/PCGN and passports Ovchinin, the French Ovtchinine. No table of pairs can
hold that; a skeleton can, which all of them and the Cyrillic itself lead to.
"""

import re
from functools import lru_cache

from app.domain.text import fold

WORD_CACHE_ITEMS = 100_000
"""How many words are remembered: a language in use has no more that matter."""

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


def is_cyrillic(word: str) -> bool:
    """Whether folded `word` is written in Cyrillic, for the greater part."""
    return _count_cyrillic(word) > len(word) // 2


def _count_cyrillic(word: str) -> int:
    return sum("Ѐ" <= letter <= "ӿ" for letter in word)


@lru_cache(WORD_CACHE_ITEMS)
def normalize_word(word: str) -> str:
    """`word` folded, without apostrophes, its letters of one script where they can be."""
    folded = _APOSTROPHES.sub("", fold(_APOSTROPHES.sub("", word)))
    foreign = _count_cyrillic(folded)
    if not foreign or foreign == sum(letter.isalpha() for letter in folded):
        return folded
    for table in (
        _HOMOGLYPHS_TO_CYRILLIC,
        _HOMOGLYPHS_TO_LATIN,
    ):  # "Ивaнишин" with a Latin a; "Hаgue" with a Cyrillic
        pure = folded.translate(table)
        letters = sum(letter.isalpha() for letter in pure)
        if _count_cyrillic(pure) in {0, letters}:
            return pure
    return folded


def latinize(word: str) -> str:
    """Plain `word` in Latin letters, one by one, as designators have them."""
    return word.translate(_LATIN_TABLE)


def build_transliteration_prefix(word: str) -> str:
    """What all transliterations of plain `word` begin with, as far as it goes: ASCII, no case."""
    found = latinize(word)
    for pattern, letter in _TRANSLITERATION_RULES:
        found = pattern.sub(letter, found)
    return _NON_ALPHANUMERIC.sub(lambda other: f"u{ord(other[0]):x}", found)


@lru_cache(WORD_CACHE_ITEMS)
def build_transliteration_key(word: str) -> str:
    """What all transliterations of plain `word` have in common; the last vowels are no part."""
    return strip_final_vowels(build_transliteration_prefix(word))


def strip_final_vowels(word: str) -> str:
    """`word`, in Latin letters, without the vowels at its end; two letters always remain."""
    return _FINAL_VOWELS.sub("", word)
