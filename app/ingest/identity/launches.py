"""Identity of launches: by designator, by name and time, by time and rocket.

Times are compared in the vaguer precision of both. A name with a number (Progress MS-11) is that of
one flight; other names, and names of capsules, are used again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Launch, Payload, Vehicle
from app.domain.dates import ONE_DAY, Precision, period_bounds, period_end
from app.domain.enums import LaunchStatus
from app.domain.text import slugify
from app.ingest.entries import IdentityHints, goes_elsewhere
from app.ingest.flight_names import flight_keys, is_flight_number
from app.ingest.identity.decision import Decision, RecordRef
from app.search.synonyms import FoldedWords

_DAY_TOLERANCE = ONE_DAY
"""Maximum difference between two sources that state the day of a launch."""

_LIFTOFF_TOLERANCE = timedelta(minutes=2)
"""Maximum difference between two sources that state the minute of a launch."""

_MAX_INDEXED_DAYS = 100
"""Longest period whose days are indexed; a quarter has 92."""

_EXACT_PRECISIONS = (Precision.SECOND, Precision.MINUTE)
_NOT_FLOWN = {LaunchStatus.PLANNED, LaunchStatus.CANCELLED}


@dataclass(frozen=True)
class LaunchFacts:
    """Facts of a launch that are compared: of an entry, or of a record."""

    names: frozenset[FoldedWords]
    """Keys of the names of its flight."""
    designator: str | None
    starts_at: datetime
    ends_at: datetime
    """End of the period that `starts_at` starts, exclusive."""
    liftoff_at: datetime | None
    """Time to the minute or the second, if it is known or written."""
    rocket: str
    """Type of the rocket, such as `soyuz`; "" if unknown."""
    flown: bool
    to_station: bool

    @classmethod
    def from_document(cls, document: Mapping[str, Any], hints: IdentityHints) -> Self:
        """Facts of the launch document of an entry. Raises ValueError if the time is invalid."""
        precision = Precision(document["launch_at_precision"])
        starts_at, ends_at = period_bounds(datetime.fromisoformat(document["launch_at"]), precision)
        spacecraft = document.get("spacecraft") or []
        exact = hints.launch_at or (starts_at if precision in _EXACT_PRECISIONS else None)
        vehicle = document.get("vehicle")
        return cls(
            flight_keys([*hints.names, *(each["name"] for each in spacecraft[:1])]),
            document.get("cospar_id"),
            starts_at,
            ends_at,
            exact,
            _rocket_type(vehicle["name"] if isinstance(vehicle, Mapping) else vehicle),
            LaunchStatus(document["status"]) not in _NOT_FLOWN,
            not goes_elsewhere(document),
        )

    @cached_property
    def flight_numbers(self) -> frozenset[FoldedWords]:
        """Names in a known series, each that of one flight."""
        return frozenset(filter(is_flight_number, self.names))

    def has_time_near(self, other: "LaunchFacts") -> bool:
        """True if the periods overlap or are less than a day apart."""
        start, end = self.starts_at - _DAY_TOLERANCE, self.ends_at + _DAY_TOLERANCE
        return other.starts_at < end and start < other.ends_at

    def has_liftoff_of(self, other: "LaunchFacts") -> bool:
        """True if both times are known to the minute and agree."""
        if self.liftoff_at is None or other.liftoff_at is None:
            return False
        return abs(self.liftoff_at - other.liftoff_at) <= _LIFTOFF_TOLERANCE

    def has_vague_time_of(self, other: "LaunchFacts") -> bool:
        """True if one of the times is not known to the minute, and they are near."""
        is_vague = self.liftoff_at is None or other.liftoff_at is None
        return is_vague and self.has_time_near(other)

    def contradicts_rocket(self, other: "LaunchFacts") -> bool:
        """True if both rockets are known and of different types."""
        return bool(self.rocket and other.rocket) and self.rocket != other.rocket


class LaunchIndex:
    """The launches of an archive, for comparison."""

    def __init__(self) -> None:
        self._facts: dict[RecordRef, LaunchFacts] = {}
        self._by_designator: dict[str, RecordRef] = {}
        self._by_name: dict[FoldedWords, set[RecordRef]] = defaultdict(set)
        self._by_day: dict[int, set[RecordRef]] = defaultdict(set)
        self._long_periods: set[RecordRef] = set()

    @classmethod
    def load(cls, reader: Reader) -> Self:
        """Load the launches of the archive, with two statements."""
        index = cls()
        main_ships: dict[int, str] = {}
        ships = select(Payload.launch_id, Payload.name)
        for row in reader.all(ships.order_by(Payload.launch_id, Payload.ordinal)):
            main_ships.setdefault(row["launch_id"], row["name"])
        columns = (
            Launch.id, Launch.slug, Launch.cospar_id, Launch.status, Launch.launch_at,
            Launch.launch_at_precision, Launch.to_station, Vehicle.name.label("rocket"),
        )  # fmt: skip
        launches = select(*columns).outerjoin(Vehicle, Vehicle.id == Launch.vehicle_id)
        for row in reader.all(launches):
            is_exact = row["launch_at_precision"] in _EXACT_PRECISIONS
            facts = LaunchFacts(
                flight_keys([main_ships.get(row["id"], "")]),
                row["cospar_id"],
                row["launch_at"],
                period_end(row["launch_at"], row["launch_at_precision"]),
                row["launch_at"] if is_exact else None,
                _rocket_type(row["rocket"]),
                row["status"] not in _NOT_FLOWN,
                row["to_station"],
            )
            index.add(RecordRef(row["id"], row["slug"]), facts)
        return index

    def add(self, record: RecordRef, facts: LaunchFacts) -> None:
        """Add a launch."""
        self._facts[record] = facts
        if facts.designator:
            self._by_designator[facts.designator] = record
        for name in facts.names:
            self._by_name[name].add(record)
        days = range(facts.starts_at.toordinal(), facts.ends_at.toordinal() + 1)
        if len(days) > _MAX_INDEXED_DAYS:
            self._long_periods.add(record)
        else:
            for day in days:
                self._by_day[day].add(record)

    def identify(self, facts: LaunchFacts, excluded: Collection[int]) -> Decision:
        """Compare a launch with those of the archive.

        `excluded` are ids of launches that have another id in the same source, and so are others.
        """
        if facts.designator and (record := self._by_designator.get(facts.designator)):
            return Decision.same(record, f"designator {facts.designator}")
        named = {
            record: self._facts[record]
            for name in facts.names
            for record in self._by_name.get(name, ())
        }
        excluded_near = [
            record
            for record, known in named.items()
            if record.id in excluded
            and known.has_time_near(facts)
            and not _contradict_designators(facts, known)
        ]
        timed = {record: self._facts[record] for record in self._launches_near(facts)}
        decision = _decide_by_name(facts, _without(named, excluded)) or _decide_by_time(
            facts, _without(timed, excluded)
        )
        if decision is None and excluded_near:
            return Decision.doubtful(excluded_near, "name and time of a launch with another id")
        return decision or Decision.other("no launch of that name or time")

    def _launches_near(self, facts: LaunchFacts) -> Iterator[RecordRef]:
        first = (facts.starts_at - _DAY_TOLERANCE).toordinal()
        last = (facts.ends_at + _DAY_TOLERANCE).toordinal()
        near: Iterable[RecordRef] = self._facts
        if last - first <= _MAX_INDEXED_DAYS:
            days = (self._by_day.get(day, ()) for day in range(first, last + 1))
            near = self._long_periods.union(*days)
        return (each for each in near if self._facts[each].has_time_near(facts))


def _without(
    launches: Mapping[RecordRef, LaunchFacts], excluded: Collection[int]
) -> dict[RecordRef, LaunchFacts]:
    return {record: known for record, known in launches.items() if record.id not in excluded}


def _decide_by_name(facts: LaunchFacts, named: Mapping[RecordRef, LaunchFacts]) -> Decision | None:
    """Decide by launches of the same name; None if they are other flights."""
    near = [each for each, known in named.items() if known.has_time_near(facts)]
    agreeing = [each for each in near if not _contradict_designators(facts, named[each])]
    if len(agreeing) == 1:
        return Decision.same(agreeing[0], "name of the flight, and time")
    if near:
        reason = "several launches" if agreeing else "launches with another designator"
        return Decision.doubtful(near, f"{reason} of that name at that time")
    elsewhen = {
        record: bool(facts.flight_numbers & known.flight_numbers)
        for record, known in named.items()
        if not _contradict_designators(facts, known)
        and not facts.contradicts_rocket(known)
        and (not known.flown or facts.flight_numbers & known.flight_numbers)
    }
    if len(elsewhen) == 1:
        ((record, has_number),) = elsewhen.items()
        if has_number and not named[record].flown:
            return Decision.same(record, "name of a planned flight, with another time")
    if elsewhen:
        return Decision.doubtful(elsewhen, "name of a flight, with another time")
    return None


def _decide_by_time(facts: LaunchFacts, timed: Mapping[RecordRef, LaunchFacts]) -> Decision | None:
    """Decide by launches of about the same time; None if they are other launches."""
    possible = {
        record: known for record, known in timed.items() if not facts.contradicts_rocket(known)
    }
    liftoffs = [each for each, known in possible.items() if known.has_liftoff_of(facts)]
    certain = [
        each
        for each in liftoffs
        if not _contradict_designators(facts, possible[each])
        and facts.rocket
        and possible[each].rocket
        and (facts.flown or not _contradict_numbers(facts, possible[each]))
    ]
    if len(certain) == 1:
        return Decision.same(certain[0], "time of liftoff, and rocket")
    if liftoffs:
        return Decision.doubtful(liftoffs, "time of liftoff, with another name or designator")
    doubtful = [
        record
        for record, known in possible.items()
        if facts.to_station
        and known.to_station
        and known.has_vague_time_of(facts)
        and not (facts.designator and known.designator)
        and not _contradict_numbers(facts, known)
    ]
    if doubtful:
        return Decision.doubtful(doubtful, "time within the precision of both, and rocket")
    return None


def _contradict_designators(one: LaunchFacts, other: LaunchFacts) -> bool:
    return bool(one.designator and other.designator) and one.designator != other.designator


def _contradict_numbers(one: LaunchFacts, other: LaunchFacts) -> bool:
    """True if both have names with numbers, none in common: Progress MS-11 and Soyuz MS-12."""
    numbers = one.flight_numbers, other.flight_numbers
    return all(numbers) and numbers[0].isdisjoint(numbers[1])


def _rocket_type(rocket: str | None) -> str:
    return slugify(rocket or "").partition("-")[0]
