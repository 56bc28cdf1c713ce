"""Russian names as they stand in sentences: "Олегом Кононенко", "Олега Скрипочки"."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise, product

_CASE_ENDINGS = frozenset(
    "а е и й о у ы ь ю я ая ей ем ём ию ия ие им ич его ему ого ой ом ому ою ую ым".split()
)
"""What may follow the stem of a given or a family name, in any case."""

_MIN_STEM_CHARS = 3
"""How long a stem is at least: shorter ones are those of too many words."""


def _name_stems(name: str) -> set[str]:
    """What stays of a name in all its cases: Сергей, Сергея; Новицкий, Новицкого."""
    short = name[:-1] if name[-1:] in "аеийоуыьюя" else name
    return {short, name[:-2]} if name.endswith(("ий", "ый", "ой")) else {short}


class RussianNameIndex:
    """People by the stems of given and family name."""

    def __init__(self) -> None:
        self._slugs_by_stems: dict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, slug: str, name: tuple[str, ...]) -> None:
        """Know somebody by a name of two Russian words, the family name last."""
        if len(name) == 2 and all("а" <= word[0] <= "я" for word in name):
            for given, family in product(*map(_name_stems, name)):
                if min(len(given), len(family)) >= _MIN_STEM_CHARS:
                    self._slugs_by_stems[given, family].add(slug)

    def find_people(self, spoken: tuple[str, ...]) -> Iterator[str]:
        """Those whose given and family name stand beside one another, in either order."""
        for one, other in pairwise(spoken):
            for given, family in ((one, other), (other, one)):
                found = {
                    slug
                    for first in _word_stems(given)
                    for last in _word_stems(family)
                    for slug in self._slugs_by_stems.get((first, last), ())
                }
                if len(found) == 1:
                    yield from found


def _word_stems(word: str) -> Iterator[str]:
    """What `word` may be a form of."""
    yield word
    for length in (1, 2, 3):
        if word[-length:] in _CASE_ENDINGS and len(word) - length >= _MIN_STEM_CHARS:
            yield word[:-length]
