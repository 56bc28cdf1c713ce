"""Identity of people: names as the search compares them, dates of birth, and flights.

Names are compared by their sound in Latin letters, so that transliterations are equal. Middle names
may be initials or left out. The date of birth and the flights decide between similar names.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any, Self

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Flight, Launch, Person
from app.domain.bounded_cache import bounded_cache
from app.domain.dates import ONE_DAY
from app.ingest.entries import IdentityHints
from app.ingest.identity.decision import Decision, RecordRef
from app.search.synonyms import fold_words
from app.search.transliteration import (
    build_transliteration_key,
    build_transliteration_prefix,
    latinize,
)

_NameKeys = tuple[str, ...]
"""Keys of the words of a name; initials are single letters."""

_CACHE_BYTES = 2**22
"""Size of the cache of names."""

_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}


class _Similarity(IntEnum):
    """Similarity of two names, from the lowest."""

    NONE = 0
    WORD = 1
    """One word is equal, but not the family name."""
    FAMILY = 2
    """The family names are equal."""
    INITIALS = 3
    """The family names are equal, and the given names are compatible: K. or Kj. for Kjell."""
    NAME = 4
    """All words are equal, but middle names that one of the names leaves out or abbreviates."""


@dataclass(frozen=True)
class PersonFacts:
    """Facts of a person that are compared: of an entry, or of a record."""

    names: frozenset[_NameKeys]
    """Keys of all spellings of the name."""
    families: frozenset[str]
    """Keys of the words of the family name, of both parts of a double name."""
    nationality: str | None
    flown_at: tuple[datetime, ...] | None
    """Times of launches; None if they are unknown."""
    born_on: str | None = None
    """Date of birth, in ISO 8601."""
    has_all_flights: bool = True
    """False if `flown_at` has only the first and the last flight."""

    @property
    def words(self) -> frozenset[str]:
        """Keys of the words of the names, without initials."""
        return frozenset(word for name in self.names for word in name if len(word) > 1)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], hints: IdentityHints) -> Self:
        """Facts of the person document of an entry."""
        names = [document.get("name"), document.get("name_ru")]
        nationality, born_on = document.get("nationality"), document.get("born_on")
        facts = cls.from_names(names, hints.names, nationality, hints.flown_at, born_on)
        return replace(facts, has_all_flights=hints.has_all_flights)

    @classmethod
    def from_name(cls, name: str) -> Self:
        """Facts of a person of whom only the name is known."""
        return cls.from_names([name])

    @classmethod
    def from_names(
        cls,
        names: Iterable[Any],
        aliases: Iterable[str] = (),
        nationality: str | None = None,
        flown_at: tuple[datetime, ...] | None = None,
        born_on: str | None = None,
    ) -> Self:
        """Facts of a person. `names` have the family name last, `aliases` in any place."""
        main = [name for name in names if isinstance(name, str)]
        keys = frozenset(_build_name_keys(name) for name in (*main, *aliases)) - {()}
        families = frozenset(word for name in main for word in _build_family_keys(name))
        return cls(keys, families, nationality, flown_at, born_on)

    def compare_names(self, other: "PersonFacts") -> _Similarity:
        """Highest similarity of the spellings of both names."""
        families = self.families & other.families
        pairs = ((mine, theirs) for mine in self.names for theirs in other.names)
        return max((_compare_names(*pair, families) for pair in pairs), default=_Similarity.NONE)

    def shares_flight(self, other: "PersonFacts") -> bool:
        """True if both flew on the same day."""
        pairs = ((a, b) for a in self.flown_at or () for b in other.flown_at or ())
        return any(abs(a - b) <= ONE_DAY for a, b in pairs)

    def is_as_old_as(self, other: "PersonFacts") -> bool:
        """True if both dates of birth are known and equal."""
        return self.born_on is not None and self.born_on == other.born_on

    def contradicts(self, other: "PersonFacts") -> bool:
        """True if dates of birth or nationalities differ, or both flew, never together."""
        nationalities = {self.nationality, other.nationality} - {None}
        return len(nationalities) > 1 or self.is_surely_not(other)

    def is_surely_not(self, other: "PersonFacts") -> bool:
        """True if dates of birth differ, or the flights exclude each other."""
        births = {self.born_on, other.born_on} - {None}
        return len(births) > 1 or self._flew_apart(other)

    def _flew_apart(self, other: "PersonFacts") -> bool:
        """True if the flights of both are known and differ."""
        mine, theirs = self.flown_at, other.flown_at
        if mine is None or theirs is None or not (mine or theirs) or self.shares_flight(other):
            return False
        return not (self._may_include(other) or other._may_include(self))

    def _may_include(self, other: "PersonFacts") -> bool:
        """True if the flights of `other` are between a first and a last flight."""
        mine, theirs = self.flown_at, other.flown_at
        if not mine or not theirs or self.has_all_flights:
            return False
        return min(mine) < min(theirs) and max(theirs) < max(mine)


class PersonIndex:
    """The people of an archive, for comparison."""

    def __init__(self) -> None:
        self._facts: dict[RecordRef, PersonFacts] = {}
        self._by_word: dict[str, set[RecordRef]] = defaultdict(set)

    @classmethod
    def load(cls, reader: Reader) -> Self:
        """Load the people of the archive, with two statements."""
        flights: dict[int, list[datetime]] = defaultdict(list)
        launches = select(Flight.person_id, Launch.launch_at)
        for row in reader.all(launches.join(Launch, Launch.id == Flight.launch_id)):
            flights[row["person_id"]].append(row["launch_at"])
        index = cls()
        columns = (
            Person.id, Person.slug, Person.name, Person.name_ru, Person.name_native,
            Person.aliases, Person.nationality, Person.born_on,
        )  # fmt: skip
        for row in reader.all(select(*columns)):
            facts = PersonFacts.from_names(
                [row["name"], row["name_ru"]],
                filter(None, [row["name_native"], *row["aliases"]]),
                row["nationality"],
                tuple(flights.get(row["id"], ())) or None,
                row["born_on"] and row["born_on"].isoformat(),
            )
            index.add(RecordRef(row["id"], row["slug"]), facts)
        return index

    def add(self, record: RecordRef, facts: PersonFacts) -> None:
        """Add a person."""
        self._facts[record] = facts
        for word in facts.words:
            self._by_word[word].add(record)

    def identify(self, facts: PersonFacts, excluded: Collection[int] = ()) -> Decision:
        """Compare a person with those of the archive.

        `excluded` are ids of people who have another id in the same source, and so are others.
        """
        near = set[RecordRef]().union(*(self._by_word.get(word, ()) for word in facts.words))
        everyone = {record: self._facts[record].compare_names(facts) for record in near}
        similarities = {
            record: similarity
            for record, similarity in everyone.items()
            if record.id not in excluded
        }
        decision = self._decide_by_name(facts, similarities) or self._decide_by_similar_name(
            facts, similarities
        )
        if decision is None and (known := self._find_doubles(facts, everyone, excluded)):
            return Decision.doubtful(known, "name of a person with another id in the same source")
        return decision or Decision.other("no person of that name")

    def _find_doubles(
        self,
        facts: PersonFacts,
        similarities: Mapping[RecordRef, _Similarity],
        excluded: Collection[int],
    ) -> list[RecordRef]:
        """People of the same name that the same source has under another id."""
        return [
            record
            for record, similarity in similarities.items()
            if record.id in excluded
            and similarity is _Similarity.NAME
            and (
                self._facts[record].is_as_old_as(facts)
                or self._facts[record].shares_flight(facts)
                or not self._facts[record].is_surely_not(facts)
            )
        ]

    def _decide_by_name(
        self, facts: PersonFacts, similarities: Mapping[RecordRef, _Similarity]
    ) -> Decision | None:
        """Decide by people of the same name, or of a name confirmed by flights or birth."""
        by_similarity: dict[_Similarity, list[RecordRef]] = defaultdict(list)
        for record, similarity in similarities.items():
            by_similarity[similarity].append(record)
        together = [
            record
            for record, similarity in similarities.items()
            if similarity >= _Similarity.FAMILY and self._facts[record].shares_flight(facts)
        ]
        born = [
            record
            for record, similarity in similarities.items()
            if similarity not in {_Similarity.NONE, _Similarity.FAMILY}  # twins
            and self._facts[record].is_as_old_as(facts)
        ]
        named = by_similarity[_Similarity.NAME]
        if len(together) == 1:
            return Decision.same(together[0], "name, and flights")
        if len(born) == 1:
            return Decision.same(born[0], "name, and date of birth")
        if len(named) == 1 and not self._facts[named[0]].contradicts(facts):
            return Decision.same(named[0], "name")
        if named:
            return Decision.doubtful(
                named, "name; the flights, the date of birth or the nationality differ"
            )
        if together:
            return Decision.doubtful(together, "family name and flights of several people")
        return None

    def _decide_by_similar_name(
        self, facts: PersonFacts, similarities: Mapping[RecordRef, _Similarity]
    ) -> Decision | None:
        """Decide by people of a similar name; None if they are others."""
        similar = [
            record
            for record, similarity in similarities.items()
            if similarity >= _Similarity.FAMILY
            and not self._facts[record].is_surely_not(facts)
            and (similarity is _Similarity.INITIALS or self._is_compatriot(record, facts))
        ]
        if similar:
            return Decision.doubtful(similar, "similar name; the flights are unknown")
        renamed = [
            record
            for record, similarity in similarities.items()
            if similarity is _Similarity.WORD and self._facts[record].shares_flight(facts)
        ]
        if renamed:
            return Decision.doubtful(renamed, "one name, and flights; the family name differs")
        return None

    def _is_compatriot(self, record: RecordRef, facts: PersonFacts) -> bool:
        return facts.nationality is not None and (
            self._facts[record].nationality == facts.nationality
        )


@bounded_cache(2**23)
def _build_name_keys(name: str) -> _NameKeys:
    return tuple(_build_word_key(word) for word in fold_words(name) if word not in _SUFFIXES)


def _build_word_key(word: str) -> str:
    """Key of a word; of one letter only for initials."""
    if len(word) == 1:
        return build_transliteration_prefix(word)
    key = build_transliteration_key(word)
    return key if len(key) > 1 else latinize(word)  # Yi


def _build_family_keys(name: str) -> _NameKeys:
    """Keys of the family name: before a comma, else the last word."""
    family, comma, _ = name.partition(",")
    if comma and fold_words(family):
        return _build_name_keys(family)
    words = [word for word in name.split() if _build_name_keys(word)]
    return _build_name_keys(words[-1]) if words else ()


def _compare_names(one: _NameKeys, other: _NameKeys, families: frozenset[str]) -> _Similarity:
    """Compare two names. `families` are the words that both have in their family names."""
    if sorted(one) == sorted(other) or "".join(one) == "".join(other):
        return _Similarity.NAME
    if families.isdisjoint(one) or families.isdisjoint(other):
        shares_word = any(len(word) > 1 for word in set(one) & set(other))
        return _Similarity.WORD if shares_word else _Similarity.NONE
    given = [word for word in one if word not in families]
    other_given = [word for word in other if word not in families]
    if not given or not other_given:
        return _Similarity.FAMILY
    shared = {word for word in given if len(word) > 1} & set(other_given)
    if not shared:
        initial = _abbreviates(given[0], other_given[0])
        return _Similarity.INITIALS if initial else _Similarity.FAMILY
    rest = [word for word in given if word not in shared]
    other_rest = [word for word in other_given if word not in shared]
    if not rest or not other_rest or _abbreviates(rest[0], other_rest[0]):
        return _Similarity.NAME
    return _Similarity.INITIALS


def _abbreviates(one: str, other: str) -> bool:
    """True if one word is the initial or the beginning of the other: K. or Kj. for Kjell."""
    return one.startswith(other) or other.startswith(one)
