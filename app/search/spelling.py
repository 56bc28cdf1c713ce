"""One misspelt letter forgiven: which of the words that are known may be meant.

Two words that differ by one letter left out, put in, exchanged or swapped with its neighbour share
their first half or their second, unless those two letters lie across the middle. So the candidates
are two short ranges of the words known, read forwards and backwards.
"""

from sqlalchemy import ColumnElement, func, or_, select

from app.db.database import Reader
from app.db.models import SearchWord
from app.search.fulltext import FieldMatch, SearchFields
from app.search.query_parser import ParsedQuery, Term
from app.search.ranking import (
    SEARCHABLE_TYPES,
    SpellingCorrections,
    parse_search_query,
    select_tier_keys,
)

_MAX_CANDIDATE_ROWS = 2000
"""How many words with one half in common are looked at."""

_MAX_CORRECTION_COUNT = 8
"""How many words one misspelt word is taken for at the most."""

_MAX_CODE_POINT = "\U0010ffff"


def find_corrections(reader: Reader, text: str | None) -> SpellingCorrections:
    """What may be meant by the words of `text` where nothing public has them all.

    Those are other spellings of the words that nothing has; of all words, where each is known.
    """
    asked = parse_search_query(text) if text else ParsedQuery()
    doubtful = {term.word: term for term in asked.terms if term.word}
    if not doubtful or reader.scalar(select(_has_match(asked.terms))):
        return {}
    known = reader.first(
        select(*(_has_match((term,)).label(word) for word, term in doubtful.items()))
    )
    unknown = [word for word, found in (known or {}).items() if not found] or list(doubtful)
    meant = {word: _find_word_corrections(reader, word) for word in unknown}
    return {word: found for word, found in meant.items() if found}


def _has_match(terms: tuple[Term, ...]) -> ColumnElement[bool]:
    """Whether something public has the terms, or, where the last may go on, begins so."""
    whole = select_tier_keys((FieldMatch(SearchFields.ALL, terms),), SEARCHABLE_TYPES).exists()
    if not terms[-1].prefixes:
        return whole
    return or_(
        whole,
        select_tier_keys(
            (FieldMatch(SearchFields.HEAD, terms, last_is_prefix=True),), SEARCHABLE_TYPES
        ).exists(),
    )


def _find_word_corrections(reader: Reader, word: str) -> list[str]:
    half = len(word) // 2
    start, end = word[:half], word[half:][::-1]
    across = word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :]
    alike = or_(
        SearchWord.word.between(start, start + _MAX_CODE_POINT),
        SearchWord.backwards.between(end, end + _MAX_CODE_POINT),
        SearchWord.word == across,
    )
    length = func.length(SearchWord.word).between(len(word) - 1, len(word) + 1)
    rows = reader.all(
        select(SearchWord.word)
        .where(alike, length)
        .order_by(SearchWord.word)
        .limit(_MAX_CANDIDATE_ROWS)
    )
    near = [row["word"] for row in rows if is_one_edit_apart(word, row["word"])]
    return [other for other in near if _is_public_word(reader, other)][:_MAX_CORRECTION_COUNT]


def _is_public_word(reader: Reader, word: str) -> bool:
    """Whether something public has a word: those of a draft, or of what is gone, tell nothing."""
    found = select_tier_keys(
        (FieldMatch(SearchFields.ALL, parse_search_query(word).terms),), SEARCHABLE_TYPES
    )
    return reader.first(found.limit(1)) is not None


def is_one_edit_apart(one: str, other: str) -> bool:
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
