"""Spelling correction: the indexed words at an edit distance of one.

Two words that differ by one letter omitted, inserted, replaced or swapped with its neighbour share
their first or their second half, unless the swap crosses the middle. So the candidates are two
short ranges of the indexed words, sorted forwards and backwards.
"""

from sqlalchemy import ColumnElement, func, or_, select

from app.db.database import Reader
from app.db.models import SearchWord
from app.search.fulltext import FieldMatch, SearchFields
from app.search.query_parser import Term
from app.search.ranking import (
    SEARCHABLE_TYPES,
    SpellingCorrections,
    parse_search_query,
    select_tier_keys,
)

_MAX_CANDIDATE_ROWS = 2000
"""Candidate words that are compared."""

_MAX_CORRECTION_COUNT = 8
"""Corrections of one word."""

_MAX_CODE_POINT = "\U0010ffff"


def find_corrections(reader: Reader, text: str) -> SpellingCorrections:
    """Corrections of the words of a query if no public record contains them all.

    Corrects the words that no record contains, or all of them if each is in some record.
    """
    query = parse_search_query(text)
    correctable = {term.word: term for term in query.terms if term.word}
    if not correctable or reader.scalar(select(_has_match(query.terms))):
        return {}
    matches = reader.first(
        select(*(_has_match((term,)).label(word) for word, term in correctable.items()))
    )
    unknown = [word for word, match in (matches or {}).items() if not match] or list(correctable)
    corrections = {word: _find_word_corrections(reader, word) for word in unknown}
    return {word: words for word, words in corrections.items() if words}


def _has_match(terms: tuple[Term, ...]) -> ColumnElement[bool]:
    """Condition: a public record matches the terms, the last of them perhaps as a prefix."""
    complete = select_tier_keys((FieldMatch(SearchFields.ALL, terms),), SEARCHABLE_TYPES).exists()
    if not terms[-1].prefixes:
        return complete
    return or_(
        complete,
        select_tier_keys(
            (FieldMatch(SearchFields.HEAD, terms, last_is_prefix=True),), SEARCHABLE_TYPES
        ).exists(),
    )


def _find_word_corrections(reader: Reader, word: str) -> list[str]:
    half = len(word) // 2
    start, end = word[:half], word[half:][::-1]
    swapped = word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :]
    shares_half = or_(
        SearchWord.word.between(start, start + _MAX_CODE_POINT),
        SearchWord.backwards.between(end, end + _MAX_CODE_POINT),
        SearchWord.word == swapped,
    )
    length = func.length(SearchWord.word).between(len(word) - 1, len(word) + 1)
    rows = reader.all(
        select(SearchWord.word)
        .where(shares_half, length)
        .order_by(SearchWord.word)
        .limit(_MAX_CANDIDATE_ROWS)
    )
    close = [row["word"] for row in rows if is_one_edit_apart(word, row["word"])]
    return [other for other in close if _is_public_word(reader, other)][:_MAX_CORRECTION_COUNT]


def _is_public_word(reader: Reader, word: str) -> bool:
    """True if a public record contains a word. Words of drafts and deleted records stay secret."""
    keys = select_tier_keys(
        (FieldMatch(SearchFields.ALL, parse_search_query(word).terms),), SEARCHABLE_TYPES
    )
    return reader.first(keys.limit(1)) is not None


def is_one_edit_apart(one: str, other: str) -> bool:
    """True if the words differ by one letter omitted, inserted, replaced or swapped."""
    if one == other:
        return False
    if len(one) > len(other):
        one, other = other, one
    index = next((n for n, letter in enumerate(one) if letter != other[n]), len(one))
    if len(one) < len(other):
        return one[index:] == other[index + 1 :]
    swapped = one[index + 1 : index + 2] + one[index] + one[index + 2 :]
    return one[index + 1 :] == other[index + 1 :] or swapped == other[index:]
