"""Generated launches, stays and spacewalks: events of the timeline, in any number."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count, islice
from typing import Any

from sqlalchemy import Connection, func, insert, select

from app.db.database import Database
from app.db.models import (
    Agency,
    Base,
    Launch,
    Module,
    Payload,
    Person,
    Port,
    Spacewalk,
    Stay,
    Vehicle,
)
from app.db.models.spacewalks import SpacewalkMember
from app.db.timeouts import disable_timeouts
from app.domain.dates import Precision
from app.domain.enums import (
    ArrivalKind,
    FlightEndKind,
    LaunchStatus,
    SpacecraftKind,
    SpacewalkRole,
)
from bench.bulk import BATCH_ROWS, Progress, optimize
from bench.generator import END, START

FLIGHT_EVENTS = 4
"""Events of a generated flight: launch, docking, undocking, end of the flight."""
CYCLE_EVENTS = 2 * FLIGHT_EVENTS + 1
"""Events of a cycle: two flights and a spacewalk."""

MODELS: Sequence[type[Base]] = (Launch, Payload, Stay, Spacewalk, SpacewalkMember)


def fill_events(database: Database, number: int, progress: Progress = lambda *_: None) -> None:
    """Add at least `number` generated events, spread evenly over twenty years."""
    with database.engine.connect() as connection, connection.begin():
        disable_timeouts(connection)
        cycles = Generator(connection, number).cycles()
        done = 0
        while batch := list(islice(cycles, BATCH_ROWS // CYCLE_EVENTS)):
            for model in MODELS:
                entities = [each for cycle in batch for each in cycle if type(each) is model]
                connection.execute(insert(model), list(map(_row, entities)))
            done += len(batch) * CYCLE_EVENTS
            progress(min(done, number), number)
        if connection.dialect.name == "postgresql":
            _move_sequences(connection)
    optimize(database)


class Generator:
    """Deterministic generator of flights and spacewalks, in order of time."""

    def __init__(self, connection: Connection, number: int) -> None:
        def ids(column: Any) -> Sequence[int]:
            return connection.execute(select(column).order_by(column)).scalars().all()

        self._ports = ids(Port.id)
        self._vehicles = ids(Vehicle.id)
        self._modules = ids(Module.id)
        self._people = ids(Person.id)
        self._operators = ids(Agency.id)
        self._next_id = {
            model: count((connection.scalar(select(func.max(_id_column(model)))) or 0) + 1)
            for model in MODELS
        }
        self._cycle_count = -(-number // CYCLE_EVENTS)
        self._interval = (END - START) / self._cycle_count

    def cycles(self) -> Iterator[list[Base]]:
        """Yield the rows of each cycle."""
        for cycle in range(self._cycle_count):
            at = START + cycle * self._interval
            yield [
                *self._build_flight(2 * cycle, at),
                *self._build_flight(2 * cycle + 1, at + self._interval / 2),
                *self._build_spacewalk(cycle, at),
            ]

    def _build_flight(self, number: int, at: Any) -> list[Base]:
        """A flight of a cargo ship that stays until the port is needed again."""
        duration = self._interval * len(self._ports) / 4
        slug = f"progress-g-{number}"
        launch = Launch(
            id=next(self._next_id[Launch]),
            slug=slug,
            status=LaunchStatus.SUCCESS,
            launch_at=at,
            launch_at_precision=Precision.SECOND,
            vehicle_id=self._vehicles[number % len(self._vehicles)],
            crewed=False,
            sources=[],
        )
        ship = Payload(
            id=next(self._next_id[Payload]),
            launch_id=launch.id,
            ordinal=1,
            name=f"Progress G-{number}",
            kind=SpacecraftKind.CV,
            flight_ended_at=at + duration,
            flight_ended_at_precision=Precision.MINUTE,
            end_kind=FlightEndKind.DEORBITED,
        )
        stay = Stay(
            id=next(self._next_id[Stay]),
            slug=f"{slug}-port",
            launch_id=launch.id,
            port_id=self._ports[number % len(self._ports)],
            arrived_at=at + duration / 8,
            arrived_at_precision=Precision.SECOND,
            arrival_kind=ArrivalKind.DOCKING,
            departed_at=at + duration * 7 / 8 + timedelta(minutes=2),
            departed_at_precision=Precision.SECOND,
            sources=[],
        )
        return [launch, ship, stay]

    def _build_spacewalk(self, number: int, at: Any) -> list[Base]:
        """A spacewalk of two people."""
        walk = Spacewalk(
            id=next(self._next_id[Spacewalk]),
            slug=f"spacewalk-g-{number}",
            starts_at=at,
            starts_at_precision=Precision.MINUTE,
            duration_seconds=20_000 + number % 5_000,
            operator_id=self._operators[number % len(self._operators)],
            airlock_id=self._modules[number % len(self._modules)],
            sources=[],
        )
        members = [
            SpacewalkMember(
                id=next(self._next_id[SpacewalkMember]),
                spacewalk_id=walk.id,
                person_id=self._people[(number + ordinal) % len(self._people)],
                ordinal=ordinal,
                role=role,
            )
            for ordinal, role in enumerate((SpacewalkRole.EV1, SpacewalkRole.EV2), 1)
        ]
        return [walk, *members]


def _id_column(model: Any) -> Any:
    return model.id


def _row(entity: Any) -> dict[str, Any]:
    """Columns of an entity that have values, after `compute_columns`."""
    compute: Callable[[], None] | None = getattr(entity, "compute_columns", None)
    if compute:
        compute()
    return {
        attribute.key: getattr(entity, attribute.key)
        for attribute in entity.__mapper__.column_attrs
        if attribute.key in entity.__dict__
    }


def _move_sequences(connection: Connection) -> None:
    """Move the sequences of ids behind the rows that were inserted with ids."""
    for model in MODELS:
        newest = select(func.max(_id_column(model))).scalar_subquery()
        sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
        connection.execute(select(func.setval(sequence, newest)))
