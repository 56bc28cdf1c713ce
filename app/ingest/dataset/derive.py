"""What follows from the records: which launches served which mission, and what it came to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app.db.models import LaunchRelation, LaunchStatus, SpacecraftKind
from app.ingest.dataset.records import (
    Dataset,
    LaunchRecord,
    MissionRecord,
    PersonRecord,
    SeatRecord,
)

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


@dataclass(frozen=True)
class Course:
    """What the records prove of a mission, without a word about it; nothing is claimed beyond."""

    mission: MissionRecord
    commanders: list[PersonRecord]
    heir: tuple[MissionRecord, PersonRecord] | None
    """The mission that the station was handed over to, under whom; None without such a change."""
    brought: list[LaunchRecord]
    """What its crew came with."""
    own: list[LaunchRecord]
    """Its own way up, if it began with that."""
    hosted: list[LaunchRecord]
    """The crews that came to it later."""
    sent: list[LaunchRecord]
    """The modules and the cargo that were sent up in its time."""
    received: list[LaunchRecord]
    """Those of them that surely came in its time."""
    lost: list[LaunchRecord]
    departed: list[LaunchRecord]
    """The ships that took members home."""


def course(dataset: Dataset, mission: MissionRecord, served: Served) -> Course:
    """What the records prove of `mission`; `served` are its launches."""
    sure = mission.ends_at - MARGIN if mission.ends_at else None
    sent = _in_time(
        launch
        for kind in (LaunchRelation.MODULE, LaunchRelation.CARGO)
        for launch in served.get(kind, [])
    )
    arrived = _arrived(mission, served, sure)
    led = mission.commanders[0].arrived_with
    return Course(
        mission=mission,
        commanders=_commanders(dataset, mission),
        heir=_heir(dataset, mission),
        brought=_in_time(dataset.launches[slug] for slug in mission.flown_by.values()),
        own=[launch for launch in arrived if launch.slug == led],
        hosted=[launch for launch in arrived if launch.slug != led],
        sent=sent,
        received=[
            launch
            for launch in sent
            if launch.status is LaunchStatus.SUCCESS and (sure is None or launch.launch_at < sure)
        ],
        lost=[
            launch
            for launch in _in_time(launch for launches in served.values() for launch in launches)
            if launch.status is not LaunchStatus.SUCCESS
        ],
        departed=list(served.get(LaunchRelation.CREW_DEPARTURE, [])),
    )


def _arrived(mission: MissionRecord, served: Served, sure: datetime | None) -> list[LaunchRecord]:
    members = set(mission.flown_by.values())
    return [
        launch
        for launch in served.get(LaunchRelation.CREW_ARRIVAL, [])
        if launch.launch_at >= mission.starts_at
        and launch.status is LaunchStatus.SUCCESS
        and (launch.slug in members or sure is None or launch.launch_at < sure)
    ]


def _heir(dataset: Dataset, mission: MissionRecord) -> tuple[MissionRecord, PersonRecord] | None:
    after = next((m for m in dataset.missions.values() if m.number == mission.number + 1), None)
    if after is None or after.commanders[0].person == mission.commanders[-1].person:
        return None
    return after, dataset.people[after.commanders[0].person]


def _commanders(dataset: Dataset, mission: MissionRecord) -> list[PersonRecord]:
    return [dataset.people[row.person] for row in mission.commanders]


def _in_time(launches: Iterable[LaunchRecord]) -> list[LaunchRecord]:
    """Each launch once, in the order of time."""
    unique = {launch.slug: launch for launch in launches}
    return sorted(unique.values(), key=lambda launch: launch.launch_at)


def carried(launches: Iterable[LaunchRecord], kind: SpacecraftKind) -> list[str]:
    """The names of what launches carried of one kind."""
    return [name for launch in launches for name in launch.of_kind(kind)]
