"""One misspelt letter forgiven: which of the words that are known may be meant.

Two words that differ by one letter left out, put in, exchanged or swapped with its neighbour share
their first half or their second, unless those two letters lie across the middle. So the candidates
are two short ranges of the words known, read forwards and backwards.
"""

from sqlalchemy import ColumnElement, func, or_, select

from app.db.database import Reader
from app.db.models import SearchWord
from app.search.fulltext import Holds, Within
from app.search.query_parser import Asked, Term
from app.search.ranking import KINDS, Spellings, matches, understood

LOOKED_AT = 2000
"""How many words with one half in common are looked at."""

MEANT = 8
"""How many words one misspelt word is taken for at the most."""

_LAST = "\U0010ffff"


def spellings(reader: Reader, text: str | None) -> Spellings:
    """What may be meant by the words of `text` where nothing public has them all.

    Those are other spellings of the words that nothing has; of all words, where each is known.
    """
    asked = understood(text) if text else Asked()
    doubtful = {term.word: term for term in asked.terms if term.word}
    if not doubtful or reader.scalar(select(_known(asked.terms))):
        return {}
    known = reader.first(select(*(_known((term,)).label(word) for word, term in doubtful.items())))
    unknown = [word for word, found in (known or {}).items() if not found] or list(doubtful)
    meant = {word: _meant(reader, word) for word in unknown}
    return {word: found for word, found in meant.items() if found}


def _known(terms: tuple[Term, ...]) -> ColumnElement[bool]:
    """Whether something public has the terms, or, where the last may go on, begins so."""
    whole = matches((Holds(Within.ALL, terms),), KINDS).exists()
    if not terms[-1].begins:
        return whole
    return or_(whole, matches((Holds(Within.HEAD, terms, begun=True),), KINDS).exists())


def _meant(reader: Reader, word: str) -> list[str]:
    half = len(word) // 2
    start, end = word[:half], word[half:][::-1]
    across = word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :]
    alike = or_(
        SearchWord.word.between(start, start + _LAST),
        SearchWord.backwards.between(end, end + _LAST),
        SearchWord.word == across,
    )
    length = func.length(SearchWord.word).between(len(word) - 1, len(word) + 1)
    rows = reader.all(
        select(SearchWord.word).where(alike, length).order_by(SearchWord.word).limit(LOOKED_AT)
    )
    near = [row["word"] for row in rows if is_one_apart(word, row["word"])]
    return [other for other in near if _is_public(reader, other)][:MEANT]


def _is_public(reader: Reader, word: str) -> bool:
    """Whether something public has a word: those of a draft, or of what is gone, tell nothing."""
    found = matches((Holds(Within.ALL, understood(word).terms),), KINDS)
    return reader.first(found.limit(1)) is not None


def is_one_apart(one: str, other: str) -> bool:
    """Whether one letter left out, put in, exchanged or swapped makes `other` of `one`."""
    if one == other:
        return False
    if len(one) > len(other):
        one, other = other, one
    place = next((n for n, letter in enumerate(one) if letter != other[n]), len(one))
    if len(one) < len(other):
        return one[place:] == other[place + 1 :]
    swapped = one[place + 1 : place + 2] + one[place] + one[place + 2 :]
    return one[place + 1 :] == other[place + 1 :] or swapped == other[place:]
