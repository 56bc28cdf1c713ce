"""How crews are written: with their mission, whose version every change of one raises."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from itertools import combinations
from typing import Any

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.embeds import CrewAssignmentRead, select_crew_assignments
from app.api.links import url_for_request
from app.api.slugs import not_found_detail
from app.api.write_models import apply_merge_patch
from app.api.writes.relations import bump_version, raise_field_error, resolve_slugs
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import CrewAssignment, Flight, Launch, Mission, Person
from app.domain.enums import CrewRole
from app.domain.languages import tr
from app.http.problems import NotFound
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
    """One place of a crew as it is to be: what was written, and whom and what it refers to."""

    id: int | None
    document: CrewWrite
    pointer: str | None = None
    """What leads to it in the body; None where the body does not speak of it."""
    person_id: int = 0
    flight_id: int | None = None

    def date_range(self, mission: Mission) -> DateRange:
        """The first and the last day in the role."""
        return get_role_date_range(mission, self.document.from_on, self.document.to_on)


def load_assignments(session: Session, mission: Mission) -> list[PlannedAssignment]:
    """The crew of `mission` as it is."""
    record = WRITER.load_records(Reader.from_session(session), [mission.id])[mission.id]
    rows = record.model_dump()["crew"]
    return [
        PlannedAssignment(
            row["id"], CrewWrite(**{name: row[name] for name in CrewWrite.model_fields})
        )
        for row in rows
    ]


def set_crew(
    session: Session, mission: Mission, wanted: Sequence[PlannedAssignment]
) -> list[CrewAssignment]:
    """Let `mission` have this crew and no other, or refuse what cannot be."""
    slugs = [seat.document.person for seat in wanted]
    pointer = "/items/{}/person" if wanted and wanted[0].pointer else "/person"
    people = resolve_slugs(session, Person, slugs, pointer)
    crew = [
        replace(seat, person_id=person, flight_id=_find_flight_id(session, seat, person))
        for seat, person in zip(wanted, people, strict=True)
    ]
    crew.sort(key=lambda seat: seat.document.role)  # commanders first, otherwise as given
    _check_crew(session, mission, crew)
    return _save_assignments(session, mission, crew)


def _find_flight_id(session: Session, seat: PlannedAssignment, person: int) -> int | None:
    """The flight that brought somebody."""
    if seat.document.arrived_with is None:
        return None
    pointer = f"{seat.pointer or ''}/arrived_with"
    launch = resolve_slugs(session, Launch, [seat.document.arrived_with], pointer)[0]
    own = Flight.launch_id == launch, Flight.person_id == person
    flight = session.scalar(select(Flight.id).where(*own))
    if flight is None:
        detail = tr(
            f"{seat.document.person!r} is not in the crew of that launch.",
            f"{seat.document.person!r} не в экипаже того запуска.",
        )
        raise_field_error(pointer, "not-aboard", detail)
    return flight


def _check_crew(session: Session, mission: Mission, crew: Sequence[PlannedAssignment]) -> None:
    first, last = get_mission_date_range(mission)
    for seat in crew:
        for name in ("from_on", "to_on"):
            day = getattr(seat.document, name)
            if day and seat.pointer is not None and not first <= day <= last:
                unknown = tr("an end that is not known", "конец неизвестен")
                end = unknown if last == date.max else last
                detail = tr(
                    f"The mission lasts from {first} to {end}.",
                    f"Экспедиция длится: {first} — {end}.",
                )
                raise_field_error(f"{seat.pointer}/{name}", "outside-mission", detail)
    for one, other in combinations(crew, 2):
        told, beside = (other, one) if other.pointer is not None else (one, other)
        if told.pointer is None or not ranges_overlap(
            one.date_range(mission), other.date_range(mission)
        ):
            continue
        if one.person_id == other.person_id:
            detail = tr(
                f"{told.document.person!r} has another role in this mission at that time.",
                f"У {told.document.person!r} в это время другая роль в этой экспедиции.",
            )
            raise_field_error(f"{told.pointer}/person", "overlap", detail)
        if one.document.role == other.document.role == CrewRole.COMMANDER:
            detail = tr(
                f"{beside.document.person!r} is in command at that time.",
                f"В это время командир — {beside.document.person!r}.",
            )
            raise_field_error(f"{told.pointer}/role", "two-commanders", detail)
    told_of = [seat for seat in crew if seat.pointer is not None]
    check_not_in_other_missions(
        session, mission, [_build_assignment_dates(mission, seat) for seat in told_of]
    )


def _build_assignment_dates(mission: Mission, seat: PlannedAssignment) -> AssignmentDates:
    pointer = f"{seat.pointer}/person"
    return AssignmentDates(
        seat.person_id, seat.document.person, seat.date_range(mission), pointer, pointer
    )


def _save_assignments(
    session: Session, mission: Mission, crew: Sequence[PlannedAssignment]
) -> list[CrewAssignment]:
    own = select(CrewAssignment).where(CrewAssignment.mission_id == mission.id)
    there = {row.id: row for row in session.scalars(own)}
    for id_ in there.keys() - {seat.id for seat in crew}:
        session.delete(there[id_])
    # Out of the way first: no two rows may have one place, not even while they change over.
    beyond = max((row.ordinal for row in there.values()), default=0) + len(crew)
    for place, seat in enumerate(crew, start=1):
        row = there.get(seat.id or 0)
        if row is not None and row.ordinal != place:
            row.ordinal = beyond + place
    session.flush()
    rows = []
    for place, seat in enumerate(crew, start=1):
        row = there.get(seat.id or 0) or CrewAssignment(mission_id=mission.id)
        row.ordinal, row.person_id, row.flight_id = place, seat.person_id, seat.flight_id
        for name in ("role", "position", "credited_as", "from_on", "to_on"):
            setattr(row, name, getattr(seat.document, name))
        rows.append(row)
    session.add_all(rows)
    session.flush()
    return rows


def set_crew_if_changed(session: Session, mission: Mission, wanted: Sequence[CrewWrite]) -> bool:
    """Let `mission` have this crew; who stays keeps their assignment. Whether it was another."""
    there = load_assignments(session, mission)
    ids = {(seat.document.person, seat.document.role): seat.id for seat in there}
    crew = [
        PlannedAssignment(ids.pop((row.person, row.role), None), row, f"/items/{place}")
        for place, row in enumerate(wanted)
    ]
    if [seat.document for seat in there] == [seat.document for seat in crew]:
        return False
    set_crew(session, mission, crew)
    return True


async def replace_crew(edit: WriteRequest, slug: str, document: MissionCrew) -> Response:
    """The mission `slug` with `document` for its crew; who stays keeps their assignment."""

    def apply(session: Session, mission: Mission) -> None:
        if set_crew_if_changed(session, mission, document.items):
            bump_version(mission)

    return await WRITER.update(edit, slug, Action.CREW, apply)


async def create_assignment(edit: WriteRequest, document: CrewAssignmentWrite) -> Response:
    """A new place in the crew of a mission."""

    def work(session: Session) -> WriteResult:
        found = select(Mission).where(Mission.slug == document.mission).with_for_update()
        mission = session.scalar(found)
        if mission is None:
            detail = not_found_detail(Mission, document.mission)
            raise_field_error("/mission", "unknown-reference", detail)
        wanted = CrewWrite(**document.model_dump(exclude={"mission"}))
        return _apply_change(session, edit, mission, None, wanted, HTTPStatus.CREATED)

    return await edit.execute(work)


async def update_assignment(edit: WriteRequest, id_: int, patch: Any) -> Response:
    """The assignment `id_` with a merge patch applied to it."""

    def work(session: Session) -> WriteResult:
        mission = _lock_mission(session, edit, id_)
        current = next(
            seat for seat in load_assignments(session, mission) if seat.id == id_
        ).document
        wanted = apply_merge_patch(CrewWrite, current.model_dump(mode="json"), patch)
        if wanted == current:
            return _build_result(session, mission, id_, HTTPStatus.OK)
        return _apply_change(session, edit, mission, id_, wanted, HTTPStatus.OK)

    return await edit.execute(work)


async def delete_assignment(edit: WriteRequest, id_: int) -> Response:
    """No such place in the crew any more."""

    def work(session: Session) -> WriteResult:
        mission = _lock_mission(session, edit, id_)
        return _apply_change(session, edit, mission, id_, None, HTTPStatus.NO_CONTENT)

    return await edit.execute(work)


def _lock_mission(session: Session, edit: WriteRequest, id_: int) -> Mission:
    mission = session.scalar(
        select(Mission)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.id == id_)
        .with_for_update(of=Mission)
    )
    if mission is None:
        raise NotFound(
            tr(
                f"There is no crew assignment {id_}. See /v1/crew-assignments.",
                f"Нет места в экипаже {id_}. См. /v1/crew-assignments.",
            )
        )
    edit.check_version(mission)
    return mission


def _apply_change(
    session: Session,
    edit: WriteRequest,
    mission: Mission,
    id_: int | None,
    wanted: CrewWrite | None,
    status: HTTPStatus,
) -> WriteResult:
    """Put `wanted` into the place `id_` of a crew, a new one for None; None takes it away."""
    before = WRITER.snapshot(session, mission)
    crew = [
        replace(seat, document=wanted, pointer="") if seat.id == id_ and wanted else seat
        for seat in load_assignments(session, mission)
        if seat.id != id_ or wanted
    ]
    if id_ is None and wanted:
        crew.append(PlannedAssignment(None, wanted, ""))
    there = {seat.id for seat in crew}
    with session.no_autoflush:
        bump_version(mission)
        rows = set_crew(session, mission, crew)
    WRITER.write_audit_entry(
        session, edit, Action.CREW, mission, before, WRITER.snapshot(session, mission)
    )
    if wanted is None:
        return WriteResult(status)
    made = id_ or next(row.id for row in rows if row.id not in there)
    return _build_result(session, mission, made, status)


def _build_result(session: Session, mission: Mission, id_: int, status: HTTPStatus) -> WriteResult:
    row = Reader.from_session(session).first(
        select_crew_assignments().where(CrewAssignment.id == id_)
    )
    address = url_for_request("crew-assignments", id_) if status is HTTPStatus.CREATED else None
    return WriteResult(status, CrewAssignmentRead.model_validate(row), mission.version, address)
