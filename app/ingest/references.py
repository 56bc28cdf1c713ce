"""Records that entries of Launch Library 2 refer to: people by name, launches by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Flight, ImportOrigin, Launch, Mission, Person, Vehicle
from app.domain.enums import LaunchStatus, RecordType
from app.domain.text import slugify
from app.ingest.entity_linking import AmbiguousName
from app.ingest.identity.decision import Verdict
from app.ingest.identity.people import PersonFacts, PersonIndex

LAUNCH_LIBRARY_SCHEME = "launch-library"

LaunchLibraryKey = tuple[RecordType, str]


_NEVER_ARRIVED = (LaunchStatus.CANCELLED, LaunchStatus.FAILURE)


class FlightOfPerson(NamedTuple):
    """Flight of a person: from launch to landing, None if they have not landed."""

    launch_at: datetime
    landed_at: datetime | None
    launch: str
    """Slug of the launch."""


@dataclass(frozen=True)
class ReferenceLookup:
    """Lookup data of the archive for the parser of Launch Library 2."""

    people: PersonIndex = field(default_factory=PersonIndex)
    vehicle_families: Mapping[str, str] = field(default_factory=dict)
    """Family by the slug of a vehicle's name."""
    flights: Mapping[str, list[FlightOfPerson]] = field(default_factory=dict)
    """Flights by the slug of the person, in order."""
    origins: Mapping[LaunchLibraryKey, str | None] = field(default_factory=dict)
    """Slugs of records known to Launch Library 2 by its ids; None if deleted since."""

    @classmethod
    def load(cls, reader: Reader) -> Self:
        """Load the lookup data, with a fixed number of statements."""
        families = reader.all(select(Vehicle.name, Vehicle.family))
        return cls(
            PersonIndex.load(reader),
            {slugify(row["name"]): row["family"] for row in families},
            _load_flights(reader),
            _load_origins(reader),
        )

    def find_person(self, key: str, name: str) -> str | None:
        """Slug of an astronaut, by id or else by name; None if unknown. Raises `AmbiguousName`."""
        if known := self.origins.get((RecordType.PERSON, key)):
            return known
        decision = self.people.identify(PersonFacts.from_name(name))
        slugs = [each.slug for each in decision.candidates]
        if decision.verdict is Verdict.DOUBTFUL:
            raise AmbiguousName(name, slugs)
        return next(iter(slugs), None)

    def find_flight(self, person: str, starts_at: datetime, ends_at: datetime | None) -> str | None:
        """Slug of the launch that a member of a mission arrived with: the last before its end."""
        flights = [
            flight.launch
            for flight in self.flights.get(person, ())
            if (ends_at is None or flight.launch_at < ends_at)
            and (flight.landed_at is None or flight.landed_at > starts_at)
        ]
        return flights[-1] if flights else None


def _load_flights(reader: Reader) -> dict[str, list[FlightOfPerson]]:
    columns = Person.slug.label("person"), Launch.slug, Launch.launch_at, Flight.landed_at
    flown = (
        select(*columns)
        .join(Flight, Flight.person_id == Person.id)
        .join(Launch, Launch.id == Flight.launch_id)
        .where(Launch.status.not_in(_NEVER_ARRIVED))
    )
    flights: dict[str, list[FlightOfPerson]] = {}
    for row in reader.all(flown.order_by(Launch.launch_at, Launch.id)):
        flight = FlightOfPerson(row["launch_at"], row["landed_at"], row["slug"])
        flights.setdefault(row["person"], []).append(flight)
    return flights


def load_launch_library_slugs(reader: Reader) -> dict[str, str]:
    """Slugs of launches imported from Launch Library 2, by their ids there."""
    origins = _load_origins(reader).items()
    return {key: slug for (type_, key), slug in origins if slug and type_ is RecordType.LAUNCH}


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
