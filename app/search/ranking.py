"""Which places of the index match a query, and how well: the same on every database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from app.db.functions import Rows
from app.db.models import RecordType, SearchDocument
from app.db.models.search import id_at, range_of
from app.domain.dates import now
from app.search.fulltext import Holds, Within, places
from app.search.query_parser import Asked, Term, read

KINDS = tuple(RecordType)

Spellings = Mapping[str, Collection[str]]
"""By words that nothing has, those that may be meant."""

AS_WRITTEN: Spellings = {}

Tier = tuple[Holds, ...]
"""What holds in a tier, and then what holds in a better one and so does not count again."""


def understood(text: str) -> Asked:
    """What `text` asks for."""
    return read(text, KINDS)


def typed(text: str) -> Asked:
    """What `text` asks for that somebody is typing: its last word, however short, may go on."""
    return read(text, KINDS, shortest=1)


def tiers(asked: Asked) -> list[Tier]:
    """How well a record can match, best first; each record is in one tier at the most.

    What it is called is the query; its names have all the words; its title has; its names, title
    and lead have; the same three if the last word is taken for a beginning; its whole text has.
    """
    if not asked.terms:
        return []
    names, title, head, whole = (Holds(within, asked.terms) for within in Within)
    found: list[Tier] = [*_exact(asked, names), (title,), (head, names, title)]
    if asked.terms[-1].begins:
        begun = replace(head, begun=True)
        found += [(each, head) for each in _begun(asked)]
        found += [(begun, head, *_begun(asked)), (whole, begun)]
    else:
        found += [(whole, head)]
    return [(*tier, *_excluded(asked)) for tier in found]


def suggesting(asked: Asked) -> list[Tier]:
    """The tiers of what is called so, or may be when the last word is complete."""
    if not asked.terms:
        return []
    if not asked.terms[-1].begins:
        names, title, *_ = (Holds(within, asked.terms) for within in Within)
    else:
        names, title = _begun(asked)
    return [(*tier, *_excluded(asked)) for tier in (*_exact(asked, names), (title,))]


def _exact(asked: Asked, names: Holds) -> list[Tier]:
    if not asked.whole:
        return [(names,)]
    exact = Holds(Within.NAMES, (Term(((asked.whole,),), ()),))
    return [(exact,), (names, exact)]


def _begun(asked: Asked) -> list[Holds]:
    return [Holds(within, asked.terms, begun=True) for within in (Within.NAMES, Within.TITLE)]


def _excluded(asked: Asked) -> list[Holds]:
    return [Holds(Within.ALL, (term,)) for term in asked.without]


def matches(tier: Tier, kinds: Collection[RecordType]) -> Rows:
    """The places of a tier that everybody may see, of records of `kinds`."""
    first, *better = tier
    found = places([first], better)
    return select(found.c.place).where(_visible(found.c.place, kinds))


def anyhow(asked: Asked, kinds: Collection[RecordType]) -> Rows:
    """The places of all tiers together, or of all records of `kinds` where no words are asked for.

    Either way without those that have what `asked` excludes.
    """
    if asked.terms:
        begun = Holds(Within.HEAD, asked.terms, begun=bool(asked.terms[-1].begins))
        found = places([Holds(Within.ALL, asked.terms), begun], _excluded(asked))
        return select(found.c.place).where(_visible(found.c.place, kinds))
    place = SearchDocument.place
    every = select(place).where(_visible(place, kinds))
    for excluded in _excluded(asked):
        every = every.where(place.not_in(select(places([excluded]).c.place)))
    return every


def _visible(place: Any, kinds: Collection[RecordType]) -> ColumnElement[bool]:
    """Whether `place` is one of `kinds`, and its time has come if it is that of an article."""
    ranges = sorted(
        range_of(kind, now() if kind is RecordType.ARTICLE else None) for kind in set(kinds)
    )
    joined: list[list[int]] = []
    for first, end in ranges:
        if joined and joined[-1][1] == first:
            joined[-1][1] = end
        else:
            joined.append([first, end])
    within = or_(*(and_(place >= first, place < end) for first, end in joined))
    return and_(place >= joined[0][0], place < joined[-1][1], within)


def wanted(asked: Asked, kinds: Sequence[RecordType] = ()) -> list[RecordType]:
    """The kinds that both a query and `kinds` ask for; what asks for none asks for all."""
    named = [RecordType(kind) for kind in asked.types]
    return [k for k in KINDS if k in (named or KINDS) and k in (kinds or KINDS)]


def of_kind(kind: RecordType, text: str, spellings: Spellings = AS_WRITTEN) -> Rows:
    """The ids of the records of `kind` that match, however well: what a list's `q` asks for."""
    asked = understood(text).respelt(spellings)
    found = anyhow(asked, [kind])
    (place,) = found.selected_columns
    ids = found.with_only_columns(id_at(place), maintain_column_froms=True)
    return ids.where(false()) if asked.is_empty or kind not in wanted(asked) else ids
