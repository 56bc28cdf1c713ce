"""Days and people aboard after random sequences of plans, slips, cancellations and flights."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
import time_machine
from sqlalchemy import insert, inspect
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Base, CrewAssignment, Flight, Launch, Mission, Person
from app.domain.dates import Precision
from app.domain.enums import LaunchStatus
from app.domain.horizon import HORIZON_TOLERANCE
from tests.support import factories
from tests.support.horizons import set_horizon

HORIZON = datetime(2030, 1, 10, tzinfo=UTC)
MOMENTS = (
    HORIZON - timedelta(days=20),
    HORIZON - timedelta(seconds=1),
    HORIZON + timedelta(days=1),
    HORIZON + timedelta(days=300),
)
FLOWN = {LaunchStatus.IN_FLIGHT, LaunchStatus.SUCCESS, LaunchStatus.PARTIAL_FAILURE}
DAY = timedelta(days=1)


@dataclass
class Trip:
    """One flight of a person, planned or flown."""

    launch_at: datetime
    status: LaunchStatus = LaunchStatus.PLANNED
    landed_at: datetime | None = None

    def seconds_until(self, end: datetime) -> float:
        """Seconds in space up to `end`."""
        if self.status not in FLOWN or self.launch_at > end:
            return 0.0
        return (min(self.landed_at or end, end) - self.launch_at).total_seconds()

    def is_open_at(self, at: datetime) -> bool:
        landed = self.landed_at is not None and self.landed_at <= at
        return self.status in FLOWN and self.launch_at <= at and not landed


@dataclass
class Career:
    """The flights of a person, changed as by editors: only one who has landed is launched again."""

    random: Random
    trips: list[Trip] = field(default_factory=list)

    def change(self) -> None:
        """Plan, slip, cancel, launch or land, at random."""
        planned = [trip for trip in self.trips if trip.status is LaunchStatus.PLANNED]
        flying = [trip for trip in self.trips if trip.status in FLOWN and not trip.landed_at]
        action = self.random.choice(("plan", "slip", "cancel", "launch", "land"))
        if action == "plan" or not self.trips:
            self.trips.append(Trip(HORIZON + self._days(-60, 60)))
        elif action == "slip" and planned:
            self.random.choice(planned).launch_at += self._days(-30, 60)
        elif action == "cancel" and planned:
            self.random.choice(planned).status = LaunchStatus.CANCELLED
        elif action == "launch" and planned and not flying:
            trip = self.random.choice(planned)
            trip.status = self.random.choice((*sorted(FLOWN), LaunchStatus.FAILURE))
            landings = [each.landed_at for each in self.trips if each.landed_at]
            trip.launch_at = max([trip.launch_at, *landings])
        elif action == "land" and flying:
            flying[0].landed_at = flying[0].launch_at + self._days(0, 40)

    def _days(self, first: int, last: int) -> timedelta:
        return timedelta(seconds=self.random.randint(first * 86400, last * 86400))


def insert_all(database: Database, entities: list[Any]) -> None:
    """Insert entities by one statement each kind, without the write steps, for thousands."""
    rows: dict[type[Base], list[dict[str, Any]]] = {}
    for entity in entities:
        entity.compute_columns()
        values = {each.key: each.value for each in inspect(entity).attrs if each.value is not None}
        rows.setdefault(type(entity), []).append(values)
    with database.session() as session:
        for model, given in rows.items():
            names = {name for row in given for name in row}
            complete = [{name: row.get(name) for name in names} for row in given]
            session.connection().execute(insert(model), complete)


def insert_careers(database: Database, careers: list[Career]) -> None:
    """Insert people with their flights, and a role in one long mission for each flight."""
    starts_at = HORIZON - timedelta(days=500)
    mission = factories.mission(id=1, starts_at=starts_at, ends_at=None, ends_at_precision=None)
    entities: list[Any] = [mission]
    flights = count(1)
    for number, career in enumerate(careers, start=1):
        person = factories.person(id=number, slug=f"person-{number}")
        entities.append(person)
        for trip, id_ in zip(career.trips, flights, strict=False):
            launch = factories.launch(id=id_, status=trip.status, launch_at=trip.launch_at)
            precision = Precision.SECOND if trip.landed_at else None
            flight = factories.flight(
                person, launch, id=id_, landed_at=trip.landed_at, landed_at_precision=precision
            )
            assignment = factories.crew_assignment(mission, person, id=id_, flight_id=id_)
            entities += [launch, flight, assignment]
    order = [Mission, Person, Launch, Flight, CrewAssignment]
    insert_all(database, sorted(entities, key=lambda entity: order.index(type(entity))))


def read_lines(client: TestClient, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get(f"{path}?format=ndjson").text.splitlines()]


@pytest.mark.parametrize("number", [60, pytest.param(5000, marks=pytest.mark.slow)])
def test_days_are_those_of_flights_up_to_the_horizon(
    client: TestClient, database: Database, number: int
) -> None:
    random = Random(20)
    careers = [Career(random) for _ in range(number)]
    for career in careers:
        for _ in range(random.randint(1, 14)):
            career.change()
    insert_careers(database, careers)
    set_horizon(database, HORIZON)
    seen: set[bool | None] = set()
    for moment in MOMENTS:
        known = min(moment, HORIZON)
        with time_machine.travel(moment, tick=False):
            people = read_lines(client, "/v1/people")
            roles = read_lines(client, "/v1/crew-assignments")
        days_in_roles = dict.fromkeys(range(1, number + 1), 0)
        for role in roles:
            assert role["days_in_role"] >= 0
            days_in_roles[int(role["person"]["slug"][7:])] += role["days_in_role"]
        assert len(people) == number
        for person in people:
            trips = careers[int(person["slug"][7:]) - 1].trips
            seconds = sum(trip.seconds_until(known) for trip in trips)
            is_open = any(trip.is_open_at(known) for trip in trips)
            is_outdated = moment >= HORIZON + HORIZON_TOLERANCE
            assert person["days_aboard"] == seconds // DAY.total_seconds() >= 0
            assert person["aboard"] is ((None if is_outdated else True) if is_open else False)
            assert days_in_roles[person["id"]] <= person["days_aboard"]
            seen.add(person["aboard"])
    assert seen == {True, False, None}
