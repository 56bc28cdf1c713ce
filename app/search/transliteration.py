"""Letters in their many spellings: look-alikes, and what transliterations have in common.

ISO 9 writes Ovčinin, BGN/PCGN and passports Ovchinin, the French Ovtchinine. No table of pairs can
hold that; a skeleton can, which all of them and the Cyrillic itself lead to.
"""

import re
from functools import lru_cache

from app.domain.text import fold

KEPT = 100_000
"""How many words are remembered: a language in use has no more that matter."""

_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщыэіїєґў",
        "a b v g d e z z i i k l m n o p r s t u f h k k s s i e i i e g u".split(),
        strict=True,
    )
) | {
    "ю": "iu", "я": "ia", "ё": "io", "ъ": "", "ь": "",
    "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i",
}  # fmt: skip
_LATIN = str.maketrans(_CYRILLIC)

_LOOK_ALIKE = dict(zip("аеікморстух", "aeikmopctyx", strict=True))
_TO_LATIN = str.maketrans(_LOOK_ALIKE | {"в": "b", "н": "h"})
_TO_CYRILLIC = str.maketrans({latin: cyrillic for cyrillic, latin in _LOOK_ALIKE.items()})

_MARKS = re.compile(r"['’ʹʺʼʻ`´\"]")
_DIGRAPHS = [
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
_VOWELS = re.compile(r"(?<=..)[aeiou]+$")
_OTHER = re.compile(r"[^a-z0-9]")


def is_cyrillic(word: str) -> bool:
    """Whether folded `word` is written in Cyrillic, for the greater part."""
    return _cyrillic(word) > len(word) // 2


def _cyrillic(word: str) -> int:
    return sum("Ѐ" <= letter <= "ӿ" for letter in word)


@lru_cache(KEPT)
def plain(word: str) -> str:
    """`word` folded, without apostrophes, its letters of one script where they can be."""
    folded = _MARKS.sub("", fold(_MARKS.sub("", word)))
    foreign = _cyrillic(folded)
    if not foreign or foreign == sum(letter.isalpha() for letter in folded):
        return folded
    for table in (_TO_CYRILLIC, _TO_LATIN):  # "Ивaнишин" with a Latin a; "Hаgue" with a Cyrillic
        pure = folded.translate(table)
        letters = sum(letter.isalpha() for letter in pure)
        if _cyrillic(pure) in {0, letters}:
            return pure
    return folded


def latin(word: str) -> str:
    """Plain `word` in Latin letters, one by one, as designators have them."""
    return word.translate(_LATIN)


def open_skeleton(word: str) -> str:
    """What all transliterations of plain `word` begin with, as far as it goes: ASCII, no case."""
    found = latin(word)
    for pattern, letter in _DIGRAPHS:
        found = pattern.sub(letter, found)
    return _OTHER.sub(lambda other: f"u{ord(other[0]):x}", found)


@lru_cache(KEPT)
def skeleton(word: str) -> str:
    """What all transliterations of plain `word` have in common; the last vowels are no part."""
    return _VOWELS.sub("", open_skeleton(word))
