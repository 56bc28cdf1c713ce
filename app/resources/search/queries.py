"""How records of all kinds are found in one list, and suggested."""

from collections.abc import Sequence
from functools import partial

from app.api.lists.pagination import Behind, count, page_of
from app.db.database import Reader, Row
from app.db.functions import Rows
from app.resources.search.hits import shown
from app.resources.search.schemas import SearchPage, SearchQuery, Suggestions, SuggestQuery
from app.search.highlighting import marks
from app.search.query_parser import Asked
from app.search.ranking import anyhow, matches, suggesting, tiers, typed, understood, wanted
from app.search.spelling import spellings

SORT = "best"
KEYS = {SORT: (int, int, int)}
"""The tier of a hit, and its place in the index in two halves, as numbers that cursors may hold."""

_HALF = 31


def search(reader: Reader, query: SearchQuery) -> SearchPage:
    """A page of the records of all kinds that match."""
    asked = understood(query.q).respelt(spellings(reader, query.q))
    kinds = wanted(asked, query.type)
    nothing = asked.is_empty or not kinds
    found = [] if nothing else [matches(tier, kinds) for tier in tiers(asked)]
    if not nothing and not found:  # no words: what is excluded alone, or kinds
        found = [anyhow(asked, kinds)]

    def total() -> int:
        return 0 if nothing else count(reader, anyhow(asked, kinds))

    read = partial(_read, reader, found, asked)
    return page_of(SearchPage, read, total, KEYS, SORT, query, "search")


def suggest(reader: Reader, query: SuggestQuery) -> Suggestions:
    """What somebody may be looking for who has typed so much."""
    asked = typed(query.q).respelt(spellings(reader, query.q))
    kinds = wanted(asked, query.type)
    found = [matches(tier, kinds) for tier in suggesting(asked)] if kinds else []
    placed = _places(reader, found, None, query.limit)
    rows = shown(reader, [place for _, place in placed])
    items = [
        rows[place] | {"highlights": _marks(asked, rows[place]["title"])}
        for _, place in placed
        if place in rows
    ]
    return Suggestions.model_validate({"items": items})


def _read(
    reader: Reader, found: Sequence[Rows], asked: Asked, behind: Behind | None, number: int
) -> list[Row]:
    placed = _places(reader, found, behind, number)
    rows = shown(reader, [place for _, place in placed])
    return [
        rows[place]
        | {"highlights": _highlights(asked, rows[place])}
        | {"key_0": tier, "key_1": place >> _HALF, "key_2": place & (1 << _HALF) - 1}
        for tier, place in placed
        if place in rows
    ]


def _places(
    reader: Reader, found: Sequence[Rows], behind: Behind | None, number: int
) -> list[tuple[int, int]]:
    """The tiers and places of the first hits behind another: no tier is read beyond the last."""
    backwards = behind is not None and behind.backwards
    start = (behind.keys[0], (behind.keys[1] << _HALF) | behind.keys[2]) if behind else (0, None)
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


def _highlights(asked: Asked, row: Row) -> list[Row]:
    return [
        mark | {"field": field}
        for field in ("title", "text")
        if row[field]
        for mark in _marks(asked, row[field])
    ]


def _marks(asked: Asked, text: str) -> list[Row]:
    return [{"start": start, "end": end} for start, end in marks(asked, text)]
