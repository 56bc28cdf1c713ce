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
from app.db.models import Launch, LaunchStatus, Mission, Origin, Person, RecordType, Vehicle
from app.domain.dates import CLOCKED, Precision, period
from app.domain.text import slugify
from app.ingest.entity_linking import Ambiguous, Names
from app.ingest.json_stream import Unfit

SCHEME = "launch-library"

SLACK = timedelta(days=1)
"""How far two sources may be apart on the day of one launch."""

TOGETHER = timedelta(minutes=2)
"""How far two sources may be apart on the minute of one launch."""

Key = tuple[RecordType, str]


class Known(Protocol):
    """What the archive knows by name."""

    def person(self, name: str) -> str | None:
        """The slug of somebody; raises `Ambiguous`."""

    def launch(self, ship: str) -> str | None:
        """The slug of a ship's launch; raises `Ambiguous`."""


@dataclass(frozen=True)
class Told:
    """What a source tells of a launch."""

    ships: tuple[str, ...]
    """All that its main ship may be called."""
    designator: str | None
    at: datetime
    precision: Precision
    rocket: str
    to_station: bool
    """Whether it may have gone to the station, as all launches of the archive's own did."""


@dataclass(frozen=True)
class Flown:
    """A launch of the archive that is not from Launch Library 2."""

    slug: str
    cospar_id: str | None
    status: LaunchStatus
    starts: datetime
    until: datetime
    exact: bool
    rocket: str | None

    def may_be(self, told: Told) -> bool:
        """Whether no time and no designator of the two contradict one another."""
        starts, until = period(told.at, told.precision)
        near = starts < self.until + SLACK and self.starts - SLACK < until
        return near and not (told.designator and self.cospar_id)

    def left_with(self, told: Told) -> bool:
        """Whether it left at the same minute on a rocket of the same make."""
        apart = abs(self.starts - told.at)
        clocked = self.exact and told.precision in CLOCKED[:2]
        return clocked and apart <= TOGETHER and self.has_rocket_of(told)

    def has_rocket_of(self, told: Told) -> bool:
        """Whether both rockets are of one make, such as Soyuz."""
        return self.rocket is not None and _make(self.rocket) == _make(told.rocket)


@dataclass(frozen=True)
class Archive:
    """What has to be known of the archive to tell which of its records is which."""

    names: Known
    families: Mapping[str, str] = field(default_factory=dict)
    """Those of its vehicles, by slug."""
    flown: Mapping[str, Flown] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()
    """Of its missions."""
    origins: Mapping[Key, str | None] = field(default_factory=dict)
    """The slugs of what came from Launch Library 2; None for what has been deleted since."""

    @classmethod
    def of(cls, reader: Reader) -> "Archive":
        """What the archive knows now: a fixed number of statements."""
        origins = _origins(reader)
        own = {slug for (kind, _), slug in origins.items() if kind is RecordType.LAUNCH}
        families = reader.all(select(Vehicle.slug, Vehicle.family))
        numbers = reader.all(select(Mission.number))
        return cls(
            Names.of(reader),
            {row["slug"]: row["family"] for row in families},
            {each.slug: each for each in _flown(reader) if each.slug not in own},
            frozenset(row["number"] for row in numbers),
            origins,
        )

    def person(self, key: str, name: str) -> str | None:
        """The slug of an astronaut, None where nobody is known. Raises `Ambiguous`."""
        return self.origins.get((RecordType.PERSON, key)) or self.names.person(name)

    def launch(self, key: str, told: Told) -> str | None:
        """The slug of the launch that is the one told of, unless it came from there itself.

        Raises `Ambiguous` where it may be one of several, `Unfit` where it may be one or none.
        """
        if (RecordType.LAUNCH, key) in self.origins:
            return None
        if told.designator:
            for each in self.flown.values():
                if each.cospar_id == told.designator:
                    return each.slug
        named = {slug for ship in told.ships for slug in self._named(ship)}
        fitting = [slug for slug in named if self.flown[slug].may_be(told)] or [
            each.slug for each in self.flown.values() if each.left_with(told) and each.may_be(told)
        ]
        if len(fitting) > 1:
            raise Ambiguous(told.ships[0], fitting)
        if not fitting:
            self._refuse_doubtful(told, named)
        return fitting[0] if fitting else None

    def _named(self, ship: str) -> Iterable[str]:
        try:
            found = self.names.launch(ship)
        except Ambiguous as error:
            return self.flown.keys() & set(error.candidates)
        return self.flown.keys() & {found}

    def _refuse_doubtful(self, told: Told, named: Iterable[str]) -> None:
        """Refuse what may be a launch of the archive that has another time or name there."""
        planned = [self.flown[slug] for slug in named]
        doubtful = [each for each in planned if each.status == LaunchStatus.PLANNED]
        if told.to_station:
            doubtful += [
                each
                for each in self.flown.values()
                if each.has_rocket_of(told) and each.may_be(told) and not each.exact
            ]
        if doubtful and not told.designator:
            slugs = " or ".join(sorted({each.slug for each in doubtful}))
            raise Unfit("net", f"It may be {slugs}, which has another time or name here.")


def library_launches(reader: Reader) -> dict[str, str]:
    """The slugs of the launches that came from Launch Library 2, by their ids there."""
    found = _origins(reader).items()
    return {key: slug for (kind, key), slug in found if slug and kind is RecordType.LAUNCH}


def _make(rocket: str) -> str:
    return slugify(rocket).partition("-")[0]


def _origins(reader: Reader) -> dict[Key, str | None]:
    found: dict[Key, str | None] = {}
    for kind, model in (
        (RecordType.LAUNCH, Launch),
        (RecordType.MISSION, Mission),
        (RecordType.PERSON, Person),
    ):
        rows = select(Origin.key, model.slug).outerjoin(model, model.id == Origin.record_id)
        for row in reader.all(rows.where(Origin.scheme == SCHEME, Origin.type == kind)):
            found[kind, row["key"]] = row["slug"]
    return found


def _flown(reader: Reader) -> list[Flown]:
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
        Flown(
            row["slug"],
            row["cospar_id"],
            row["status"],
            row["launch_at"],
            row["launch_until"],
            row["launch_at_precision"] in CLOCKED[:2],
            row["name"],
        )
        for row in rows
    ]
