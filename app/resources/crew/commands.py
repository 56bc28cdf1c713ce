"""Writes of crews. A crew belongs to its mission: each change gives the mission a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from itertools import combinations
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.embeds.crew import CrewAssignmentRead, select_crew_assignments
from app.api.links import url_for_request
from app.api.merge_patch import apply_merge_patch
from app.api.slugs import not_found_detail, resolve_slugs
from app.api.validation_errors import raise_field_error
from app.api.writes.records import bump_version
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person, stored_id
from app.domain.enums import CrewRole
from app.domain.languages import tr
from app.resources.crew.queries import crew_assignment_not_found
from app.resources.missions.commands import WRITER
from app.resources.missions.crew_rules import (
    AssignmentDates,
    DateRange,
    check_not_in_other_missions,
    get_mission_date_range,
    get_role_date_range,
    ranges_overlap,
)
from app.resources.missions.schemas import CrewAssignmentWrite, CrewWrite, MissionCrew


@dataclass(frozen=True)
class PlannedAssignment:
    """A member of the crew to be saved: the document, and the ids that it refers to."""

    id: int | None
    document: CrewWrite
    pointer: str | None = None
    """JSON pointer to the document in the body; None if it is not in the body."""
    person_id: int = 0
    flight_id: int | None = None

    def date_range(self, mission: Mission) -> DateRange:
        """The first and last day in the role."""
        return get_role_date_range(mission, self.document.from_on, self.document.to_on)


def parse_crew(record: Mapping[str, Any]) -> list[PlannedAssignment]:
    """The saved crew in the complete record of a mission, as JSON."""
    return [
        PlannedAssignment(
            row["id"], CrewWrite(**{name: row[name] for name in CrewWrite.model_fields})
        )
        for row in record["crew"]
    ]


def set_crew(
    session: Session, mission: Mission, members: Sequence[PlannedAssignment]
) -> list[CrewAssignment]:
    """Replace the crew of `mission`. Raises InvalidRequest."""
    slugs = [member.document.person for member in members]
    pointer = "/items/{}/person" if members and members[0].pointer else "/person"
    people = resolve_slugs(session, Person, slugs, pointer)
    crew = [
        replace(member, person_id=person, flight_id=_find_flight_id(session, member, person))
        for member, person in zip(members, people, strict=True)
    ]
    crew.sort(key=lambda member: member.document.role)  # commanders first, a stable sort
    _check_crew(session, mission, crew)
    return _save_assignments(session, mission, crew)


def _find_flight_id(session: Session, member: PlannedAssignment, person: int) -> int | None:
    """The flight of `person` with the launch `arrived_with`."""
    slug, pointer = member.document.arrived_with, f"{member.pointer or ''}/arrived_with"
    if slug is None:
        return None
    launch = resolve_slugs(session, Launch, [slug], pointer)[0]
    own = Flight.launch_id == launch, Flight.person_id == person
    flight = session.scalar(select(Flight.id).where(*own))
    if flight is None:
        detail = tr(
            f"{member.document.person!r} is not in the crew of the launch {slug!r}.",
            f"{member.document.person!r} не входит в экипаж запуска {slug!r}.",
        )
        raise_field_error(pointer, "not-aboard", detail)
    return flight


def _check_crew(session: Session, mission: Mission, crew: Sequence[PlannedAssignment]) -> None:
    """Check the members that are in the body. Raises InvalidRequest."""
    written = [member for member in crew if member.pointer is not None]
    for member in written:
        _check_within_mission(mission, member)
    for first, second in combinations(crew, 2):
        if second.pointer is not None:
            _check_pair(mission, second, first)
        elif first.pointer is not None:
            _check_pair(mission, first, second)
    check_not_in_other_missions(
        session, mission, [_build_assignment_dates(mission, member) for member in written]
    )


def _check_within_mission(mission: Mission, member: PlannedAssignment) -> None:
    first, last = get_mission_date_range(mission)
    for name in ("from_on", "to_on"):
        day = getattr(member.document, name)
        if day and not first <= day <= last:
            end = tr("an unknown date", "неизвестной даты") if last == date.max else last
            detail = tr(
                f"The mission lasts from {first} to {end}.",
                f"Экспедиция длится с {first} до {end}.",
            )
            raise_field_error(f"{member.pointer}/{name}", "outside-mission", detail)


def _check_pair(mission: Mission, member: PlannedAssignment, other: PlannedAssignment) -> None:
    """Check that `member` has neither two roles nor two commanders at the same time."""
    if not ranges_overlap(member.date_range(mission), other.date_range(mission)):
        return
    if member.person_id == other.person_id:
        detail = tr(
            f"{member.document.person!r} has another role in this mission at that time.",
            f"У {member.document.person!r} в это время другая роль в этой экспедиции.",
        )
        raise_field_error(f"{member.pointer}/person", "overlap", detail)
    if member.document.role == other.document.role == CrewRole.COMMANDER:
        detail = tr(
            f"{other.document.person!r} is the commander at that time.",
            f"В это время командир — {other.document.person!r}.",
        )
        raise_field_error(f"{member.pointer}/role", "two-commanders", detail)


def _build_assignment_dates(mission: Mission, member: PlannedAssignment) -> AssignmentDates:
    pointer = f"{member.pointer}/person"
    return AssignmentDates(
        member.person_id, member.document.person, member.date_range(mission), pointer, pointer
    )


def _save_assignments(
    session: Session, mission: Mission, crew: Sequence[PlannedAssignment]
) -> list[CrewAssignment]:
    own = select(CrewAssignment).where(CrewAssignment.mission_id == stored_id(mission))
    current = {row.id: row for row in session.scalars(own)}
    for id_ in current.keys() - {member.id for member in crew}:
        session.delete(current[id_])
    # First moved beyond the last ordinal: ordinals are unique, even while rows are swapped.
    beyond = max((row.ordinal for row in current.values()), default=0) + len(crew)
    for ordinal, member in enumerate(crew, start=1):
        row = current.get(member.id or 0)
        if row is not None and row.ordinal != ordinal:
            row.ordinal = beyond + ordinal
    session.flush()
    rows = []
    for ordinal, member in enumerate(crew, start=1):
        row = current.get(member.id or 0) or CrewAssignment(mission_id=mission.id)
        row.ordinal, row.person_id, row.flight_id = ordinal, member.person_id, member.flight_id
        for name in ("role", "position", "credited_as", "from_on", "to_on"):
            setattr(row, name, getattr(member.document, name))
        rows.append(row)
    session.add_all(rows)
    session.flush()
    return rows


def set_crew_if_changed(
    session: Session,
    mission: Mission,
    current: Sequence[PlannedAssignment],
    documents: Sequence[CrewWrite],
) -> bool:
    """Replace the crew of `mission` if it differs. Returns true if so. Raises InvalidRequest.

    Members who stay in a role keep their assignment.
    """
    ids = {(member.document.person, member.document.role): member.id for member in current}
    crew = [
        PlannedAssignment(ids.pop((member.person, member.role), None), member, f"/items/{index}")
        for index, member in enumerate(documents)
    ]
    if [member.document for member in current] == [member.document for member in crew]:
        return False
    set_crew(session, mission, crew)
    return True


def replace_crew(
    session: Session, write: WriteRequest, slug: str, document: MissionCrew
) -> WriteResult:
    """Replace the crew of the mission `slug`. Members who stay in a role keep their assignment."""

    def apply(mission: Mission, before: dict[str, Any]) -> None:
        if set_crew_if_changed(session, mission, parse_crew(before), document.items):
            bump_version(mission)

    return WRITER.update(session, write, slug, Action.CREW, apply)


def create_assignment(
    session: Session, write: WriteRequest, document: CrewAssignmentWrite
) -> WriteResult:
    """Add a member to the crew of a mission."""
    mission = session.scalar(
        select(Mission).where(Mission.slug == document.mission).with_for_update()
    )
    if mission is None:
        detail = not_found_detail(Mission, document.mission)
        raise_field_error("/mission", "unknown-reference", detail)
    member = PlannedAssignment(None, CrewWrite(**document.model_dump(exclude={"mission"})), "")
    before = WRITER.snapshot(session, mission)
    crew = parse_crew(before)
    ids = {each.id for each in crew}
    rows = _change_crew(session, write, mission, before, [*crew, member])
    created = next(id_ for id_ in map(stored_id, rows) if id_ not in ids)
    address = url_for_request("crew-assignments", created)
    body = _read_back(session, created)
    return WriteResult(HTTPStatus.CREATED, body, mission.version, address)


def update_assignment(session: Session, write: WriteRequest, id_: int, patch: Any) -> WriteResult:
    """Apply a merge patch to the assignment `id_`. Raises NotFound or InvalidRequest."""
    mission = _lock_mission(session, write, id_)
    before = WRITER.snapshot(session, mission)
    crew = parse_crew(before)
    index = next(index for index, member in enumerate(crew) if member.id == id_)
    current = crew[index].document
    document = apply_merge_patch(CrewWrite, current.model_dump(mode="json"), patch)
    if document != current:
        crew[index] = replace(crew[index], document=document, pointer="")
        _change_crew(session, write, mission, before, crew)
    return WriteResult(HTTPStatus.OK, _read_back(session, id_), mission.version)


def delete_assignment(session: Session, write: WriteRequest, id_: int) -> WriteResult:
    """Remove the assignment `id_` from its crew. Raises NotFound."""
    mission = _lock_mission(session, write, id_)
    before = WRITER.snapshot(session, mission)
    remaining = [member for member in parse_crew(before) if member.id != id_]
    _change_crew(session, write, mission, before, remaining)
    return WriteResult(HTTPStatus.NO_CONTENT)


def _lock_mission(session: Session, write: WriteRequest, id_: int) -> Mission:
    """Select the mission of an assignment for update. Raises NotFound or PreconditionFailed."""
    mission = session.scalar(
        select(Mission)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.id == id_)
        .with_for_update(of=Mission)
    )
    if mission is None:
        raise crew_assignment_not_found(id_)
    write.check_version(mission)
    return mission


def _change_crew(
    session: Session,
    write: WriteRequest,
    mission: Mission,
    before: dict[str, Any],
    crew: Sequence[PlannedAssignment],
) -> list[CrewAssignment]:
    with session.no_autoflush:
        bump_version(mission)
        rows = set_crew(session, mission, crew)
    after = WRITER.snapshot(session, mission)
    WRITER.write_audit_entry(session, write.client, Action.CREW, mission, before, after)
    return rows


def _read_back(session: Session, id_: int) -> CrewAssignmentRead:
    row = Reader.from_session(session).first(
        select_crew_assignments().where(CrewAssignment.id == id_)
    )
    return CrewAssignmentRead.model_validate(row)
