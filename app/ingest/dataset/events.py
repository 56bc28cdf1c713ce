"""What happened in the archive: launches, expeditions, changes of command, landings.

Facts without a word about them; `english` and `russian` say them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, zip_longest
from typing import NamedTuple

from app.db.models import LaunchRelation, LaunchStatus, ShipRole
from app.domain.dates import Precision, period_end
from app.ingest.dataset.derive import Relation, last_mission, missions_at
from app.ingest.dataset.records import (
    Dataset,
    LaunchRecord,
    MissionRecord,
    PersonRecord,
    SeatRecord,
)


@dataclass(frozen=True)
class Launched:
    """A launch to the station."""

    launch: LaunchRecord
    crew: list[tuple[PersonRecord, ShipRole]]
    flew_for: list[tuple[list[PersonRecord], list[MissionRecord]]]
    """The crew by the missions that they flew for: none for visitors."""
    served: list[MissionRecord]
    hosts: list[tuple[MissionRecord, PersonRecord]]
    """The missions on the station at the time, each with its commander; none before the first."""
    is_first: bool

    @property
    def is_aloft(self) -> bool:
        """Whether somebody of the crew is still up."""
        return any(seat.landed_at is None for seat in self.launch.crew)


@dataclass(frozen=True)
class Begun:
    """The start of an expedition."""

    mission: MissionRecord
    sets_out: bool
    """Whether it began as its crew left the ground: the first expeditions did."""
    commander: PersonRecord
    before: PersonRecord | None
    """The commander before, where the station passes to another one at that moment."""
    aboard: list[PersonRecord]
    """The members beside the commander who had left the ground by then."""
    joining: list[tuple[LaunchRecord, list[PersonRecord]]]
    later_commanders: list[PersonRecord]


@dataclass(frozen=True)
class Handover:
    """A change of command within an expedition, the `n`th one of it."""

    mission: MissionRecord
    n: int
    at: datetime
    old: PersonRecord
    new: PersonRecord
    since: datetime
    """When the old commander took over."""
    until: datetime | None
    """When the new one handed on in turn, in this expedition or a later one; null: not yet."""
    home: tuple[LaunchRecord, datetime, Precision] | None
    """The ship that took the old commander home, and when it landed."""


@dataclass(frozen=True)
class Landed:
    """The return of a ship with people aboard."""

    ship: LaunchRecord
    at: datetime
    precision: Precision
    came: list[tuple[LaunchRecord, timedelta, list[PersonRecord]]]
    """Who came down, by the launch that had taken them up, with their time in space."""
    missions: list[tuple[MissionRecord, list[PersonRecord]]]
    """Which missions they came home from."""
    visitors: list[PersonRecord]

    @property
    def people(self) -> list[PersonRecord]:
        """Everybody who came down."""
        return [person for _, _, people in self.came for person in people]


Event = Launched | Begun | Handover | Landed


def events(dataset: Dataset, found: set[Relation]) -> Iterator[Event]:
    """Everything that the chronicle tells; `found` are the relations of the whole dataset."""
    yield from _launches(dataset, found)
    yield from _starts(dataset)
    yield from _handovers(dataset)
    yield from _landings(dataset)


def _launches(dataset: Dataset, found: set[Relation]) -> Iterator[Launched]:
    served: dict[str, set[int]] = defaultdict(set)
    for each in found:
        if each.relation is not LaunchRelation.CREW_DEPARTURE:
            served[each.launch].add(dataset.missions[each.mission].number)
    numbered = {mission.number: mission for mission in dataset.missions.values()}
    for n, launch in enumerate(dataset.launches.values()):
        yield Launched(
            launch=launch,
            crew=[(dataset.people[seat.person], seat.role) for seat in launch.crew],
            flew_for=_flew_for(dataset, launch),
            served=[numbered[number] for number in sorted(served[launch.slug])],
            hosts=[
                (mission, dataset.people[_commander_at(mission, launch.launch_at)])
                for mission in missions_at(dataset, launch.launch_at)
            ],
            is_first=n == 0,
        )


def _flew_for(
    dataset: Dataset, launch: LaunchRecord
) -> list[tuple[list[PersonRecord], list[MissionRecord]]]:
    groups: dict[tuple[str, ...], list[PersonRecord]] = defaultdict(list)
    for seat in launch.crew:
        missions = dataset.flown_for.get((launch.slug, seat.person), [])
        slugs = tuple(mission.slug for mission in missions)
        groups[slugs].append(dataset.people[seat.person])
    return [
        (people, [dataset.missions[slug] for slug in slugs]) for slugs, people in groups.items()
    ]


def _commander_at(mission: MissionRecord, at: datetime) -> str:
    """Who commanded a mission; the new commander does from the day of the handover."""
    taken = [row for row in mission.commanders if row.from_on is None or row.from_on <= at.date()]
    return taken[-1].person


def _starts(dataset: Dataset) -> Iterator[Begun]:
    previous: MissionRecord | None = None
    for mission in dataset.missions.values():
        first, *later = mission.commanders
        begun = period_end(mission.starts_at, mission.starts_at_precision)
        others = {p: up for p, up in mission.flown_by.items() if p != first.person}
        joining: dict[str, list[PersonRecord]] = defaultdict(list)
        aboard: list[PersonRecord] = []
        for person, up in others.items():
            early = dataset.launches[up].launch_at < begun
            (aboard if early else joining[up]).append(dataset.people[person])
        last = previous.commanders[-1].person if previous else first.person
        abuts = previous is not None and previous.ends_at == mission.starts_at
        yield Begun(
            mission=mission,
            sets_out=dataset.launches[first.arrived_with].launch_at >= mission.starts_at,
            commander=dataset.people[first.person],
            before=dataset.people[last] if abuts and last != first.person else None,
            aboard=aboard,
            joining=[
                (launch, joining[slug])
                for slug, launch in dataset.launches.items()
                if joining.get(slug)
            ],
            later_commanders=[dataset.people[row.person] for row in later],
        )
        previous = mission


def _handovers(dataset: Dataset) -> Iterator[Handover]:
    terms = list(_terms(dataset))
    ends = [term.since for term in terms[2:]]
    for (old, new), until in zip_longest(pairwise(terms), ends):
        if new.place == 0:
            continue  # a change with the start of an expedition, which is told there
        yield Handover(
            mission=new.mission,
            n=new.place,
            at=new.since,
            old=dataset.people[old.person],
            new=dataset.people[new.person],
            since=old.since,
            until=until,
            home=_way_home(dataset, old.arrived_with, old.person),
        )


class _Term(NamedTuple):
    """One person's command, without a break, over as many missions as it lasted."""

    person: str
    arrived_with: str
    since: datetime
    mission: MissionRecord
    """The one in which it began, as the commander at `place` of it."""
    place: int


def _terms(dataset: Dataset) -> Iterator[_Term]:
    last = ""
    for mission in dataset.missions.values():
        for place, row in enumerate(mission.commanders):
            if row.person != last:
                since = _midnight(row.from_on) if row.from_on else mission.starts_at
                yield _Term(row.person, row.arrived_with, since, mission, place)
            last = row.person


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _way_home(
    dataset: Dataset, launch: str, person: str
) -> tuple[LaunchRecord, datetime, Precision] | None:
    seat = next(seat for seat in dataset.launches[launch].crew if seat.person == person)
    if not (seat.landed_with and seat.landed_at and seat.landed_at_precision):
        return None
    return dataset.launches[seat.landed_with], seat.landed_at, seat.landed_at_precision


def _landings(dataset: Dataset) -> Iterator[Landed]:
    """One for each ship that brought people home. An aborted launch tells its landing itself."""
    found: dict[tuple[str, datetime, Precision], list[tuple[LaunchRecord, SeatRecord]]]
    found = defaultdict(list)
    for launch in dataset.launches.values():
        for seat in launch.crew:
            if launch.status is LaunchStatus.FAILURE or not seat.landed_with:
                continue
            if seat.landed_at and seat.landed_at_precision:
                landing = seat.landed_with, seat.landed_at, seat.landed_at_precision
                found[landing].append((launch, seat))
    for (ship, at, precision), seats in found.items():
        yield _landed(dataset, dataset.launches[ship], at, precision, seats)


def _spent(up: LaunchRecord, at: datetime, precision: Precision) -> timedelta:
    """The time in space: full days where the hour of the landing is all that is known."""
    time = at - up.launch_at
    exact = precision in (Precision.SECOND, Precision.MINUTE)
    return time if exact else timedelta(days=time.days)


def _landed(
    dataset: Dataset,
    ship: LaunchRecord,
    at: datetime,
    precision: Precision,
    seats: Sequence[tuple[LaunchRecord, SeatRecord]],
) -> Landed:
    came: dict[str, list[PersonRecord]] = defaultdict(list)
    missions: dict[str, list[PersonRecord]] = defaultdict(list)
    visitors = []
    for launch, seat in seats:
        person = dataset.people[seat.person]
        came[launch.slug].append(person)
        if home := last_mission(dataset, launch, seat):
            missions[home.slug].append(person)
        else:
            visitors.append(person)
    return Landed(
        ship=ship,
        at=at,
        precision=precision,
        came=[
            (dataset.launches[up], _spent(dataset.launches[up], at, precision), people)
            for up, people in came.items()
        ],
        missions=[(dataset.missions[slug], people) for slug, people in missions.items()],
        visitors=visitors,
    )
