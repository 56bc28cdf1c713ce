"""Events of the chronicle at the station: arrivals of ships, spacewalks.

Facts only; `english_station` and `russian_station` render them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain import glossary
from app.domain.dates import Precision, period_end
from app.ingest.dataset.records import (
    DatasetFacts,
    DatasetLaunch,
    DatasetMission,
    DatasetModule,
    DatasetPerson,
    DatasetPort,
    DatasetSpacewalk,
    DatasetStay,
)
from tools.chronicle.derive import find_commanders_at


@dataclass(frozen=True)
class ChronicleArrival:
    """The arrival of a ship at its first port."""

    stay: DatasetStay
    launch: DatasetLaunch
    module: DatasetModule
    port: DatasetPort
    """The port and its module."""
    crew: list[DatasetPerson]
    current_missions: list[tuple[DatasetMission, DatasetPerson]]
    """Missions at that time with their commanders, that in command of the station first; empty
    before the first mission."""

    @property
    def brought_port(self) -> bool:
        """True for STS-88: the port came with it, on a module that it joined to the station."""
        return self.module.launch == self.launch.slug

    @property
    def brought_commander(self) -> bool:
        """True for Soyuz TM-31: the mission under way came aboard with it."""
        if not self.current_missions:
            return False
        mission, commander = self.current_missions[0]
        return mission.launch_by_person[commander.slug] == self.launch.slug

    @property
    def flight_duration(self) -> timedelta | None:
        """Time between the minutes of launch and arrival; None if only the day is known."""
        if self.stay.arrived_at_precision not in (Precision.SECOND, Precision.MINUTE):
            return None
        start, end = self.launch.launch_at, self.stay.arrived_at
        return end.replace(second=0) - start.replace(second=0)

    @property
    def flight_days(self) -> int:
        """Days of the calendar (UTC) from the launch to the arrival."""
        return (self.stay.arrived_at.date() - self.launch.launch_at.date()).days


@dataclass(frozen=True)
class ChronicleSpacewalk:
    """A spacewalk."""

    walk: DatasetSpacewalk
    crew: list[tuple[DatasetPerson, int]]
    """Its crew; each person with the number of their spacewalks at the station so far."""
    mission: DatasetMission | None
    airlock: DatasetModule | DatasetLaunch
    """The module from which they went out, or the launch of the Space Shuttle."""

    @property
    def duration(self) -> timedelta:
        """Duration of the spacewalk."""
        return timedelta(seconds=self.walk.duration_seconds)


def generate_arrivals(dataset: DatasetFacts) -> Iterator[ChronicleArrival]:
    """One event per ship; further stays are relocations."""
    ports = {
        port.slug: (module, port) for module in dataset.modules.values() for port in module.ports
    }
    first = {stay.launch: stay for stay in reversed(dataset.stays.values())}
    for stay in dataset.stays.values():
        if first[stay.launch] is not stay:
            continue
        launch = dataset.launches[stay.launch]
        module, port = ports[stay.port]
        # Of a day alone, its end: a mission may have begun with the arrival.
        at = period_end(stay.arrived_at, stay.arrived_at_precision)
        yield ChronicleArrival(
            stay=stay,
            launch=launch,
            module=module,
            port=port,
            crew=[dataset.people[seat.person] for seat in launch.crew],
            current_missions=find_commanders_at(dataset, at),
        )


def generate_spacewalks(dataset: DatasetFacts) -> Iterator[ChronicleSpacewalk]:
    """One event per spacewalk, in order of time."""
    counts = Counter[str]()
    for walk in dataset.spacewalks.values():
        counts.update(walk.crew)
        yield ChronicleSpacewalk(
            walk=walk,
            crew=[(dataset.people[person], counts[person]) for person in walk.crew],
            mission=dataset.missions[walk.mission] if walk.mission else None,
            airlock=(
                dataset.modules[walk.airlock]
                if walk.airlock
                else _find_docked_shuttle(dataset, walk.starts_at)
            ),
        )


def _find_docked_shuttle(dataset: DatasetFacts, at: datetime) -> DatasetLaunch:
    """Launch of the Space Shuttle docked at `at`. Raises StopIteration if none was."""
    return next(
        launch
        for stay in dataset.stays.values()
        if stay.arrived_at <= at
        and (stay.departed_at is None or at < stay.departed_at)
        and glossary.is_shuttle((launch := dataset.launches[stay.launch]).main_spacecraft.name)
    )
