"""Ranking: the index keys that match a query, in tiers. Both databases give the same results."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    column,
    false,
    or_,
    select,
)

from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import SearchDocument
from app.domain.bounded_cache import bounded_cache
from app.domain.dates import now
from app.domain.enums import RecordType
from app.search.fulltext import FieldMatch, SearchFields, bind_match, match_documents, name_match
from app.search.index_keys import (
    index_key_range,
    past_index_key_ranges,
    record_id_expression,
)
from app.search.query_parser import ParsedQuery, Term, parse_query_text

SEARCHABLE_TYPES = tuple(RecordType)

SpellingCorrections = Mapping[str, Collection[str]]
"""Corrections by word of a query."""

NO_CORRECTIONS: SpellingCorrections = {}

RankingTier = tuple[FieldMatch, ...]
"""The condition of a tier, then the conditions whose matches it excludes, as of better tiers."""


@bounded_cache(2**18)
def parse_search_query(text: str) -> ParsedQuery:
    """Parse a search query."""
    return parse_query_text(text, SEARCHABLE_TYPES)


def parse_suggest_query(text: str) -> ParsedQuery:
    """Parse the query of a suggestion: the last word, however short, matches as a prefix."""
    return parse_query_text(text, SEARCHABLE_TYPES, min_prefix_chars=1)


def build_search_tiers(query: ParsedQuery) -> list[RankingTier]:
    """Tiers of search results, best first; each record is in at most one of them.

    In order: a name equals the query; the names contain all words, and the initials of the query
    if it has any; the names contain all words; the title does; names, title
    and lead together do; the same three with the last word as a prefix; the whole text does.
    """
    if not query.terms:
        return []
    names, title, head, all_text = (FieldMatch(within, query.terms) for within in SearchFields)
    tiers: list[RankingTier] = [*_build_name_tiers(query, names), (title,), (head, names, title)]
    if query.terms[-1].prefixes:
        prefix = replace(head, last_is_prefix=True)
        tiers += [(each, head) for each in _build_prefix_matches(query)]
        tiers += [(prefix, head, *_build_prefix_matches(query)), (all_text, prefix)]
    else:
        tiers += [(all_text, head)]
    return [(*tier, *_build_exclusions(query)) for tier in tiers]


def build_suggestion_tiers(query: ParsedQuery) -> list[RankingTier]:
    """Tiers of suggestions: names and titles, with the last word as a prefix."""
    if not query.terms:
        return []
    if not query.terms[-1].prefixes:
        names, title, *_ = (FieldMatch(within, query.terms) for within in SearchFields)
    else:
        names, title = _build_prefix_matches(query)
    return [
        (*tier, *_build_exclusions(query)) for tier in (*_build_name_tiers(query, names), (title,))
    ]


def _build_name_tiers(query: ParsedQuery, names: FieldMatch) -> list[RankingTier]:
    matches = [names]
    if query.initials:
        matches.insert(0, replace(names, terms=(*query.initials, *query.terms)))
    if query.full_name_token:
        full_name = Term(((query.full_name_token,),), ())
        matches.insert(0, FieldMatch(SearchFields.NAMES, (full_name,)))
    return [(match, *matches[:place]) for place, match in enumerate(matches)]


def _build_prefix_matches(query: ParsedQuery) -> list[FieldMatch]:
    return [
        FieldMatch(within, query.terms, last_is_prefix=True)
        for within in (SearchFields.NAMES, SearchFields.TITLE)
    ]


def _build_exclusions(query: ParsedQuery) -> list[FieldMatch]:
    return [FieldMatch(SearchFields.ALL, (term,)) for term in query.excluded_terms]


def select_tier_keys(tier: RankingTier, types: Collection[RecordType]) -> AnySelect:
    """Index keys of a tier, for public records of some types."""
    first, *better = map(bind_match, tier)
    matches = match_documents([first], better)
    return select(matches.c.place).where(_is_visible(types))


def read_tier_keys(
    reader: Reader,
    tier: RankingTier,
    types: Collection[RecordType],
    after: int | None,
    number: int,
    *,
    backwards: bool,
) -> list[int]:
    """Read the first `number` index keys of a tier after a key, newest first unless `backwards`."""
    ranges = _find_visible_ranges(types)
    fields = tuple(condition.fields for condition in tier)
    statement = _select_tier_page(fields, len(ranges), after is not None, backwards)
    values: dict[str, Any] = {f"match_{n}": condition for n, condition in enumerate(tier)}
    for n, (first, end) in enumerate(ranges):
        values |= {f"range_{n}_first": first, f"range_{n}_end": end}
    rows = reader.all(statement, **values, after=after, number=number)
    return [row["place"] for row in rows]


@lru_cache(maxsize=256)
def _select_tier_page(
    fields: tuple[SearchFields, ...], range_count: int, has_start: bool, backwards: bool
) -> AnySelect:
    """Select the keys of a tier: see `read_tier_keys`."""
    first, *better = (name_match(each, f"match_{n}") for n, each in enumerate(fields))
    matches = match_documents([first], better)
    bounds: tuple[tuple[Any, Any], ...] = tuple(
        (bindparam(f"range_{n}_first"), bindparam(f"range_{n}_end")) for n in range(range_count)
    )
    keys = select(matches.c.place).where(_is_in_ranges(bounds))
    return _page_keys(keys, has_start, backwards)


def read_any_tier_keys(
    reader: Reader,
    query: ParsedQuery,
    types: Collection[RecordType],
    after: int | None,
    number: int,
    *,
    backwards: bool,
) -> list[int]:
    """Read the first `number` keys of `select_any_tier_keys`, as `read_tier_keys` does."""
    keys = _page_keys(select_any_tier_keys(query, types), after is not None, backwards)
    return [row["place"] for row in reader.all(keys, after=after, number=number)]


def _page_keys(keys: AnySelect, has_start: bool, backwards: bool) -> AnySelect:
    """Order and limit a statement of index keys by the bound `after` and `number`."""
    (key,) = keys.selected_columns
    if has_start:
        after = bindparam("after", type_=BigInteger())
        keys = keys.where(key > after if backwards else key < after)
    keys = keys.order_by(key.asc() if backwards else key.desc())
    return keys.limit(bindparam("number", type_=Integer()))


def select_any_tier_keys(query: ParsedQuery, types: Collection[RecordType]) -> AnySelect:
    """Index keys of all tiers, or of all records of some types if the query has no words.

    Excludes the records that match an exclusion of the query.
    """
    if query.terms:
        prefix = FieldMatch(
            SearchFields.HEAD, query.terms, last_is_prefix=bool(query.terms[-1].prefixes)
        )
        matches = match_documents(
            [bind_match(FieldMatch(SearchFields.ALL, query.terms)), bind_match(prefix)],
            list(map(bind_match, _build_exclusions(query))),
        )
        return select(matches.c.place).where(_is_visible(types))
    key = SearchDocument.place
    every = select(key).where(_is_visible(types))
    for excluded in _build_exclusions(query):
        every = every.where(key.not_in(select(match_documents([bind_match(excluded)]).c.place)))
    return every


def _is_visible(types: Collection[RecordType]) -> ColumnElement[bool]:
    """Condition: the key is of one of the types, and of a past date if the type is scheduled."""
    return _is_in_ranges(_find_visible_ranges(types))


@lru_cache(maxsize=64)
def _is_in_ranges(ranges: tuple[tuple[Any, Any], ...]) -> ColumnElement[bool]:
    """Condition: `place` is in one of the half-open ranges, which are in order."""
    key = column("place", BigInteger)
    in_ranges = or_(*(and_(key >= first, key < end) for first, end in ranges))
    return and_(key >= ranges[0][0], key < ranges[-1][1], in_ranges)


def _find_visible_ranges(types: Collection[RecordType]) -> tuple[tuple[int, int], ...]:
    """Ranges of the index keys of some types, without those of future dates."""
    is_scheduled = any(each.scheduled for each in types)
    return _merge_visible_ranges(frozenset(types), now() if is_scheduled else None)


@lru_cache(maxsize=32)  # the tiers of a query, and the queries of a second, share them
def _merge_visible_ranges(
    types: frozenset[RecordType], moment: datetime | None
) -> tuple[tuple[int, int], ...]:
    ranges = [
        key_range
        for each in types
        for key_range in (
            past_index_key_ranges(each, moment)
            if moment and each.scheduled
            else [index_key_range(each)]
        )
    ]
    merged: list[tuple[int, int]] = []
    for first, end in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((first, end))
    return tuple(merged)


def get_requested_types(query: ParsedQuery, types: Sequence[RecordType] = ()) -> list[RecordType]:
    """Types that both a query and a filter request; none requested means all."""
    named = [RecordType(each) for each in query.types]
    return [
        each
        for each in SEARCHABLE_TYPES
        if each in (named or SEARCHABLE_TYPES) and each in (types or SEARCHABLE_TYPES)
    ]


def select_matching_ids(
    record_type: RecordType, text: str, corrections: SpellingCorrections = NO_CORRECTIONS
) -> AnySelect:
    """Ids of the records of one type that match in any tier: the filter `q` of a list."""
    query = parse_search_query(text).with_corrections(corrections)
    keys = select_any_tier_keys(query, [record_type])
    (key,) = keys.selected_columns
    ids = keys.with_only_columns(record_id_expression(key), maintain_column_froms=True)
    return (
        ids.where(false())
        if query.is_empty or record_type not in get_requested_types(query)
        else ids
    )
