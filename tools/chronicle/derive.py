"""Relations between missions and launches, and the facts of each mission, from the records."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.dates import sort_instant
from app.domain.enums import LaunchRelation, LaunchStatus, SpacecraftKind
from app.ingest.dataset.records import (
    DatasetFacts,
    DatasetLaunch,
    DatasetMission,
    DatasetMissionLaunch,
    DatasetPerson,
    DatasetSeat,
    DatasetSpacewalk,
)

_MAX_TRANSIT_DURATION = timedelta(days=10)
"""Maximum flight time of a cargo ship (HTV: eight days). Cargo launched later than this before the
end of a mission may have arrived in the next one."""


MAX_LISTED_SPACEWALK_COUNT = 4
"""Maximum number of spacewalks whose purposes a task lists."""

LaunchesByRelation = Mapping[LaunchRelation, list[DatasetLaunch]]
"""Launches of a mission by relation, in order of time."""


def derive_mission_launches(dataset: DatasetFacts) -> list[DatasetMissionLaunch]:
    """Launches of every mission with their relations, by mission and in order of time.

    A launch that brought a member of the crew is an arrival, even if the ship came before the
    mission began; the ship that took a member home at the end of their stay is a departure. Other
    launches serve the missions in whose time they left, whether they got through or not:
    a module is a module; a crew that stays for no mission arrives too, unless it brings a module
    (visitors, and the aborted Soyuz MS-10); a crew ship without people counts as cargo.
    """
    arrived = {
        _mission_launch(mission.slug, launch, LaunchRelation.CREW_ARRIVAL)
        for mission in dataset.missions.values()
        for launch in mission.launch_by_person.values()
    }
    departed = {
        _mission_launch(home.slug, seat.landed_with, LaunchRelation.CREW_DEPARTURE)
        for launch in dataset.launches.values()
        for seat in launch.crew
        if seat.landed_with and (home := find_last_mission(dataset, launch, seat))
    }
    brought_members = {relation.launch for relation in arrived}
    served = {
        _mission_launch(mission.slug, launch.slug, kind)
        for launch in dataset.launches.values()
        if (kind := _relation_of_launch(launch, launch.slug in brought_members))
        for mission in find_missions_at(dataset, launch.launch_at)
    }
    missions, launches = list(dataset.missions), list(dataset.launches)
    return sorted(
        arrived | departed | served,
        key=lambda link: (
            missions.index(link.mission),
            launches.index(link.launch),
            link.relation,
        ),
    )


def _mission_launch(mission: str, launch: str, relation: LaunchRelation) -> DatasetMissionLaunch:
    return DatasetMissionLaunch(mission=mission, launch=launch, relation=relation)


def _relation_of_launch(launch: DatasetLaunch, brought_members: bool) -> LaunchRelation | None:
    if launch.spacecraft_names(SpacecraftKind.MODULE):
        return LaunchRelation.MODULE
    if brought_members:
        return None
    return LaunchRelation.CREW_ARRIVAL if launch.crew else LaunchRelation.CARGO


def group_launches_by_mission(
    dataset: DatasetFacts, mission_launches: Iterable[DatasetMissionLaunch]
) -> dict[str, LaunchesByRelation]:
    """Launches of each mission, by its slug and by relation."""
    served: dict[str, dict[LaunchRelation, list[DatasetLaunch]]] = {
        slug: defaultdict(list) for slug in dataset.missions
    }
    for link in mission_launches:
        served[link.mission][link.relation].append(dataset.launches[link.launch])
    return {slug: dict(launches) for slug, launches in served.items()}


def find_missions_at(dataset: DatasetFacts, at: datetime) -> list[DatasetMission]:
    """Missions active at `at`: one, or two among the first nineteen."""
    return [
        mission
        for mission in dataset.missions.values()
        if mission.starts_at <= at and (mission.ends_at is None or at < mission.ends_at)
    ]


def find_commanders_at(
    dataset: DatasetFacts, at: datetime
) -> list[tuple[DatasetMission, DatasetPerson]]:
    """Missions active at `at` with their commanders, that in command of the station first."""
    return [
        (mission, dataset.people[_commander_at(mission, at)])
        for mission in find_missions_at(dataset, at)
    ]


def _commander_at(mission: DatasetMission, at: datetime) -> str:
    """Commander of a mission; from the day of a handover, the new one."""
    taken = [row for row in mission.commanders if row.from_on is None or row.from_on <= at.date()]
    return taken[-1].person


def find_last_mission(
    dataset: DatasetFacts, launch: DatasetLaunch, seat: DatasetSeat
) -> DatasetMission | None:
    """Mission that a person left at the landing; None for visitors and for people aboard."""
    if seat.landed_at is None:
        return None
    flown = dataset.missions_by_flight.get((launch.slug, seat.person), [])
    begun = [mission for mission in flown if mission.starts_at <= seat.landed_at]
    return begun[-1] if begun else None


@dataclass(frozen=True)
class MissionFacts:
    """Facts of a mission, from which its summary and tasks are written."""

    mission: DatasetMission
    commanders: list[DatasetPerson]
    successor: tuple[DatasetMission, DatasetPerson] | None
    """Next mission and its commander, if the command changes with it."""
    crew_launches: list[DatasetLaunch]
    """Launches of its crew."""
    commander_launches: list[DatasetLaunch]
    """Launch of its first commander, if the mission started with it."""
    later_arrivals: list[DatasetLaunch]
    """Launches of crews that arrived later."""
    supply_launches: list[DatasetLaunch]
    """Launches of modules and cargo during the mission."""
    delivered_launches: list[DatasetLaunch]
    """Launches of modules and cargo that certainly arrived during the mission."""
    failed_launches: list[DatasetLaunch]
    departure_launches: list[DatasetLaunch]
    """Launches of the ships that took members home."""
    spacewalks: list[DatasetSpacewalk]
    """Its spacewalks, in order of time."""


def derive_mission_facts(
    dataset: DatasetFacts, mission: DatasetMission, served: LaunchesByRelation
) -> MissionFacts:
    """Facts of `mission`; `served` are its launches."""
    sure = mission.ends_at - _MAX_TRANSIT_DURATION if mission.ends_at else None
    sent = _unique_by_launch_time(
        launch
        for kind in (LaunchRelation.MODULE, LaunchRelation.CARGO)
        for launch in served.get(kind, [])
    )
    arrived = _crew_arrivals(mission, served, sure)
    led = mission.commanders[0].arrived_with
    return MissionFacts(
        mission=mission,
        commanders=_commanders(dataset, mission),
        successor=_find_successor(dataset, mission),
        crew_launches=_unique_by_launch_time(
            dataset.launches[slug] for slug in mission.launch_by_person.values()
        ),
        commander_launches=[launch for launch in arrived if launch.slug == led],
        later_arrivals=[launch for launch in arrived if launch.slug != led],
        supply_launches=sent,
        delivered_launches=[
            launch
            for launch in sent
            if launch.status is LaunchStatus.SUCCESS and (sure is None or launch.launch_at < sure)
        ],
        failed_launches=[
            launch
            for launch in _unique_by_launch_time(
                launch for launches in served.values() for launch in launches
            )
            if launch.status is not LaunchStatus.SUCCESS
        ],
        departure_launches=list(served.get(LaunchRelation.CREW_DEPARTURE, [])),
        spacewalks=[walk for walk in dataset.spacewalks.values() if walk.mission == mission.slug],
    )


def _crew_arrivals(
    mission: DatasetMission, served: LaunchesByRelation, sure: datetime | None
) -> list[DatasetLaunch]:
    members = set(mission.launch_by_person.values())
    return [
        launch
        for launch in served.get(LaunchRelation.CREW_ARRIVAL, [])
        if launch.launch_at >= mission.starts_at
        and launch.status is LaunchStatus.SUCCESS
        and (launch.slug in members or sure is None or launch.launch_at < sure)
    ]


def _find_successor(
    dataset: DatasetFacts, mission: DatasetMission
) -> tuple[DatasetMission, DatasetPerson] | None:
    after = next((m for m in dataset.missions.values() if m.number == mission.number + 1), None)
    if after is None or after.commanders[0].person == mission.commanders[-1].person:
        return None
    return after, dataset.people[after.commanders[0].person]


def _commanders(dataset: DatasetFacts, mission: DatasetMission) -> list[DatasetPerson]:
    return [dataset.people[row.person] for row in mission.commanders]


def _unique_by_launch_time(launches: Iterable[DatasetLaunch]) -> list[DatasetLaunch]:
    """Distinct launches in order of time."""
    unique = {launch.slug: launch for launch in launches}
    return sorted(
        unique.values(),
        key=lambda launch: sort_instant(launch.launch_at, launch.launch_at_precision),
    )


def list_spacecraft_names(launches: Iterable[DatasetLaunch], kind: SpacecraftKind) -> list[str]:
    """Names of the spacecraft of one kind."""
    return [name for launch in launches for name in launch.spacecraft_names(kind)]
