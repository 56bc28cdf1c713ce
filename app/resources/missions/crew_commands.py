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
from app.api.embeds import CrewAssignmentRead, crew_assignments
from app.api.links import link
from app.api.slugs import none_such
from app.api.write_models import patched
from app.api.writes.relations import refuse, resolve, touch
from app.api.writes.request import Edit, Outcome
from app.db.database import Reader
from app.db.models import CrewAssignment, CrewRole, Flight, Launch, Mission, Person, RecordType
from app.domain.languages import either
from app.http.problems import NotFound
from app.resources.missions.commands import EDITABLE
from app.resources.missions.crew_rules import Role, Span, days, overlap, refuse_elsewhere, span
from app.resources.missions.schemas import CrewAssignmentWrite, CrewWrite, MissionCrew


@dataclass(frozen=True)
class Seat:
    """One place of a crew as it is to be: what was written, and whom and what it refers to."""

    id: int | None
    document: CrewWrite
    pointer: str | None = None
    """What leads to it in the body; None where the body does not speak of it."""
    person_id: int = 0
    flight_id: int | None = None

    def span(self, mission: Mission) -> Span:
        """The first and the last day in the role."""
        return span(mission, self.document.from_on, self.document.to_on)


def seats(session: Session, mission: Mission) -> list[Seat]:
    """The crew of `mission` as it is."""
    record = EDITABLE.recorded(Reader.of(session), [mission.id])[mission.id]
    rows = record.model_dump()["crew"]
    return [
        Seat(row["id"], CrewWrite(**{name: row[name] for name in CrewWrite.model_fields}))
        for row in rows
    ]


def set_crew(session: Session, mission: Mission, wanted: Sequence[Seat]) -> list[CrewAssignment]:
    """Let `mission` have this crew and no other, or refuse what cannot be."""
    slugs = [seat.document.person for seat in wanted]
    pointer = "/items/{}/person" if wanted and wanted[0].pointer else "/person"
    people = resolve(session, Person, slugs, pointer)
    crew = [
        replace(seat, person_id=person, flight_id=_flight(session, seat, person))
        for seat, person in zip(wanted, people, strict=True)
    ]
    crew.sort(key=lambda seat: seat.document.role)  # commanders first, otherwise as given
    _check(session, mission, crew)
    return _write(session, mission, crew)


def _flight(session: Session, seat: Seat, person: int) -> int | None:
    """The flight that brought somebody."""
    if seat.document.arrived_with is None:
        return None
    pointer = f"{seat.pointer or ''}/arrived_with"
    launch = resolve(session, Launch, [seat.document.arrived_with], pointer)[0]
    own = Flight.launch_id == launch, Flight.person_id == person
    flight = session.scalar(select(Flight.id).where(*own))
    if flight is None:
        detail = either(
            f"{seat.document.person!r} is not in the crew of that launch.",
            f"{seat.document.person!r} не в экипаже того запуска.",
        )
        refuse(pointer, "not-aboard", detail)
    return flight


def _check(session: Session, mission: Mission, crew: Sequence[Seat]) -> None:
    first, last = days(mission)
    for seat in crew:
        for name in ("from_on", "to_on"):
            day = getattr(seat.document, name)
            if day and seat.pointer is not None and not first <= day <= last:
                unknown = either("an end that is not known", "конец неизвестен")
                end = unknown if last == date.max else last
                detail = either(
                    f"The mission lasts from {first} to {end}.",
                    f"Экспедиция длится: {first} — {end}.",
                )
                refuse(f"{seat.pointer}/{name}", "outside-mission", detail)
    for one, other in combinations(crew, 2):
        told, beside = (other, one) if other.pointer is not None else (one, other)
        if told.pointer is None or not overlap(one.span(mission), other.span(mission)):
            continue
        if one.person_id == other.person_id:
            detail = either(
                f"{told.document.person!r} has another role in this mission at that time.",
                f"У {told.document.person!r} в это время другая роль в этой экспедиции.",
            )
            refuse(f"{told.pointer}/person", "overlap", detail)
        if one.document.role == other.document.role == CrewRole.COMMANDER:
            detail = either(
                f"{beside.document.person!r} is in command at that time.",
                f"В это время командир — {beside.document.person!r}.",
            )
            refuse(f"{told.pointer}/role", "two-commanders", detail)
    told_of = [seat for seat in crew if seat.pointer is not None]
    refuse_elsewhere(session, mission, [_role(mission, seat) for seat in told_of])


def _role(mission: Mission, seat: Seat) -> Role:
    pointer = f"{seat.pointer}/person"
    return Role(seat.person_id, seat.document.person, seat.span(mission), pointer, pointer)


def _write(session: Session, mission: Mission, crew: Sequence[Seat]) -> list[CrewAssignment]:
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


def change_crew(session: Session, mission: Mission, wanted: Sequence[CrewWrite]) -> bool:
    """Let `mission` have this crew; who stays keeps their assignment. Whether it was another."""
    there = seats(session, mission)
    ids = {(seat.document.person, seat.document.role): seat.id for seat in there}
    crew = [
        Seat(ids.pop((row.person, row.role), None), row, f"/items/{place}")
        for place, row in enumerate(wanted)
    ]
    if [seat.document for seat in there] == [seat.document for seat in crew]:
        return False
    set_crew(session, mission, crew)
    return True


async def put_crew(edit: Edit, slug: str, document: MissionCrew) -> Response:
    """The mission `slug` with `document` for its crew; who stays keeps their assignment."""

    def apply(session: Session, mission: Mission) -> None:
        if change_crew(session, mission, document.items):
            touch(mission)

    return await EDITABLE.change(edit, slug, Action.CREW, apply)


async def create_assignment(edit: Edit, document: CrewAssignmentWrite) -> Response:
    """A new place in the crew of a mission."""

    def work(session: Session) -> Outcome:
        found = select(Mission).where(Mission.slug == document.mission).with_for_update()
        mission = session.scalar(found)
        if mission is None:
            detail = none_such(RecordType.MISSION, document.mission)
            refuse("/mission", "unknown-reference", detail)
        wanted = CrewWrite(**document.model_dump(exclude={"mission"}))
        return _change(session, edit, mission, None, wanted, HTTPStatus.CREATED)

    return await edit.run(work)


async def patch_assignment(edit: Edit, id_: int, patch: Any) -> Response:
    """The assignment `id_` with a merge patch applied to it."""

    def work(session: Session) -> Outcome:
        mission = _mission_of(session, edit, id_)
        current = next(seat for seat in seats(session, mission) if seat.id == id_).document
        wanted = patched(CrewWrite, current.model_dump(mode="json"), patch)
        if wanted == current:
            return _outcome(session, mission, id_, HTTPStatus.OK)
        return _change(session, edit, mission, id_, wanted, HTTPStatus.OK)

    return await edit.run(work)


async def delete_assignment(edit: Edit, id_: int) -> Response:
    """No such place in the crew any more."""

    def work(session: Session) -> Outcome:
        mission = _mission_of(session, edit, id_)
        return _change(session, edit, mission, id_, None, HTTPStatus.NO_CONTENT)

    return await edit.run(work)


def _mission_of(session: Session, edit: Edit, id_: int) -> Mission:
    mission = session.scalar(
        select(Mission)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.id == id_)
        .with_for_update(of=Mission)
    )
    if mission is None:
        raise NotFound(
            either(
                f"There is no crew assignment {id_}. See /v1/crew-assignments.",
                f"Нет места в экипаже {id_}. См. /v1/crew-assignments.",
            )
        )
    edit.check_version(mission)
    return mission


def _change(
    session: Session,
    edit: Edit,
    mission: Mission,
    id_: int | None,
    wanted: CrewWrite | None,
    status: HTTPStatus,
) -> Outcome:
    """Put `wanted` into the place `id_` of a crew, a new one for None; None takes it away."""
    before = EDITABLE.snapshot(session, mission)
    crew = [
        replace(seat, document=wanted, pointer="") if seat.id == id_ and wanted else seat
        for seat in seats(session, mission)
        if seat.id != id_ or wanted
    ]
    if id_ is None and wanted:
        crew.append(Seat(None, wanted, ""))
    there = {seat.id for seat in crew}
    with session.no_autoflush:
        touch(mission)
        rows = set_crew(session, mission, crew)
    EDITABLE.note(session, edit, Action.CREW, mission, before, EDITABLE.snapshot(session, mission))
    if wanted is None:
        return Outcome(status)
    made = id_ or next(row.id for row in rows if row.id not in there)
    return _outcome(session, mission, made, status)


def _outcome(session: Session, mission: Mission, id_: int, status: HTTPStatus) -> Outcome:
    row = Reader.of(session).first(crew_assignments().where(CrewAssignment.id == id_))
    address = link("crew-assignments", id_) if status is HTTPStatus.CREATED else None
    return Outcome(status, CrewAssignmentRead.model_validate(row), mission.version, address)
