"""Rows of events, with the records that they refer to."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Label, select
from sqlalchemy.orm import aliased

from app.api.embeds.launches import select_launch_ref, select_spacecraft_ref
from app.api.embeds.missions import select_mission_ref
from app.api.embeds.modules import select_module_ref, select_port_ref
from app.api.embeds.people import select_person_ref
from app.api.lists.seek import Seek
from app.api.read_models import instant_of
from app.db.database import Reader, Row
from app.db.functions import AnySelect, ColumnExpression, json_array_subquery, json_object_subquery
from app.db.models import (
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Module,
    Payload,
    Person,
    Port,
    SpacewalkMember,
)
from app.domain.enums import HorizonKind, TimelineKind
from app.resources.horizon.schemas import KnownUntil
from app.resources.timeline.merge import Parts, order_events, select_event_keys
from app.resources.timeline.sources import SOURCES


@lru_cache(maxsize=256)
def _select_page(parts: Parts, descending: bool, has_seek: bool) -> AnySelect:
    """Select the first `number` events with all that `TimelineItem` shows."""
    event = select_event_keys(parts, descending, has_seek).subquery()
    return order_events(select(event, *_select_details(event.c)), descending)


def _select_details(event: Any) -> Iterator[Label[Any]]:
    """Columns with the records that an event refers to; null where it refers to none."""
    launch, ship, flight, assignment = (
        aliased(Launch),
        aliased(Payload),
        aliased(Flight),
        aliased(CrewAssignment),
    )
    own, current, member = aliased(Mission), aliased(Mission), aliased(SpacewalkMember)
    port, from_port = aliased(Port), aliased(Port)
    module, other = aliased(Module), aliased(Module)
    references: dict[str, AnySelect] = {
        "launch": select_launch_ref(launch).where(launch.id == event.launch_id),
        "spacecraft": select_spacecraft_ref(ship).where(ship.id == event.spacecraft_id),
        "port": select_port_ref(port).where(port.id == event.port_id),
        "from_port": select_port_ref(from_port).where(from_port.id == event.from_port_id),
        "module": select_module_ref(module).where(module.id == event.module_id),
        "attached_to": select_module_ref(other).where(other.id == event.attached_to_id),
        "own_mission": select_mission_ref(own).where(own.id == event.mission_id),
        "current_mission": (
            select_mission_ref(current)
            .add_columns(current.starts_sort_at)
            .where(current.ends_sort_at >= event.key_0)
            .order_by(current.ends_sort_at, current.number)
            .limit(1)
        ),
    }
    for name, statement in references.items():
        yield json_object_subquery(statement).label(name)
    groups: dict[str, tuple[Any, ColumnElement[bool], tuple[ColumnExpression, ...]]] = {
        "risen": (flight, flight.launch_id == event.ascent_id, (flight.ordinal, flight.id)),
        "landed": (
            flight,
            flight.landed_with_id == event.landing_id,
            (flight.launch_id, flight.ordinal, flight.id),
        ),
        "walkers": (member, member.spacewalk_id == event.spacewalk_id, (member.ordinal,)),
        "crew": (
            assignment,
            assignment.mission_id == event.mission_crew_id,
            (assignment.ordinal,),
        ),
    }
    for name, (table, where, order) in groups.items():
        person = aliased(Person)
        people = select_person_ref(person).join(table, table.person_id == person.id).where(where)
        yield json_array_subquery(people, *order).label(name)
    person = aliased(Person)
    commander = select_person_ref(person).where(person.id == event.person_id)
    yield json_array_subquery(commander, person.id).label("commander")


_PEOPLE = ("risen", "landed", "walkers", "crew", "commander")


def fetch_events(
    reader: Reader,
    parts: Parts,
    descending: bool,
    number: int,
    known_until: KnownUntil,
    seek: Seek | None = None,
    **values: Any,
) -> list[Row]:
    """Fetch the first `number` events of `parts`, after `seek` if any, as rows."""
    if not parts:
        return []
    keys = {f"seek_{n}": key for n, key in enumerate(seek.keys if seek else ())}
    statement = _select_page(parts, descending, seek is not None)
    rows = reader.all(statement, number=number, **keys, **values)
    return [_complete_row(row, known_until) for row in rows]


def _complete_row(row: Row, known_until: KnownUntil) -> Row:
    """Add the kind, the mission, the people and the horizon of an event."""
    source = SOURCES[row["key_1"]]
    kind = next(iter(source.kinds))
    if kind is TimelineKind.DOCKING and row["from_port"]:
        kind = TimelineKind.RELOCATION
    elif kind is TimelineKind.LANDING and not row["landed"]:
        kind = TimelineKind.FLIGHT_END
    current = row["current_mission"]
    if current and instant_of(current["starts_sort_at"]) > row["key_0"]:
        current = None
    is_of_crew = source.horizon is HorizonKind.DOCKINGS and (row["risen"] or row["landed"])
    horizon = HorizonKind.CREWS if is_of_crew else source.horizon
    return row | {
        "id": f"{source.name}-{row['key_2']}",
        "kind": kind,
        "mission": row["own_mission"] or current,
        "people": [person for group in _PEOPLE for person in row[group]],
        "known_until": getattr(known_until, horizon),
    }
