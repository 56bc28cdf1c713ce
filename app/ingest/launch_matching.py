"""Which records of the archive those of Launch Library 2 are: by what both have, never by guess.

Capsules fly again and again under one name, and the archive calls many ships by their flights. So
a name tells a launch only together with its time, and a time tells it only to the minute.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import ImportOrigin, Launch, Mission, Person, Vehicle
from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_bounds
from app.domain.enums import LaunchStatus, RecordType
from app.domain.text import slugify
from app.ingest.entity_linking import AmbiguousName, EntityLinker
from app.ingest.json_stream import InvalidEntry

LAUNCH_LIBRARY_SCHEME = "launch-library"

_DAY_TOLERANCE = timedelta(days=1)
"""How far two sources may be apart on the day of one launch."""

_LIFTOFF_TOLERANCE = timedelta(minutes=2)
"""How far two sources may be apart on the minute of one launch."""

LaunchLibraryKey = tuple[RecordType, str]


class NameLookup(Protocol):
    """What the archive knows by name."""

    def find_person(self, name: str) -> str | None:
        """The slug of somebody; raises `AmbiguousName`."""

    def find_launch(self, ship: str) -> str | None:
        """The slug of a ship's launch; raises `AmbiguousName`."""


@dataclass(frozen=True)
class LaunchClaim:
    """What a source tells of a launch."""

    ship_names: tuple[str, ...]
    """All that its main ship may be called."""
    designator: str | None
    launch_at: datetime
    precision: Precision
    rocket: str
    may_go_to_station: bool
    """Whether it may have gone to the station, as all launches of the archive's own did."""


@dataclass(frozen=True)
class KnownLaunch:
    """A launch of the archive that is not from Launch Library 2."""

    slug: str
    cospar_id: str | None
    status: LaunchStatus
    starts_at: datetime
    ends_at: datetime
    is_exact_to_minute: bool
    rocket: str | None

    def is_compatible_with(self, told: LaunchClaim) -> bool:
        """Whether no time and no designator of the two contradict one another."""
        starts, until = period_bounds(told.launch_at, told.precision)
        near = starts < self.ends_at + _DAY_TOLERANCE and self.starts_at - _DAY_TOLERANCE < until
        return near and not (told.designator and self.cospar_id)

    def has_same_liftoff(self, told: LaunchClaim) -> bool:
        """Whether it left at the same minute on a rocket of the same make."""
        apart = abs(self.starts_at - told.launch_at)
        clocked = self.is_exact_to_minute and told.precision in PRECISIONS_WITH_TIME[:2]
        return clocked and apart <= _LIFTOFF_TOLERANCE and self.has_same_rocket_make(told)

    def has_same_rocket_make(self, told: LaunchClaim) -> bool:
        """Whether both rockets are of one make, such as Soyuz."""
        return self.rocket is not None and _rocket_make(self.rocket) == _rocket_make(told.rocket)


@dataclass(frozen=True)
class RecordMatcher:
    """What has to be known of the archive to tell which of its records is which."""

    names: NameLookup
    vehicle_families: Mapping[str, str] = field(default_factory=dict)
    """Those of its vehicles, by slug."""
    known_launches: Mapping[str, KnownLaunch] = field(default_factory=dict)
    mission_numbers: frozenset[int] = frozenset()
    """Of its missions."""
    origins: Mapping[LaunchLibraryKey, str | None] = field(default_factory=dict)
    """The slugs of what came from Launch Library 2; None for what has been deleted since."""

    @classmethod
    def load(cls, reader: Reader) -> "RecordMatcher":
        """What the archive knows now: a fixed number of statements."""
        origins = _load_origins(reader)
        own = {slug for (kind, _), slug in origins.items() if kind is RecordType.LAUNCH}
        families = reader.all(select(Vehicle.slug, Vehicle.family))
        numbers = reader.all(select(Mission.number))
        return cls(
            EntityLinker.load(reader),
            {row["slug"]: row["family"] for row in families},
            {each.slug: each for each in _load_known_launches(reader) if each.slug not in own},
            frozenset(row["number"] for row in numbers),
            origins,
        )

    def find_person(self, key: str, name: str) -> str | None:
        """The slug of an astronaut, None where nobody is known. Raises `AmbiguousName`."""
        return self.origins.get((RecordType.PERSON, key)) or self.names.find_person(name)

    def find_launch(self, key: str, told: LaunchClaim) -> str | None:
        """The slug of the launch that is the one told of, unless it came from there itself.

        Raises `AmbiguousName` where it may be one of several, `InvalidEntry` where it may be one
        or none.
        """
        if (RecordType.LAUNCH, key) in self.origins:
            return None
        if told.designator:
            for each in self.known_launches.values():
                if each.cospar_id == told.designator:
                    return each.slug
        named = {slug for ship in told.ship_names for slug in self._launches_named(ship)}
        fitting = [
            slug for slug in named if self.known_launches[slug].is_compatible_with(told)
        ] or [
            each.slug
            for each in self.known_launches.values()
            if each.has_same_liftoff(told) and each.is_compatible_with(told)
        ]
        if len(fitting) > 1:
            raise AmbiguousName(told.ship_names[0], fitting)
        if not fitting:
            self._reject_doubtful(told, named)
        return fitting[0] if fitting else None

    def _launches_named(self, ship: str) -> Iterable[str]:
        try:
            found = self.names.find_launch(ship)
        except AmbiguousName as error:
            return self.known_launches.keys() & set(error.candidates)
        return self.known_launches.keys() & {found}

    def _reject_doubtful(self, told: LaunchClaim, named: Iterable[str]) -> None:
        """Refuse what may be a launch of the archive that has another time or name there."""
        planned = [self.known_launches[slug] for slug in named]
        doubtful = [each for each in planned if each.status == LaunchStatus.PLANNED]
        if told.may_go_to_station:
            doubtful += [
                each
                for each in self.known_launches.values()
                if each.has_same_rocket_make(told)
                and each.is_compatible_with(told)
                and not each.is_exact_to_minute
            ]
        if doubtful and not told.designator:
            slugs = " or ".join(sorted({each.slug for each in doubtful}))
            raise InvalidEntry("net", f"It may be {slugs}, which has another time or name here.")


def load_launch_library_slugs(reader: Reader) -> dict[str, str]:
    """The slugs of the launches that came from Launch Library 2, by their ids there."""
    found = _load_origins(reader).items()
    return {key: slug for (kind, key), slug in found if slug and kind is RecordType.LAUNCH}


def _rocket_make(rocket: str) -> str:
    return slugify(rocket).partition("-")[0]


def _load_origins(reader: Reader) -> dict[LaunchLibraryKey, str | None]:
    found: dict[LaunchLibraryKey, str | None] = {}
    for kind, model in (
        (RecordType.LAUNCH, Launch),
        (RecordType.MISSION, Mission),
        (RecordType.PERSON, Person),
    ):
        rows = select(ImportOrigin.key, model.slug).outerjoin(
            model, model.id == ImportOrigin.record_id
        )
        for row in reader.all(
            rows.where(ImportOrigin.scheme == LAUNCH_LIBRARY_SCHEME, ImportOrigin.type == kind)
        ):
            found[kind, row["key"]] = row["slug"]
    return found


def _load_known_launches(reader: Reader) -> list[KnownLaunch]:
    rows = reader.all(
        select(
            Launch.slug,
            Launch.cospar_id,
            Launch.status,
            Launch.launch_at,
            Launch.launch_until,
            Launch.launch_at_precision,
            Vehicle.name,
        ).outerjoin(Vehicle, Vehicle.id == Launch.vehicle_id)
    )
    return [
        KnownLaunch(
            row["slug"],
            row["cospar_id"],
            row["status"],
            row["launch_at"],
            row["launch_until"],
            row["launch_at_precision"] in PRECISIONS_WITH_TIME[:2],
            row["name"],
        )
        for row in rows
    ]
