"""What happened in the archive: launches, expeditions, changes of command, landings.

Facts without a word about them; `english` and `russian` say them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, zip_longest
from typing import NamedTuple

from app.domain.dates import Precision, period_end
from app.domain.enums import LaunchRelation, LaunchStatus, ShipRole
from app.ingest.dataset.records import (
    DatasetFacts,
    DatasetLaunch,
    DatasetMission,
    DatasetMissionLaunch,
    DatasetPerson,
    DatasetSeat,
)
from tools.chronicle.derive import find_last_mission, find_missions_at


@dataclass(frozen=True)
class ChronicleLaunch:
    """A launch to the station."""

    launch: DatasetLaunch
    crew: list[tuple[DatasetPerson, ShipRole]]
    crew_by_missions: list[tuple[list[DatasetPerson], list[DatasetMission]]]
    """The crew by the missions that they flew for: none for visitors."""
    missions_served: list[DatasetMission]
    current_missions: list[tuple[DatasetMission, DatasetPerson]]
    """The missions on the station at the time, each with its commander; none before the first."""
    is_first: bool

    @property
    def has_crew_in_space(self) -> bool:
        """Whether somebody of the crew is still up."""
        return any(seat.landed_at is None for seat in self.launch.crew)


@dataclass(frozen=True)
class ChronicleExpeditionStart:
    """The start of an expedition."""

    mission: DatasetMission
    starts_with_launch: bool
    """Whether it began as its crew left the ground: the first expeditions did."""
    commander: DatasetPerson
    previous_commander: DatasetPerson | None
    """The commander before, where the station passes to another one at that moment."""
    members_at_start: list[DatasetPerson]
    """The members beside the commander who had left the ground by then."""
    later_arrivals: list[tuple[DatasetLaunch, list[DatasetPerson]]]
    later_commanders: list[DatasetPerson]


@dataclass(frozen=True)
class ChronicleHandover:
    """A change of command within an expedition, the `number`th one of it."""

    mission: DatasetMission
    number: int
    handed_over_at: datetime
    old_commander: DatasetPerson
    new_commander: DatasetPerson
    old_commander_since: datetime
    """When the old commander took over."""
    new_commander_until: datetime | None
    """When the new one handed on in turn, in this expedition or a later one; null: not yet."""
    return_flight: tuple[DatasetLaunch, datetime, Precision] | None
    """The ship that took the old commander home, and when it landed."""


@dataclass(frozen=True)
class ChronicleLanding:
    """The return of a ship with people aboard."""

    ship_launch: DatasetLaunch
    landed_at: datetime
    landed_at_precision: Precision
    crew_by_launch: list[tuple[DatasetLaunch, timedelta, list[DatasetPerson]]]
    """Who came down, by the launch that had taken them up, with their time in space."""
    crew_by_mission: list[tuple[DatasetMission, list[DatasetPerson]]]
    """Which missions they came home from."""
    visitors: list[DatasetPerson]

    @property
    def people(self) -> list[DatasetPerson]:
        """Everybody who came down."""
        return [person for _, _, people in self.crew_by_launch for person in people]


ChronicleEvent = ChronicleLaunch | ChronicleExpeditionStart | ChronicleHandover | ChronicleLanding


def generate_events(
    dataset: DatasetFacts, mission_launches: list[DatasetMissionLaunch]
) -> Iterator[ChronicleEvent]:
    """Events of the chronicle: launches, starts of expeditions, handovers, landings."""
    yield from _generate_launches(dataset, mission_launches)
    yield from _generate_expedition_starts(dataset)
    yield from _generate_handovers(dataset)
    yield from _generate_landings(dataset)


def _generate_launches(
    dataset: DatasetFacts, mission_launches: list[DatasetMissionLaunch]
) -> Iterator[ChronicleLaunch]:
    served: dict[str, set[int]] = defaultdict(set)
    for each in mission_launches:
        if each.relation is not LaunchRelation.CREW_DEPARTURE:
            served[each.launch].add(dataset.missions[each.mission].number)
    numbered = {mission.number: mission for mission in dataset.missions.values()}
    for n, launch in enumerate(dataset.launches.values()):
        yield ChronicleLaunch(
            launch=launch,
            crew=[(dataset.people[seat.person], seat.role) for seat in launch.crew],
            crew_by_missions=_group_crew_by_missions(dataset, launch),
            missions_served=[numbered[number] for number in sorted(served[launch.slug])],
            current_missions=[
                (mission, dataset.people[_commander_at(mission, launch.launch_at)])
                for mission in find_missions_at(dataset, launch.launch_at)
            ],
            is_first=n == 0,
        )


def _group_crew_by_missions(
    dataset: DatasetFacts, launch: DatasetLaunch
) -> list[tuple[list[DatasetPerson], list[DatasetMission]]]:
    groups: dict[tuple[str, ...], list[DatasetPerson]] = defaultdict(list)
    for seat in launch.crew:
        missions = dataset.missions_by_flight.get((launch.slug, seat.person), [])
        slugs = tuple(mission.slug for mission in missions)
        groups[slugs].append(dataset.people[seat.person])
    return [
        (people, [dataset.missions[slug] for slug in slugs]) for slugs, people in groups.items()
    ]


def _commander_at(mission: DatasetMission, at: datetime) -> str:
    """Who commanded a mission; the new commander does from the day of the handover."""
    taken = [row for row in mission.commanders if row.from_on is None or row.from_on <= at.date()]
    return taken[-1].person


def _generate_expedition_starts(dataset: DatasetFacts) -> Iterator[ChronicleExpeditionStart]:
    previous: DatasetMission | None = None
    for mission in dataset.missions.values():
        first, *later = mission.commanders
        begun = period_end(mission.starts_at, mission.starts_at_precision)
        others = {p: up for p, up in mission.launch_by_person.items() if p != first.person}
        joining: dict[str, list[DatasetPerson]] = defaultdict(list)
        aboard: list[DatasetPerson] = []
        for person, up in others.items():
            early = dataset.launches[up].launch_at < begun
            (aboard if early else joining[up]).append(dataset.people[person])
        last = previous.commanders[-1].person if previous else first.person
        abuts = previous is not None and previous.ends_at == mission.starts_at
        yield ChronicleExpeditionStart(
            mission=mission,
            starts_with_launch=dataset.launches[first.arrived_with].launch_at >= mission.starts_at,
            commander=dataset.people[first.person],
            previous_commander=dataset.people[last] if abuts and last != first.person else None,
            members_at_start=aboard,
            later_arrivals=[
                (launch, joining[slug])
                for slug, launch in dataset.launches.items()
                if joining.get(slug)
            ],
            later_commanders=[dataset.people[row.person] for row in later],
        )
        previous = mission


def _generate_handovers(dataset: DatasetFacts) -> Iterator[ChronicleHandover]:
    terms = list(_generate_command_terms(dataset))
    ends = [term.since for term in terms[2:]]
    for (old, new), until in zip_longest(pairwise(terms), ends):
        if new.position == 0:
            continue  # a change with the start of an expedition, which is told there
        yield ChronicleHandover(
            mission=new.mission,
            number=new.position,
            handed_over_at=new.since,
            old_commander=dataset.people[old.person],
            new_commander=dataset.people[new.person],
            old_commander_since=old.since,
            new_commander_until=until,
            return_flight=_find_return_flight(dataset, old.arrived_with, old.person),
        )


class _CommandTerm(NamedTuple):
    """One person's command, without a break, over as many missions as it lasted."""

    person: str
    arrived_with: str
    since: datetime
    mission: DatasetMission
    """The one in which it began, as the commander at `position` of it."""
    position: int


def _generate_command_terms(dataset: DatasetFacts) -> Iterator[_CommandTerm]:
    last = ""
    for mission in dataset.missions.values():
        for place, row in enumerate(mission.commanders):
            if row.person != last:
                since = _midnight(row.from_on) if row.from_on else mission.starts_at
                yield _CommandTerm(row.person, row.arrived_with, since, mission, place)
            last = row.person


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _find_return_flight(
    dataset: DatasetFacts, launch: str, person: str
) -> tuple[DatasetLaunch, datetime, Precision] | None:
    seat = next(seat for seat in dataset.launches[launch].crew if seat.person == person)
    if not (seat.landed_with and seat.landed_at and seat.landed_at_precision):
        return None
    return dataset.launches[seat.landed_with], seat.landed_at, seat.landed_at_precision


def _generate_landings(dataset: DatasetFacts) -> Iterator[ChronicleLanding]:
    """One for each ship that brought people home. An aborted launch tells its landing itself."""
    found: dict[tuple[str, datetime, Precision], list[tuple[DatasetLaunch, DatasetSeat]]]
    found = defaultdict(list)
    for launch in dataset.launches.values():
        for seat in launch.crew:
            if launch.status is LaunchStatus.FAILURE or not seat.landed_with:
                continue
            if seat.landed_at and seat.landed_at_precision:
                landing = seat.landed_with, seat.landed_at, seat.landed_at_precision
                found[landing].append((launch, seat))
    for (ship, at, precision), seats in found.items():
        yield _build_landing(dataset, dataset.launches[ship], at, precision, seats)


def _time_in_space(up: DatasetLaunch, at: datetime, precision: Precision) -> timedelta:
    """The time in space: full days where the hour of the landing is all that is known."""
    time = at - up.launch_at
    exact = precision in (Precision.SECOND, Precision.MINUTE)
    return time if exact else timedelta(days=time.days)


def _build_landing(
    dataset: DatasetFacts,
    ship: DatasetLaunch,
    at: datetime,
    precision: Precision,
    seats: Sequence[tuple[DatasetLaunch, DatasetSeat]],
) -> ChronicleLanding:
    came: dict[str, list[DatasetPerson]] = defaultdict(list)
    missions: dict[str, list[DatasetPerson]] = defaultdict(list)
    visitors = []
    for launch, seat in seats:
        person = dataset.people[seat.person]
        came[launch.slug].append(person)
        if home := find_last_mission(dataset, launch, seat):
            missions[home.slug].append(person)
        else:
            visitors.append(person)
    return ChronicleLanding(
        ship_launch=ship,
        landed_at=at,
        landed_at_precision=precision,
        crew_by_launch=[
            (dataset.launches[up], _time_in_space(dataset.launches[up], at, precision), people)
            for up, people in came.items()
        ],
        crew_by_mission=[(dataset.missions[slug], people) for slug, people in missions.items()],
        visitors=visitors,
    )
