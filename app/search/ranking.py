"""Which places of the index match a query, and how well: the same on every database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from app.db.functions import AnySelect
from app.db.models import SearchDocument
from app.db.models.search import index_key_range, record_id_expression
from app.domain.dates import now
from app.domain.enums import RecordType
from app.search.fulltext import FieldMatch, SearchFields, match_documents
from app.search.query_parser import ParsedQuery, Term, parse_query_text

SEARCHABLE_TYPES = tuple(RecordType)

SpellingCorrections = Mapping[str, Collection[str]]
"""By words that nothing has, those that may be meant."""

NO_CORRECTIONS: SpellingCorrections = {}

RankingTier = tuple[FieldMatch, ...]
"""What holds in a tier, and then what holds in a better one and so does not count again."""


def parse_search_query(text: str) -> ParsedQuery:
    """What `text` asks for."""
    return parse_query_text(text, SEARCHABLE_TYPES)


def parse_suggest_query(text: str) -> ParsedQuery:
    """What `text` asks for that somebody is typing: its last word, however short, may go on."""
    return parse_query_text(text, SEARCHABLE_TYPES, min_prefix_chars=1)


def build_search_tiers(asked: ParsedQuery) -> list[RankingTier]:
    """How well a record can match, best first; each record is in one tier at the most.

    What it is called is the query; its names have all the words; its title has; its names, title
    and lead have; the same three if the last word is taken for a beginning; its whole text has.
    """
    if not asked.terms:
        return []
    names, title, head, whole = (FieldMatch(within, asked.terms) for within in SearchFields)
    found: list[RankingTier] = [*_build_exact_tiers(asked, names), (title,), (head, names, title)]
    if asked.terms[-1].prefixes:
        begun = replace(head, last_is_prefix=True)
        found += [(each, head) for each in _build_prefix_matches(asked)]
        found += [(begun, head, *_build_prefix_matches(asked)), (whole, begun)]
    else:
        found += [(whole, head)]
    return [(*tier, *_build_exclusions(asked)) for tier in found]


def build_suggestion_tiers(asked: ParsedQuery) -> list[RankingTier]:
    """The tiers of what is called so, or may be when the last word is complete."""
    if not asked.terms:
        return []
    if not asked.terms[-1].prefixes:
        names, title, *_ = (FieldMatch(within, asked.terms) for within in SearchFields)
    else:
        names, title = _build_prefix_matches(asked)
    return [
        (*tier, *_build_exclusions(asked)) for tier in (*_build_exact_tiers(asked, names), (title,))
    ]


def _build_exact_tiers(asked: ParsedQuery, names: FieldMatch) -> list[RankingTier]:
    if not asked.full_name_token:
        return [(names,)]
    exact = FieldMatch(SearchFields.NAMES, (Term(((asked.full_name_token,),), ()),))
    return [(exact,), (names, exact)]


def _build_prefix_matches(asked: ParsedQuery) -> list[FieldMatch]:
    return [
        FieldMatch(within, asked.terms, last_is_prefix=True)
        for within in (SearchFields.NAMES, SearchFields.TITLE)
    ]


def _build_exclusions(asked: ParsedQuery) -> list[FieldMatch]:
    return [FieldMatch(SearchFields.ALL, (term,)) for term in asked.excluded_terms]


def select_tier_keys(tier: RankingTier, kinds: Collection[RecordType]) -> AnySelect:
    """The places of a tier that everybody may see, of records of `kinds`."""
    first, *better = tier
    found = match_documents([first], better)
    return select(found.c.place).where(_is_visible(found.c.place, kinds))


def select_any_tier_keys(asked: ParsedQuery, kinds: Collection[RecordType]) -> AnySelect:
    """The places of all tiers together, or of all records of `kinds` where no words are asked for.

    Either way without those that have what `asked` excludes.
    """
    if asked.terms:
        begun = FieldMatch(
            SearchFields.HEAD, asked.terms, last_is_prefix=bool(asked.terms[-1].prefixes)
        )
        found = match_documents(
            [FieldMatch(SearchFields.ALL, asked.terms), begun], _build_exclusions(asked)
        )
        return select(found.c.place).where(_is_visible(found.c.place, kinds))
    place = SearchDocument.place
    every = select(place).where(_is_visible(place, kinds))
    for excluded in _build_exclusions(asked):
        every = every.where(place.not_in(select(match_documents([excluded]).c.place)))
    return every


def _is_visible(place: Any, kinds: Collection[RecordType]) -> ColumnElement[bool]:
    """Whether `place` is one of `kinds`, and its date has passed if its type is scheduled."""
    ranges = sorted(index_key_range(kind, now() if kind.scheduled else None) for kind in set(kinds))
    joined: list[list[int]] = []
    for first, end in ranges:
        if joined and joined[-1][1] == first:
            joined[-1][1] = end
        else:
            joined.append([first, end])
    within = or_(*(and_(place >= first, place < end) for first, end in joined))
    return and_(place >= joined[0][0], place < joined[-1][1], within)


def get_requested_types(asked: ParsedQuery, kinds: Sequence[RecordType] = ()) -> list[RecordType]:
    """The kinds that both a query and `kinds` ask for; what asks for none asks for all."""
    named = [RecordType(kind) for kind in asked.types]
    return [
        k
        for k in SEARCHABLE_TYPES
        if k in (named or SEARCHABLE_TYPES) and k in (kinds or SEARCHABLE_TYPES)
    ]


def select_matching_ids(
    kind: RecordType, text: str, spellings: SpellingCorrections = NO_CORRECTIONS
) -> AnySelect:
    """The ids of the records of `kind` that match, however well: what a list's `q` asks for."""
    asked = parse_search_query(text).with_corrections(spellings)
    found = select_any_tier_keys(asked, [kind])
    (place,) = found.selected_columns
    ids = found.with_only_columns(record_id_expression(place), maintain_column_froms=True)
    return ids.where(false()) if asked.is_empty or kind not in get_requested_types(asked) else ids
