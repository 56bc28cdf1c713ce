"""Queries of search and suggestions."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Protocol

from app.api.lists.pagination import build_page, count_rows
from app.api.lists.seek import Seek
from app.db.database import Reader, Row
from app.domain.enums import RecordType
from app.resources.search.hits import load_search_hits
from app.resources.search.schemas import SearchPage, SearchQuery, Suggestions, SuggestQuery
from app.search.highlighting import Highlighter
from app.search.query_parser import ParsedQuery
from app.search.ranking import (
    RankingTier,
    build_search_tiers,
    build_suggestion_tiers,
    get_requested_types,
    parse_search_query,
    parse_suggest_query,
    read_any_tier_keys,
    read_tier_keys,
    select_any_tier_keys,
)
from app.search.spelling import find_corrections

_RELEVANCE_SORT = "best"
_CURSOR_KEY_TYPES = {_RELEVANCE_SORT: {"tier": int, "index_key_high": int, "index_key_low": int}}
"""The index key of a result is split into halves that fit into cursors."""

_HALF_KEY_BITS = 31


def search(reader: Reader, query: SearchQuery) -> SearchPage:
    """A page of search results."""
    parsed = parse_search_query(query.q).with_corrections(find_corrections(reader, query.q))
    types = get_requested_types(parsed, query.type)
    is_empty = parsed.is_empty or not types
    tiers = [] if is_empty else _list_tiers(reader, build_search_tiers(parsed), types)
    if not is_empty and not tiers:  # no words: only exclusions or types
        tiers = [partial(read_any_tier_keys, reader, parsed, types)]

    def total() -> int:
        return 0 if is_empty else count_rows(reader, select_any_tier_keys(parsed, types))

    read = partial(_read_hits, reader, tiers, parsed)
    sorts, sort = _CURSOR_KEY_TYPES, _RELEVANCE_SORT
    return build_page(reader, SearchPage, read, total, sorts, sort, query, "search")


def suggest(reader: Reader, query: SuggestQuery) -> Suggestions:
    """Suggestions for an incomplete query."""
    parsed = parse_suggest_query(query.q).with_corrections(find_corrections(reader, query.q))
    types = get_requested_types(parsed, query.type)
    tiers = _list_tiers(reader, build_suggestion_tiers(parsed), types) if types else []
    positions = _read_index_keys(tiers, None, query.limit)
    rows = load_search_hits(reader, [key for _, key in positions])
    highlighter = Highlighter(parsed)
    items = [
        rows[key] | {"highlights": _build_highlights(highlighter, rows[key]["title"])}
        for _, key in positions
        if key in rows
    ]
    return Suggestions.model_validate({"items": items})


class TierReader(Protocol):
    """Reads the first `number` index keys of a tier after a key."""

    def __call__(self, after: int | None, number: int, *, backwards: bool) -> list[int]: ...


def _list_tiers(
    reader: Reader, tiers: Iterable[RankingTier], types: Sequence[RecordType]
) -> list[TierReader]:
    return [partial(read_tier_keys, reader, tier, types) for tier in tiers]


def _read_hits(
    reader: Reader,
    tiers: Sequence[TierReader],
    parsed: ParsedQuery,
    after: Seek | None,
    number: int,
) -> list[Row]:
    positions = _read_index_keys(tiers, after, number)
    rows = load_search_hits(reader, [key for _, key in positions])
    highlighter = Highlighter(parsed)
    hits = []
    for tier, key in positions:
        if key in rows:
            reader.check_budget()
            hits.append(
                rows[key]
                | {"highlights": _build_hit_highlights(highlighter, rows[key])}
                | {
                    "key_0": tier,
                    "key_1": key >> _HALF_KEY_BITS,
                    "key_2": key & (1 << _HALF_KEY_BITS) - 1,
                }
            )
    return hits


def _read_index_keys(
    tiers: Sequence[TierReader], after: Seek | None, number: int
) -> list[tuple[int, int]]:
    """Tiers and index keys of the results after a position; reads no more tiers than needed."""
    backwards = after is not None and after.backwards
    start = (
        (after.keys[0], (after.keys[1] << _HALF_KEY_BITS) | after.keys[2]) if after else (0, None)
    )
    positions: list[tuple[int, int]] = []
    for tier in range(len(tiers))[::-1] if backwards else range(len(tiers)):
        if tier < start[0] if not backwards else tier > start[0]:
            continue
        after_key = start[1] if tier == start[0] else None
        keys = tiers[tier](after_key, number - len(positions), backwards=backwards)
        positions += [(tier, key) for key in keys]
        if len(positions) == number:
            break
    return positions


def _build_hit_highlights(highlighter: Highlighter, row: Row) -> list[Row]:
    return [
        highlight | {"field": field}
        for field in ("title", "text")
        if row[field]
        for highlight in _build_highlights(highlighter, row[field])
    ]


def _build_highlights(highlighter: Highlighter, text: str) -> list[Row]:
    return [{"start": start, "end": end} for start, end in highlighter.find_spans(text)]
