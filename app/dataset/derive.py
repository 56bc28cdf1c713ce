"""What follows from the records: which launches served which mission, its tasks, its summary."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from app.dataset.records import Dataset, LaunchRecord, MissionRecord, SeatRecord
from app.dates import whole_days
from app.models import LaunchRelation, LaunchStatus, SpacecraftKind
from app.wording.grammar import counted, english_day, english_period, handed_on, joined, number
from app.wording.names import part, ship_en

MARGIN = timedelta(days=10)
"""HTV took eight days to the station: what left later than this before a mission's end may have
been for the next one to receive."""


class Relation(NamedTuple):
    """A launch that served a mission, and how; both by slug."""

    mission: str
    launch: str
    relation: LaunchRelation


Served = Mapping[LaunchRelation, list[LaunchRecord]]
"""The launches that served one mission, in the order of time."""


def relations(dataset: Dataset) -> set[Relation]:
    """Every relation between missions and launches.

    A launch that brought a member of the crew is an arrival, even if the ship came before the
    mission began; the ship that took a member home at the end of their stay is a departure. Other
    launches serve the missions in whose time they left, whether they got through or not:
    a module is a module; a crew that stays for no mission arrives too, unless it brings a module
    (visitors, and the aborted Soyuz MS-10); a crew ship without people counts as cargo.
    """
    arrived = {
        Relation(mission.slug, launch, LaunchRelation.CREW_ARRIVAL)
        for mission in dataset.missions.values()
        for launch in mission.flown_by.values()
    }
    departed = {
        Relation(home.slug, seat.landed_with, LaunchRelation.CREW_DEPARTURE)
        for launch in dataset.launches.values()
        for seat in launch.crew
        if seat.landed_with and (home := last_mission(dataset, launch, seat))
    }
    brought_members = {relation.launch for relation in arrived}
    served = {
        Relation(mission.slug, launch.slug, kind)
        for launch in dataset.launches.values()
        if (kind := _service(launch, launch.slug in brought_members))
        for mission in missions_at(dataset, launch.launch_at)
    }
    return arrived | departed | served


def _service(launch: LaunchRecord, brought_members: bool) -> LaunchRelation | None:
    if launch.of_kind(SpacecraftKind.MODULE):
        return LaunchRelation.MODULE
    if brought_members:
        return None
    return LaunchRelation.CREW_ARRIVAL if launch.crew else LaunchRelation.CARGO


def served_by(dataset: Dataset, found: Iterable[Relation]) -> dict[str, Served]:
    """The launches that served each mission, by its slug and by relation."""
    served: dict[str, dict[LaunchRelation, list[LaunchRecord]]] = {
        slug: defaultdict(list) for slug in dataset.missions
    }
    order = {slug: n for n, slug in enumerate(dataset.launches)}
    for mission, launch, relation in sorted(found, key=lambda each: order[each.launch]):
        served[mission][relation].append(dataset.launches[launch])
    return {slug: dict(launches) for slug, launches in served.items()}


def missions_at(dataset: Dataset, at: datetime) -> list[MissionRecord]:
    """The missions that went on at `at`: one, or two neighbours among the first nineteen."""
    return [
        mission
        for mission in dataset.missions.values()
        if mission.starts_at <= at and (mission.ends_at is None or at < mission.ends_at)
    ]


def last_mission(dataset: Dataset, launch: LaunchRecord, seat: SeatRecord) -> MissionRecord | None:
    """The mission from which somebody came home, None for a visitor and for somebody aboard."""
    if seat.landed_at is None:
        return None
    flown = dataset.flown_for.get((launch.slug, seat.person), [])
    begun = [mission for mission in flown if mission.starts_at <= seat.landed_at]
    return begun[-1] if begun else None


def summary(dataset: Dataset, mission: MissionRecord, served: Served) -> str:
    """A mission in two to five sentences."""
    first, *later = _commanders(dataset, mission)
    command = "" if later else f", under the command of {first}"
    shared = f"{first} was in command{handed_on(later)}." if later else None
    head = f"Expedition {mission.number} to the International Space Station"
    if mission.ends_at is None:
        lasted = f"{head} began on {english_day(mission.starts_at)}{command}."
    else:
        days = counted(whole_days(mission.starts_at, mission.ends_at), "day")
        period = english_period(mission.starts_at, mission.ends_at)
        lasted = f"{head} lasted {days}, {period}{command}."
    brought = [dataset.launches[slug] for slug in dict.fromkeys(mission.flown_by.values())]
    ships = joined([ship_en(launch.ship.name) for launch in _in_time(brought)])
    crew = f"Its crew of {number(len(mission.flown_by))} came with {ships}."
    told = [lasted, shared, crew, _supplies(served), _failures(served)]
    return " ".join(filter(None, told))


def _supplies(served: Served) -> str | None:
    launches = _delivering(served)
    parts, ships = _parts(launches), _cargo_ships(launches)
    if not parts and not ships:
        return None
    supplies = joined([*parts, *filter(None, [joined(ships)])])
    were = "was" if len(parts) + len(ships) == 1 else "were"
    return f"In its time {supplies} {were} launched to the station."


def _failures(served: Served) -> str | None:
    lost = [
        ship_en(launch.ship.name)
        for launch in _in_time(launch for launches in served.values() for launch in launches)
        if launch.status is not LaunchStatus.SUCCESS
    ]
    plural = "" if len(lost) == 1 else "es"
    return f"The launch{plural} of {joined(lost)} failed." if lost else None


def tasks(dataset: Dataset, mission: MissionRecord, served: Served) -> list[str]:
    """What the records prove that a mission had to do; nothing is claimed beyond them."""
    sure = mission.ends_at - MARGIN if mission.ends_at else None
    received = [
        launch
        for launch in _delivering(served)
        if launch.status is LaunchStatus.SUCCESS and (sure is None or launch.launch_at < sure)
    ]
    parts, ships = _parts(received), _cargo_ships(received)
    return [
        *_arrivals(mission, served, sure),
        _stay(mission),
        *([f"Receive {joined(parts)}"] if parts else []),
        *([f"Receive {joined(ships)}"] if ships else []),
        *_handovers(dataset, mission),
        *_departures(served),
    ]


def _arrivals(mission: MissionRecord, served: Served, sure: datetime | None) -> list[str]:
    """Its own way up, if it began with that, and the crews that came to it later."""
    members = set(mission.flown_by.values())
    arrived = [
        launch
        for launch in served.get(LaunchRelation.CREW_ARRIVAL, [])
        if launch.launch_at >= mission.starts_at
        and launch.status is LaunchStatus.SUCCESS
        and (launch.slug in members or sure is None or launch.launch_at < sure)
    ]
    led = mission.commanders[0].arrived_with
    own = [ship_en(launch.ship.name) for launch in arrived if launch.slug == led]
    hosted = [ship_en(launch.ship.name) for launch in arrived if launch.slug != led]
    return [
        *(f"Reach the station with {ship}" for ship in own),
        *([f"Host the arrival of {joined(hosted)}"] if hosted else []),
    ]


def _stay(mission: MissionRecord) -> str:
    if mission.ends_at is None:
        return f"Keep the station crewed from {english_day(mission.starts_at)}"
    return f"Keep the station crewed {english_period(mission.starts_at, mission.ends_at)}"


def _handovers(dataset: Dataset, mission: MissionRecord) -> list[str]:
    first, *later = commanders = _commanders(dataset, mission)
    within = [f"Pass the command from {first} to {', then to '.join(later)}"] if later else []
    after = next((m for m in dataset.missions.values() if m.number == mission.number + 1), None)
    heir = _commanders(dataset, after)[0] if after else commanders[-1]
    if after is None or heir == commanders[-1]:
        return within
    return [*within, f"Hand the station over to Expedition {after.number} under {heir}"]


def _departures(served: Served) -> list[str]:
    ships = [ship_en(launch.ship.name) for launch in served.get(LaunchRelation.CREW_DEPARTURE, [])]
    return [f"Return crew members to Earth with {joined(ships)}"] if ships else []


def _commanders(dataset: Dataset, mission: MissionRecord) -> list[str]:
    return [dataset.people[row.person].name for row in mission.commanders]


def _in_time(launches: Iterable[LaunchRecord]) -> list[LaunchRecord]:
    """Each launch once, in the order of time."""
    unique = {launch.slug: launch for launch in launches}
    return sorted(unique.values(), key=lambda launch: launch.launch_at)


def _delivering(served: Served) -> list[LaunchRecord]:
    """The launches of modules and cargo."""
    return _in_time(
        launch
        for kind in (LaunchRelation.MODULE, LaunchRelation.CARGO)
        for launch in served.get(kind, [])
    )


def _parts(launches: Iterable[LaunchRecord]) -> list[str]:
    """The modules that launches carried."""
    kind = SpacecraftKind.MODULE
    return [part(name).english for launch in launches for name in launch.of_kind(kind)]


def _cargo_ships(launches: Iterable[LaunchRecord]) -> list[str]:
    """The cargo ships among launches, the first one with the word before it."""
    ships = [name for launch in launches for name in launch.of_kind(SpacecraftKind.CV)]
    noun = "the cargo ship " if len(ships) == 1 else "the cargo ships "
    return [noun + ships[0], *ships[1:]] if ships else []
