"""Records for tests: valid by default, each different from the last, any column as told."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from app.dates import Precision
from app.models import (
    Article,
    CrewAssignment,
    CrewRole,
    Flight,
    Launch,
    LaunchStatus,
    Mission,
    Person,
    ShipRole,
    Spacecraft,
    SpacecraftKind,
    Vehicle,
)

_numbers = count(1)
_missions = count()


def article(**columns: Any) -> Article:
    n = next(_numbers)
    given = {
        "slug": f"article-{n}",
        "title": f"Article {n}",
        "lead": "A lead.",
        "body": "A body.",
        "language": "en",
        "published_at": datetime(2019, 4, 4, 12, tzinfo=UTC),
        "published_at_precision": Precision.SECOND,
        "source_name": "Test desk",
    }
    return Article(**given | columns)


def person(**columns: Any) -> Person:
    n = next(_numbers)
    given = {"slug": f"person-{n}", "name": f"Person {n}", "aliases": [], "sources": []}
    return Person(**given | columns)


def mission(**columns: Any) -> Mission:
    n = 1 + next(_missions) % 9999  # as many as a mission's number may say
    given = {
        "slug": f"iss-{n}",
        "number": n,
        "station": "ISS",
        "starts_at": datetime(2019, 3, 15, 1, 1, tzinfo=UTC),
        "starts_at_precision": Precision.MINUTE,
        "ends_at": datetime(2019, 6, 24, 23, 25, tzinfo=UTC),
        "ends_at_precision": Precision.MINUTE,
        "summary": "A summary.",
        "alternative_names": [],
        "sources": [],
    }
    return Mission(**given | columns)


def launch(**columns: Any) -> Launch:
    n = next(_numbers)
    given = {
        "slug": f"launch-{n}",
        "status": LaunchStatus.SUCCESS,
        "launch_at": datetime(2019, 3, 14, 19, 14, 9, tzinfo=UTC),
        "launch_at_precision": Precision.SECOND,
        "crewed": True,
        "sources": [],
        "search_text": f"launch {n}",
    }
    return Launch(**given | columns)


def ship(flown: Launch, **columns: Any) -> Spacecraft:
    given = {"ordinal": 0, "name": f"Ship {next(_numbers)}", "kind": SpacecraftKind.SC}
    return Spacecraft(launch_id=flown.id, **given | columns)


def flight(who: Person, up: Launch, **columns: Any) -> Flight:
    given = {"role": ShipRole.COMMANDER, "ordinal": next(_numbers)}
    return Flight(person_id=who.id, launch_id=up.id, **given | columns)


def assignment(of: Mission, who: Person, **columns: Any) -> CrewAssignment:
    given = {"role": CrewRole.COMMANDER, "ordinal": next(_numbers)}
    return CrewAssignment(mission_id=of.id, person_id=who.id, **given | columns)


def vehicle(**columns: Any) -> Vehicle:
    return Vehicle(**{"name": f"Vehicle {next(_numbers)}", "family": "Soyuz"} | columns)
