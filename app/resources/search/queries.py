"""How records of all kinds are found in one list, and suggested."""

from collections.abc import Sequence
from functools import partial

from app.api.lists.pagination import Seek, build_page, count_rows
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.resources.search.hits import load_search_hits
from app.resources.search.schemas import SearchPage, SearchQuery, Suggestions, SuggestQuery
from app.search.highlighting import find_highlight_spans
from app.search.query_parser import ParsedQuery
from app.search.ranking import (
    build_search_tiers,
    build_suggestion_tiers,
    get_requested_types,
    parse_search_query,
    parse_suggest_query,
    select_any_tier_keys,
    select_tier_keys,
)
from app.search.spelling import find_corrections

_RELEVANCE_SORT = "best"
_CURSOR_KEY_TYPES = {_RELEVANCE_SORT: (int, int, int)}
"""The tier of a hit, and its place in the index in two halves, as numbers that cursors may hold."""

_HALF_KEY_BITS = 31


def search(reader: Reader, query: SearchQuery) -> SearchPage:
    """A page of the records of all kinds that match."""
    asked = parse_search_query(query.q).with_corrections(find_corrections(reader, query.q))
    kinds = get_requested_types(asked, query.type)
    nothing = asked.is_empty or not kinds
    found = [] if nothing else [select_tier_keys(tier, kinds) for tier in build_search_tiers(asked)]
    if not nothing and not found:  # no words: what is excluded alone, or kinds
        found = [select_any_tier_keys(asked, kinds)]

    def total() -> int:
        return 0 if nothing else count_rows(reader, select_any_tier_keys(asked, kinds))

    read = partial(_read_hits, reader, found, asked)
    return build_page(SearchPage, read, total, _CURSOR_KEY_TYPES, _RELEVANCE_SORT, query, "search")


def suggest(reader: Reader, query: SuggestQuery) -> Suggestions:
    """What somebody may be looking for who has typed so much."""
    asked = parse_suggest_query(query.q).with_corrections(find_corrections(reader, query.q))
    kinds = get_requested_types(asked, query.type)
    found = (
        [select_tier_keys(tier, kinds) for tier in build_suggestion_tiers(asked)] if kinds else []
    )
    placed = _read_index_keys(reader, found, None, query.limit)
    rows = load_search_hits(reader, [place for _, place in placed])
    items = [
        rows[place] | {"highlights": _build_highlights(asked, rows[place]["title"])}
        for _, place in placed
        if place in rows
    ]
    return Suggestions.model_validate({"items": items})


def _read_hits(
    reader: Reader, found: Sequence[AnySelect], asked: ParsedQuery, behind: Seek | None, number: int
) -> list[Row]:
    placed = _read_index_keys(reader, found, behind, number)
    rows = load_search_hits(reader, [place for _, place in placed])
    return [
        rows[place]
        | {"highlights": _build_hit_highlights(asked, rows[place])}
        | {
            "key_0": tier,
            "key_1": place >> _HALF_KEY_BITS,
            "key_2": place & (1 << _HALF_KEY_BITS) - 1,
        }
        for tier, place in placed
        if place in rows
    ]


def _read_index_keys(
    reader: Reader, found: Sequence[AnySelect], behind: Seek | None, number: int
) -> list[tuple[int, int]]:
    """The tiers and places of the first hits behind another: no tier is read beyond the last."""
    backwards = behind is not None and behind.backwards
    start = (
        (behind.keys[0], (behind.keys[1] << _HALF_KEY_BITS) | behind.keys[2])
        if behind
        else (0, None)
    )
    placed: list[tuple[int, int]] = []
    for tier in range(len(found))[::-1] if backwards else range(len(found)):
        if tier < start[0] if not backwards else tier > start[0]:
            continue
        (place,) = found[tier].selected_columns
        rows = found[tier].order_by(place.asc() if backwards else place.desc())
        if tier == start[0] and start[1] is not None:
            rows = rows.where(place > start[1] if backwards else place < start[1])
        rows = rows.limit(number - len(placed))
        placed += [(tier, row["place"]) for row in reader.all(rows)]
        if len(placed) == number:
            break
    return placed


def _build_hit_highlights(asked: ParsedQuery, row: Row) -> list[Row]:
    return [
        mark | {"field": field}
        for field in ("title", "text")
        if row[field]
        for mark in _build_highlights(asked, row[field])
    ]


def _build_highlights(asked: ParsedQuery, text: str) -> list[Row]:
    return [{"start": start, "end": end} for start, end in find_highlight_spans(asked, text)]
