"""Events of the chronicle: launches, expeditions, changes of command, landings.

Facts only; `english` and `russian` render them. `station_events` has the events at the station.
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
from tools.chronicle.derive import find_commanders_at, find_last_mission
from tools.chronicle.station_events import (
    ChronicleArrival,
    ChronicleSpacewalk,
    generate_arrivals,
    generate_spacewalks,
)


@dataclass(frozen=True)
class ChronicleLaunch:
    """A launch to the station."""

    launch: DatasetLaunch
    crew: list[tuple[DatasetPerson, ShipRole]]
    crew_by_missions: list[tuple[list[DatasetPerson], list[DatasetMission]]]
    """Crew grouped by missions; visitors have none."""
    missions_served: list[DatasetMission]
    current_missions: list[tuple[DatasetMission, DatasetPerson]]
    """Missions at that time with their commanders, that in command of the station first; empty
    before the first mission."""
    is_first: bool

    @property
    def has_crew_in_space(self) -> bool:
        """True if a crew member has not landed."""
        return any(seat.landed_at is None for seat in self.launch.crew)


@dataclass(frozen=True)
class ChronicleExpeditionStart:
    """The start of an expedition."""

    mission: DatasetMission
    starts_with_launch: bool
    """True for the first expeditions: they start with the launch of their crew."""
    commander: DatasetPerson
    previous_commander: DatasetPerson | None
    """Previous commander, if the command changes with the start."""
    members_at_start: list[DatasetPerson]
    """Members other than the commander who were launched before the start."""
    later_arrivals: list[tuple[DatasetLaunch, list[DatasetPerson]]]
    later_commanders: list[DatasetPerson]


@dataclass(frozen=True)
class ChronicleHandover:
    """A change of command within an expedition; `number` counts from 1."""

    mission: DatasetMission
    number: int
    handed_over_at: datetime
    old_commander: DatasetPerson
    new_commander: DatasetPerson
    old_commander_since: datetime
    """Start of the old commander's term."""
    new_commander_until: datetime | None
    """End of the new commander's term, also in a later expedition; None if not ended."""
    return_flight: tuple[DatasetLaunch, datetime, Precision] | None
    """Return ship of the old commander, and its landing."""


@dataclass(frozen=True)
class ChronicleLanding:
    """The return of a ship with people aboard."""

    ship_launch: DatasetLaunch
    landed_at: datetime
    landed_at_precision: Precision
    crew_by_launch: list[tuple[DatasetLaunch, timedelta, list[DatasetPerson]]]
    """People by the launch that took them up, with their time in space."""
    crew_by_mission: list[tuple[DatasetMission, list[DatasetPerson]]]
    """People by the mission that they left."""
    visitors: list[DatasetPerson]

    @property
    def people(self) -> list[DatasetPerson]:
        """All people aboard at the landing."""
        return [person for _, _, people in self.crew_by_launch for person in people]


ChronicleEvent = (
    ChronicleLaunch
    | ChronicleExpeditionStart
    | ChronicleHandover
    | ChronicleLanding
    | ChronicleArrival
    | ChronicleSpacewalk
)


def generate_events(
    dataset: DatasetFacts, mission_launches: list[DatasetMissionLaunch]
) -> Iterator[ChronicleEvent]:
    """Events of the chronicle, one kind after the other."""
    yield from _generate_launches(dataset, mission_launches)
    yield from _generate_expedition_starts(dataset)
    yield from _generate_handovers(dataset)
    yield from _generate_landings(dataset)
    yield from generate_arrivals(dataset)
    yield from generate_spacewalks(dataset)


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
            current_missions=find_commanders_at(dataset, launch.launch_at),
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
            continue  # with the start of an expedition: part of that event
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
    """Uninterrupted command of a person, over one or more missions."""

    person: str
    arrived_with: str
    since: datetime
    mission: DatasetMission
    """Mission in which it began, as the commander at `position`."""
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
    """One event per ship that landed with people, except for aborted launches."""
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
    """Time in space; days of the calendar if the minute of the landing is unknown."""
    if precision in (Precision.SECOND, Precision.MINUTE):
        return at - up.launch_at
    return at.date() - up.launch_at.date()


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
