"""Sources of the timeline: for each date of a record that is an event, a SELECT of the events.

All of them have the same columns, and an index in the order of their sort keys, so that a page is
the merge of the first rows of each.
"""

from sqlalchemy import ColumnElement, bindparam, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.api.embeds.launches import is_payload_named
from app.api.lists.date_filters import DateColumns
from app.db.functions import AddDays, ColumnExpression, StartOfDay, has_row
from app.db.models import (
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Module,
    ModuleAttachment,
    Payload,
    Spacewalk,
    SpacewalkMember,
    Stay,
)
from app.db.types import enum_type
from app.domain.dates import Precision
from app.domain.enums import CrewRole, HorizonKind, TimelineKind
from app.resources.timeline.event_source import EventSource

MAX_RELOCATION_DAYS = 2
"""Days from a departure to the next arrival of the same ship within which it is a relocation."""


def _is_one_of(column: ColumnExpression, name: str) -> ColumnElement[bool]:
    """Condition: `column` is one of the parameter `name`."""
    return column.in_(bindparam(name))


_FLOWN_BY = _is_one_of(Flight.person_id, "person_ids")
_ASCENTS = select(Flight.launch_id).where(_FLOWN_BY)
_LANDINGS = select(Flight.landed_with_id).where(_FLOWN_BY, Flight.landed_with_id.is_not(None))
_CARRYING = select(Payload.launch_id).where(is_payload_named("spacecraft"))
_IN_CREW = _is_one_of(CrewAssignment.person_id, "person_ids")
_CREWS = select(CrewAssignment.mission_id).where(_IN_CREW)
_WALKS = select(SpacewalkMember.spacewalk_id).where(
    _is_one_of(SpacewalkMember.person_id, "person_ids")
)

_LAUNCHES = EventSource(
    name="launch",
    horizon=HorizonKind.LAUNCHES,
    statement=select().select_from(Launch).where(Launch.to_station.is_(True)),
    dates=DateColumns(Launch.launch_at, Launch.launch_at_precision, Launch.launch_sort_at),
    uncertain=Launch.launch_at_uncertain,
    key=Launch.id,
    slug=Launch.slug,
    updated_at=Launch.updated_at,
    version=Launch.version,
    detail=Launch.status,
    references={"launch_id": Launch.id, "ascent_id": Launch.id},
    kinds={TimelineKind.LAUNCH: None},
    filters={
        "person": Launch.id.in_(_ASCENTS),
        "spacecraft": Launch.id.in_(_CARRYING),
        "module": _is_one_of(Launch.id, "module_launch_ids"),
    },
)


def _are_relocation(stay: type[Stay], following: type[Stay]) -> ColumnElement[bool]:
    """Condition: the ship left `stay` and arrived at `following` soon after it."""
    limit = AddDays(stay.departed_until, literal_column(str(MAX_RELOCATION_DAYS)))
    return (
        (following.launch_id == stay.launch_id)
        & (following.id != stay.id)
        & (following.arrived_sort_at > stay.arrived_sort_at)
        & (following.arrived_sort_at >= stay.departed_at)
        & (following.arrived_at <= limit)
    )


_BEFORE, _AFTER = aliased(Stay), aliased(Stay)
_FROM_PORT_ID = (
    select(_BEFORE.port_id)
    .where(_are_relocation(_BEFORE, Stay))
    .order_by(_BEFORE.arrived_sort_at.desc(), _BEFORE.id.desc())
    .limit(1)
    .correlate(Stay)
    .scalar_subquery()
)
_MOVES_ON = has_row(select(_AFTER.id).where(_are_relocation(Stay, _AFTER)).correlate(Stay))

_STAY_FILTERS = {
    "spacecraft": Stay.launch_id.in_(_CARRYING),
    "module": _is_one_of(Stay.port_id, "module_port_ids"),
}

_ARRIVALS = EventSource(
    name="arrival",
    horizon=HorizonKind.DOCKINGS,
    statement=select().select_from(Stay),
    dates=DateColumns(Stay.arrived_at, Stay.arrived_at_precision, Stay.arrived_sort_at),
    uncertain=Stay.arrived_at_uncertain,
    key=Stay.id,
    slug=Stay.slug,
    updated_at=Stay.updated_at,
    version=Stay.version,
    detail=Stay.arrival_kind,
    references={
        "launch_id": Stay.launch_id,
        "port_id": Stay.port_id,
        "from_port_id": _FROM_PORT_ID,
        "ascent_id": Stay.launch_id,
    },
    kinds={
        TimelineKind.DOCKING: _FROM_PORT_ID.is_(None),
        TimelineKind.RELOCATION: _FROM_PORT_ID.is_not(None),
    },
    filters=_STAY_FILTERS | {"person": Stay.launch_id.in_(_ASCENTS)},
)
_DEPARTURES = EventSource(
    name="departure",
    horizon=HorizonKind.DOCKINGS,
    statement=select().select_from(Stay).where(Stay.departed_at.is_not(None), ~_MOVES_ON),
    dates=DateColumns(Stay.departed_at, Stay.departed_at_precision, Stay.departed_sort_at),
    uncertain=Stay.departed_at_uncertain,
    key=Stay.id,
    slug=Stay.slug,
    updated_at=Stay.updated_at,
    version=Stay.version,
    detail=Stay.arrival_kind,
    references={
        "launch_id": Stay.launch_id,
        "port_id": Stay.port_id,
        "landing_id": Stay.launch_id,
    },
    kinds={TimelineKind.UNDOCKING: None},
    filters=_STAY_FILTERS | {"person": Stay.launch_id.in_(_LANDINGS)},
)

_SPACEWALKS = EventSource(
    name="spacewalk",
    horizon=HorizonKind.SPACEWALKS,
    statement=select().select_from(Spacewalk),
    dates=DateColumns(Spacewalk.starts_at, Spacewalk.starts_at_precision, Spacewalk.starts_sort_at),
    uncertain=Spacewalk.starts_at_uncertain,
    key=Spacewalk.id,
    slug=Spacewalk.slug,
    updated_at=Spacewalk.updated_at,
    version=Spacewalk.version,
    references={"module_id": Spacewalk.airlock_id, "spacewalk_id": Spacewalk.id},
    kinds={TimelineKind.SPACEWALK: None},
    filters={
        "person": Spacewalk.id.in_(_WALKS),
        "module": _is_one_of(Spacewalk.airlock_id, "module_ids"),
    },
)

_ATTACHMENTS = (
    select()
    .select_from(ModuleAttachment)
    .join(Module, Module.id == ModuleAttachment.module_id)
    .where(ModuleAttachment.attached_to_id.is_not(None))
)
_ATTACHMENT_REFERENCES = {
    "launch_id": Module.launch_id,
    "port_id": ModuleAttachment.port_id,
    "module_id": ModuleAttachment.module_id,
    "attached_to_id": ModuleAttachment.attached_to_id,
}
_ATTACHMENT_FILTERS = {
    "module": or_(
        _is_one_of(ModuleAttachment.module_id, "module_ids"),
        _is_one_of(ModuleAttachment.attached_to_id, "module_ids"),
    ),
}
_MODULES_ATTACHED = EventSource(
    name="attachment",
    horizon=HorizonKind.DOCKINGS,
    statement=_ATTACHMENTS,
    dates=DateColumns(
        ModuleAttachment.attached_at,
        ModuleAttachment.attached_at_precision,
        ModuleAttachment.attached_sort_at,
    ),
    uncertain=ModuleAttachment.attached_at_uncertain,
    key=ModuleAttachment.id,
    slug=Module.slug,
    updated_at=Module.updated_at,
    version=Module.version,
    references=_ATTACHMENT_REFERENCES,
    kinds={TimelineKind.MODULE_ATTACHED: None},
    filters=_ATTACHMENT_FILTERS,
)
_MODULES_DETACHED = EventSource(
    name="detachment",
    horizon=HorizonKind.DOCKINGS,
    statement=_ATTACHMENTS.where(ModuleAttachment.detached_at.is_not(None)),
    dates=DateColumns(
        ModuleAttachment.detached_at,
        ModuleAttachment.detached_at_precision,
        ModuleAttachment.detached_sort_at,
    ),
    uncertain=ModuleAttachment.detached_at_uncertain,
    key=ModuleAttachment.id,
    slug=Module.slug,
    updated_at=Module.updated_at,
    version=Module.version,
    references=_ATTACHMENT_REFERENCES,
    kinds={TimelineKind.MODULE_DETACHED: None},
    filters=_ATTACHMENT_FILTERS,
)

_MISSION_FILTERS = {"person": Mission.id.in_(_CREWS)}
_MISSION_STARTS = EventSource(
    name="mission_start",
    horizon=HorizonKind.CREWS,
    statement=select().select_from(Mission),
    dates=DateColumns(Mission.starts_at, Mission.starts_at_precision, Mission.starts_sort_at),
    key=Mission.number,
    slug=Mission.slug,
    updated_at=Mission.updated_at,
    version=Mission.version,
    references={"mission_id": Mission.id, "mission_crew_id": Mission.id},
    kinds={TimelineKind.MISSION_START: None},
    filters=_MISSION_FILTERS,
)
_MISSION_ENDS = EventSource(
    name="mission_end",
    horizon=HorizonKind.CREWS,
    statement=select().select_from(Mission).where(Mission.ends_at.is_not(None)),
    dates=DateColumns(Mission.ends_at, Mission.ends_at_precision, Mission.ends_sort_at),
    key=Mission.number,
    slug=Mission.slug,
    updated_at=Mission.updated_at,
    version=Mission.version,
    references={"mission_id": Mission.id, "mission_crew_id": Mission.id},
    kinds={TimelineKind.MISSION_END: None},
    filters=_MISSION_FILTERS,
)

_PREVIOUS, _PREDECESSOR = aliased(Mission), aliased(CrewAssignment)
_HAD_COMMAND = has_row(
    select(_PREDECESSOR.id)
    .where(
        _PREDECESSOR.mission_id == _PREVIOUS.id,
        _PREDECESSOR.person_id == CrewAssignment.person_id,
        _PREDECESSOR.role == CrewRole.COMMANDER,
        _PREDECESSOR.to_on.is_(None),
    )
    .correlate(_PREVIOUS, CrewAssignment)
)
_COMMAND_REFERENCES = {"mission_id": Mission.id, "person_id": CrewAssignment.person_id}
_COMMAND_FILTERS = {"person": _IN_CREW}
_HANDOVERS_AT_MISSION_ENDS = EventSource(
    name="command",
    horizon=HorizonKind.CREWS,
    statement=select()
    .select_from(_PREVIOUS)
    .join(Mission, Mission.number == _PREVIOUS.number + 1)
    .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
    .where(
        CrewAssignment.role == CrewRole.COMMANDER,
        CrewAssignment.from_on.is_(None),
        _PREVIOUS.ends_at.is_not(None),
        ~_HAD_COMMAND,
    ),
    dates=DateColumns(_PREVIOUS.ends_at, _PREVIOUS.ends_at_precision, _PREVIOUS.ends_sort_at),
    key=CrewAssignment.id,
    slug=Mission.slug,
    updated_at=Mission.updated_at,
    version=Mission.version,
    references=_COMMAND_REFERENCES,
    kinds={TimelineKind.HANDOVER: None},
    filters=_COMMAND_FILTERS,
)
_HANDOVERS_DURING_MISSIONS = EventSource(
    name="command",
    horizon=HorizonKind.CREWS,
    statement=select()
    .select_from(CrewAssignment)
    .join(Mission, Mission.id == CrewAssignment.mission_id)
    .where(
        CrewAssignment.role == CrewRole.COMMANDER,
        CrewAssignment.from_sort_at.is_not(None),
    ),
    dates=DateColumns(
        StartOfDay(CrewAssignment.from_sort_at),
        literal_column(f"'{Precision.DAY}'", enum_type(Precision)),
        CrewAssignment.from_sort_at,
    ),
    key=CrewAssignment.id,
    slug=Mission.slug,
    updated_at=Mission.updated_at,
    version=Mission.version,
    references=_COMMAND_REFERENCES,
    kinds={TimelineKind.HANDOVER: None},
    filters=_COMMAND_FILTERS,
)

_CARRIES_PEOPLE = has_row(
    select(Flight.id).where(Flight.landed_with_id == Payload.launch_id).correlate(Payload)
)
_FLIGHT_ENDS = EventSource(
    name="flight_end",
    horizon=HorizonKind.DOCKINGS,
    statement=select()
    .select_from(Payload)
    .join(Launch, Launch.id == Payload.launch_id)
    .where(Payload.flight_ended_at.is_not(None), Launch.to_station.is_(True)),
    dates=DateColumns(
        Payload.flight_ended_at,
        Payload.flight_ended_at_precision,
        Payload.flight_ended_sort_at,
    ),
    key=Payload.id,
    slug=Launch.slug,
    updated_at=Launch.updated_at,
    version=Launch.version,
    detail=Payload.end_kind,
    references={
        "launch_id": Launch.id,
        "spacecraft_id": Payload.id,
        "landing_id": Launch.id,
    },
    kinds={TimelineKind.LANDING: _CARRIES_PEOPLE, TimelineKind.FLIGHT_END: ~_CARRIES_PEOPLE},
    filters={
        "person": Payload.launch_id.in_(_LANDINGS),
        "spacecraft": is_payload_named("spacecraft"),
    },
)

SOURCES = (
    _LAUNCHES,
    _DEPARTURES,
    _MODULES_DETACHED,
    _ARRIVALS,
    _MODULES_ATTACHED,
    _SPACEWALKS,
    _MISSION_ENDS,
    _HANDOVERS_AT_MISSION_ENDS,
    _HANDOVERS_DURING_MISSIONS,
    _MISSION_STARTS,
    _FLIGHT_ENDS,
)
"""All sources, in the order of simultaneous events."""
