"""Factories of database rows: unsaved model instances, valid and distinct by default.

Keyword arguments override columns. Request bodies for the API are in `documents`.
"""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from app.db.models import (
    Agency,
    Article,
    CrewAssignment,
    FeedSource,
    Flight,
    Launch,
    Media,
    Mission,
    Module,
    ModuleAttachment,
    Pad,
    Payload,
    Person,
    Port,
    Proposal,
    Site,
    Spacecraft,
    SpacecraftType,
    Spacewalk,
    SpacewalkMember,
    Vehicle,
)
from app.domain.dates import Precision
from app.domain.enums import (
    CrewRole,
    LaunchStatus,
    ModuleKind,
    PortDirection,
    ProposalStatus,
    RecordType,
    ShipRole,
    SourceFormat,
    SpacecraftKind,
    SpacewalkRole,
)

_numbers = count(1)
_missions = count()


def article(**columns: Any) -> Article:
    n = next(_numbers)
    defaults = {
        "slug": f"article-{n}",
        "title": f"Article {n}",
        "lead": "A lead.",
        "body": "A body.",
        "language": "en",
        "published_at": datetime(2019, 4, 4, 12, tzinfo=UTC),
        "published_at_precision": Precision.SECOND,
        "source_name": "Test desk",
    }
    return Article(**defaults | columns)


def person(**columns: Any) -> Person:
    n = next(_numbers)
    defaults = {"slug": f"person-{n}", "name": f"Person {n}", "aliases": [], "sources": []}
    return Person(**defaults | columns)


def agency(**columns: Any) -> Agency:
    n = next(_numbers)
    return Agency(**{"slug": f"agency-{n}", "name": f"Agency {n}"} | columns)


def media(**columns: Any) -> Media:
    """Published picture whose files are not stored."""
    n = next(_numbers)
    defaults = {
        "slug": f"media-{n}",
        "content": f"{n:032x}",
        "media_type": "image/jpeg",
        "width": 300,
        "height": 200,
        "blurhash": "L00000fQfQfQfQfQfQfQfQfQfQfQ",
        "renditions": [
            {"name": "thumb", "width": 160, "height": 107},
            {"name": "card", "width": 300, "height": 200},
        ],
        "alt": f"Picture {n}",
        "alt_ru": f"Снимок {n}",
        "licence": "CC-BY-4.0",
        "focal_x": 50,
        "focal_y": 50,
        "published": True,
    }
    return Media(**defaults | columns)


def mission(**columns: Any) -> Mission:
    n = 1 + next(_missions) % 9999  # range of a mission number
    defaults = {
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
    return Mission(**defaults | columns)


def launch(**columns: Any) -> Launch:
    n = next(_numbers)
    defaults = {
        "slug": f"launch-{n}",
        "status": LaunchStatus.SUCCESS,
        "launch_at": datetime(2019, 3, 14, 19, 14, 9, tzinfo=UTC),
        "launch_at_precision": Precision.SECOND,
        "crewed": True,
        "sources": [],
    }
    return Launch(**defaults | columns)


def payload(launch: Launch, **columns: Any) -> Payload:
    defaults = {"ordinal": 0, "name": f"Ship {next(_numbers)}", "kind": SpacecraftKind.SC}
    return Payload(launch_id=launch.id, **defaults | columns)


def flight(person: Person, launch: Launch, **columns: Any) -> Flight:
    defaults = {"role": ShipRole.COMMANDER, "ordinal": next(_numbers)}
    return Flight(person_id=person.id, launch_id=launch.id, **defaults | columns)


def crew_assignment(mission: Mission, person: Person, **columns: Any) -> CrewAssignment:
    defaults = {"role": CrewRole.COMMANDER, "ordinal": next(_numbers)}
    return CrewAssignment(mission_id=mission.id, person_id=person.id, **defaults | columns)


def vehicle(**columns: Any) -> Vehicle:
    n = next(_numbers)
    return Vehicle(**{"slug": f"vehicle-{n}", "name": f"Vehicle {n}", "family": "Soyuz"} | columns)


def spacecraft_type(**columns: Any) -> SpacecraftType:
    n = next(_numbers)
    defaults = {"slug": f"type-{n}", "name": f"Type {n}", "kind": SpacecraftKind.SC, "crewed": True}
    return SpacecraftType(**defaults | columns)


def spacecraft(type_: SpacecraftType, **columns: Any) -> Spacecraft:
    n = next(_numbers)
    defaults = {"slug": f"spacecraft-{n}", "name": f"Spacecraft {n}"}
    return Spacecraft(type_id=type_.id, **defaults | columns)


def site(**columns: Any) -> Site:
    n = next(_numbers)
    return Site(**{"slug": f"site-{n}", "name": f"Site {n}", "country": "KZ"} | columns)


def pad(site: Site, **columns: Any) -> Pad:
    n = next(_numbers)
    defaults = {"slug": f"pad-{n}", "name": f"Pad {n}", "ordinal": n}
    return Pad(site_id=site.id, **defaults | columns)


def module(**columns: Any) -> Module:
    n = next(_numbers)
    defaults = {
        "slug": f"module-{n}",
        "name": f"Module {n}",
        "kind": ModuleKind.MODULE,
        "sources": [],
    }
    return Module(**defaults | columns)


def port(module: Module, **columns: Any) -> Port:
    n = next(_numbers)
    defaults = {"slug": f"port-{n}", "ordinal": n, "direction": PortDirection.NADIR}
    return Port(module_id=module.id, **defaults | columns)


def module_attachment(module: Module, **columns: Any) -> ModuleAttachment:
    defaults = {
        "ordinal": next(_numbers),
        "attached_at": datetime(2019, 3, 15, 1, 1, tzinfo=UTC),
        "attached_at_precision": Precision.MINUTE,
    }
    return ModuleAttachment(module_id=module.id, **defaults | columns)


def spacewalk(**columns: Any) -> Spacewalk:
    n = next(_numbers)
    defaults = {
        "slug": f"walk-{n}",
        "starts_at": datetime(2019, 3, 22, 12, 1, tzinfo=UTC),
        "starts_at_precision": Precision.MINUTE,
        "ends_at": datetime(2019, 3, 22, 18, 40, tzinfo=UTC),
        "ends_at_precision": Precision.MINUTE,
        "duration_seconds": 23940,
        "sources": [],
    }
    return Spacewalk(**defaults | columns)


def spacewalk_member(spacewalk: Spacewalk, person: Person, **columns: Any) -> SpacewalkMember:
    defaults = {"role": SpacewalkRole.EV1, "ordinal": next(_numbers)}
    return SpacewalkMember(spacewalk_id=spacewalk.id, person_id=person.id, **defaults | columns)


def proposal(*candidate_ids: int, **columns: Any) -> Proposal:
    n = next(_numbers)
    defaults = {
        "type": RecordType.PERSON,
        "scheme": "launch-library",
        "key": str(n),
        "title": f"Entry {n}",
        "document": {"name": f"Entry {n}"},
        "publish": False,
        "seen": [f"{n:016}"],
        "evidence": "similar name",
        "candidate_ids": list(candidate_ids),
        "status": ProposalStatus.OPEN,
    }
    return Proposal(**defaults | columns)


def source(**columns: Any) -> FeedSource:
    n = next(_numbers)
    defaults = {
        "name": f"Source {n}",
        "address": f"https://source.example/{n}",
        "format": SourceFormat.FEED,
        "trusted": False,
        "every_minutes": 60,
        "enabled": True,
    }
    return FeedSource(**defaults | columns)
