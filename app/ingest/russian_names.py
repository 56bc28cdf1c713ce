"""Inflected Russian names in texts: "Олегом Кононенко", "Олега Скрипочки"."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise, product

_CASE_ENDINGS = frozenset(
    "а е и й о у ы ь ю я ая ей ем ём ию ия ие им ич его ему ого ой ом ому ою ую ым".split()
)
"""Case endings of given and family names."""

_MIN_STEM_CHARS = 3
"""Minimum length of a stem; shorter ones match too many words."""


def _name_stems(name: str) -> set[str]:
    """Stems of a name in the nominative: Сергей → Серге, Новицкий → Новицк."""
    short = name[:-1] if name[-1:] in "аеийоуыьюя" else name
    return {short, name[:-2]} if name.endswith(("ий", "ый", "ой")) else {short}


class RussianNameIndex:
    """Index of people by the stems of their given and family names."""

    def __init__(self) -> None:
        self._slugs_by_stems: dict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, slug: str, name: tuple[str, ...]) -> None:
        """Index a name of two Russian words, the family name last. Other names are ignored."""
        if len(name) == 2 and all("а" <= word[0] <= "я" for word in name):
            for given, family in product(*map(_name_stems, name)):
                if min(len(given), len(family)) >= _MIN_STEM_CHARS:
                    self._slugs_by_stems[given, family].add(slug)

    def find_people(self, words: tuple[str, ...]) -> Iterator[str]:
        """Yield people whose given and family names are adjacent, in either order."""
        for one, other in pairwise(words):
            for given, family in ((one, other), (other, one)):
                people = {
                    slug
                    for first in _word_stems(given)
                    for last in _word_stems(family)
                    for slug in self._slugs_by_stems.get((first, last), ())
                }
                if len(people) == 1:
                    yield from people


def _word_stems(word: str) -> Iterator[str]:
    """Yield the possible stems of an inflected word."""
    yield word
    for length in (1, 2, 3):
        if word[-length:] in _CASE_ENDINGS and len(word) - length >= _MIN_STEM_CHARS:
            yield word[:-length]
