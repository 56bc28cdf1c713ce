"""Entity matching of Launch Library 2: find the archive's records of the same launches and people.

Capsules are reused under one name, and the archive names many ships by their flights. A name
therefore identifies a launch only together with its day, and a time only to the minute, together
with the rocket.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import ImportOrigin, Launch, Mission, Person, Vehicle
from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_bounds, period_end
from app.domain.enums import LaunchStatus, RecordType
from app.domain.text import slugify
from app.ingest.entity_linking import AmbiguousName, EntityLinker
from app.ingest.entries import InvalidEntry

LAUNCH_LIBRARY_SCHEME = "launch-library"

_DAY_TOLERANCE = timedelta(days=1)
"""Maximum difference between two sources that state the day of a launch."""

_LIFTOFF_TOLERANCE = timedelta(minutes=2)
"""Maximum difference between two sources that state the minute of a launch."""

LaunchLibraryKey = tuple[RecordType, str]


class NameLookup(Protocol):
    """Lookup of records by name."""

    def find_person(self, name: str) -> str | None:
        """Slug of a person, or None. Raises `AmbiguousName`."""

    def find_launch(self, ship: str) -> str | None:
        """Slug of the launch of a spacecraft, or None. Raises `AmbiguousName`."""


@dataclass(frozen=True)
class LaunchClaim:
    """Launch to be matched, as described by Launch Library 2."""

    ship_names: tuple[str, ...]
    """Possible names of its main spacecraft."""
    designator: str | None
    launch_at: datetime
    precision: Precision
    rocket: str
    may_go_to_station: bool
    """True if it may be a flight to the station, as all launches of the embedded archive are."""


@dataclass(frozen=True)
class KnownLaunch:
    """Launch of the archive that was not imported from Launch Library 2."""

    slug: str
    cospar_id: str | None
    status: LaunchStatus
    starts_at: datetime
    ends_at: datetime
    precision: Precision
    rocket: str | None

    @property
    def is_exact_to_minute(self) -> bool:
        """True if the minute of the launch is known."""
        return self.precision in PRECISIONS_WITH_TIME[:2]

    def is_compatible_with(self, claim: LaunchClaim) -> bool:
        """Report whether the times are close and the two launches do not both have a designator."""
        start, end = period_bounds(claim.launch_at, claim.precision)
        near = start < self.ends_at + _DAY_TOLERANCE and self.starts_at - _DAY_TOLERANCE < end
        return near and not (claim.designator and self.cospar_id)

    def has_same_liftoff(self, claim: LaunchClaim) -> bool:
        """Report whether the times agree to the minute and the rockets are of the same type."""
        difference = abs(self.starts_at - claim.launch_at)
        exact = self.is_exact_to_minute and claim.precision in PRECISIONS_WITH_TIME[:2]
        return exact and difference <= _LIFTOFF_TOLERANCE and self.has_same_rocket_make(claim)

    def has_same_rocket_make(self, claim: LaunchClaim) -> bool:
        """Report whether both rockets are of the same type, such as Soyuz."""
        return self.rocket is not None and _rocket_make(self.rocket) == _rocket_make(claim.rocket)


@dataclass(frozen=True)
class RecordMatcher:
    """Lookup data of the archive for matching."""

    names: NameLookup
    vehicle_families: Mapping[str, str] = field(default_factory=dict)
    """Family by vehicle slug."""
    known_launches: Mapping[str, KnownLaunch] = field(default_factory=dict)
    mission_numbers: frozenset[int] = frozenset()
    origins: Mapping[LaunchLibraryKey, str | None] = field(default_factory=dict)
    """Slugs of records imported from Launch Library 2; None if deleted since."""

    @classmethod
    def load(cls, reader: Reader) -> "RecordMatcher":
        """Load the lookup data, with a fixed number of statements."""
        origins = _load_origins(reader)
        imported = {slug for (type_, _), slug in origins.items() if type_ is RecordType.LAUNCH}
        families = reader.all(select(Vehicle.slug, Vehicle.family))
        numbers = reader.all(select(Mission.number))
        return cls(
            EntityLinker.load(reader),
            {row["slug"]: row["family"] for row in families},
            {each.slug: each for each in _load_known_launches(reader) if each.slug not in imported},
            frozenset(row["number"] for row in numbers),
            origins,
        )

    def find_person(self, key: str, name: str) -> str | None:
        """Slug of an astronaut, by id or else by name; None if unknown. Raises `AmbiguousName`."""
        return self.origins.get((RecordType.PERSON, key)) or self.names.find_person(name)

    def find_launch(self, key: str, claim: LaunchClaim) -> str | None:
        """Slug of the archive's own record of a launch; None if there is none.

        None also if the launch was imported before. Raises `AmbiguousName` if several match,
        `InvalidEntry` if a match is possible but not certain.
        """
        if (RecordType.LAUNCH, key) in self.origins:
            return None
        if claim.designator:
            for each in self.known_launches.values():
                if each.cospar_id == claim.designator:
                    return each.slug
        named = {slug for ship in claim.ship_names for slug in self._launches_named(ship)}
        matching = [
            slug for slug in named if self.known_launches[slug].is_compatible_with(claim)
        ] or [
            each.slug
            for each in self.known_launches.values()
            if each.has_same_liftoff(claim) and each.is_compatible_with(claim)
        ]
        if len(matching) > 1:
            raise AmbiguousName(claim.ship_names[0], matching)
        if not matching:
            self._reject_doubtful(claim, named)
        return matching[0] if matching else None

    def _launches_named(self, ship: str) -> Iterable[str]:
        try:
            slug = self.names.find_launch(ship)
        except AmbiguousName as error:
            return self.known_launches.keys() & set(error.candidates)
        return self.known_launches.keys() & {slug}

    def _reject_doubtful(self, claim: LaunchClaim, named: Iterable[str]) -> None:
        """Raise `InvalidEntry` if the archive may have the launch with another time or name."""
        planned = [self.known_launches[slug] for slug in named]
        doubtful = [each for each in planned if each.status == LaunchStatus.PLANNED]
        if claim.may_go_to_station:
            doubtful += [
                each
                for each in self.known_launches.values()
                if each.has_same_rocket_make(claim)
                and each.is_compatible_with(claim)
                and not each.is_exact_to_minute
            ]
        if doubtful and not claim.designator:
            slugs = " or ".join(sorted({each.slug for each in doubtful}))
            raise InvalidEntry("net", f"May be {slugs}, with another time or name in the archive.")


def load_launch_library_slugs(reader: Reader) -> dict[str, str]:
    """Slugs of launches imported from Launch Library 2, by their ids there."""
    origins = _load_origins(reader).items()
    return {key: slug for (type_, key), slug in origins if slug and type_ is RecordType.LAUNCH}


def _rocket_make(rocket: str) -> str:
    return slugify(rocket).partition("-")[0]


def _load_origins(reader: Reader) -> dict[LaunchLibraryKey, str | None]:
    models: dict[RecordType, Any] = {
        RecordType.LAUNCH: Launch,
        RecordType.MISSION: Mission,
        RecordType.PERSON: Person,
    }
    origins: dict[LaunchLibraryKey, str | None] = {}
    for type_, model in models.items():
        rows = select(ImportOrigin.key, model.slug).where(
            ImportOrigin.scheme == LAUNCH_LIBRARY_SCHEME, ImportOrigin.type == type_
        )
        for row in reader.all(rows.outerjoin(model, model.id == ImportOrigin.record_id)):
            origins[type_, row["key"]] = row["slug"]
    return origins


def _load_known_launches(reader: Reader) -> list[KnownLaunch]:
    columns = (
        Launch.slug,
        Launch.cospar_id,
        Launch.status,
        Launch.launch_at.label("starts_at"),
        Launch.launch_at_precision.label("precision"),
        Vehicle.name.label("rocket"),
    )
    launches = select(*columns).outerjoin(Vehicle, Vehicle.id == Launch.vehicle_id)
    return [
        KnownLaunch(ends_at=period_end(row["starts_at"], row["precision"]), **row)
        for row in reader.all(launches)
    ]
