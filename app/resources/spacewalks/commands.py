"""Writes of spacewalks, with their crew."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.api.embeds.agencies import select_agency_name
from app.api.links import public_url
from app.api.slugs import resolve_slugs, set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.agencies import resolve_agency
from app.api.writes.records import RecordWriter
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import (
    Flight,
    Launch,
    Mission,
    Module,
    Person,
    Spacewalk,
    SpacewalkMember,
    stored_id,
)
from app.db.row_locks import lock_people
from app.domain.dates import now, period_end
from app.domain.enums import FLOWN_STATUSES, AuditTarget, LaunchStatus
from app.domain.languages import tr
from app.domain.spacewalks import MINUTE_PRECISIONS, SpacewalkPeriod
from app.resources.spacewalks.queries import get_spacewalk
from app.resources.spacewalks.schemas import SpacewalkRecord, SpacewalkWrite

_DURATION_TOLERANCE_SECONDS = 60
"""Difference of a duration to its start and end, which are each known to the minute."""


@cache
def _select_records() -> AnySelect:
    crew = (
        select(Person.slug.label("person"), SpacewalkMember.role)
        .join(Person, Person.id == SpacewalkMember.person_id)
        .where(SpacewalkMember.spacewalk_id == Spacewalk.id)
    )
    airlock = select(Module.slug).where(Module.id == Spacewalk.airlock_id)
    mission = select(Mission.slug).where(Mission.id == Spacewalk.mission_id)
    return select(
        *Spacewalk.__table__.columns,
        select_agency_name(Spacewalk.operator_id).label("operator"),
        airlock.scalar_subquery().label("airlock"),
        mission.scalar_subquery().label("mission"),
        json_array_subquery(crew, SpacewalkMember.ordinal).label("crew"),
    ).where(Spacewalk.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, SpacewalkRecord]:
    """The complete records of spacewalks by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> SpacewalkRecord:
    return to_record(SpacewalkRecord, row | {"url": public_url("spacewalks", row["slug"])})


def save(session: Session, spacewalk: Spacewalk, document: SpacewalkWrite) -> None:
    """Apply `document` to `spacewalk`. Raises InvalidRequest or Conflict."""
    is_new = spacewalk.id is None
    _check_is_over(document)
    _check_number_unique(session, spacewalk, document.number)
    day = f"{document.starts_at:%Y-%m-%d}"
    set_slug(session, spacewalk, document.slug, f"spacewalk {document.number or day}")
    for name in (
        "number",
        "starts_at",
        "starts_at_precision",
        "starts_at_uncertain",
        "ends_at",
        "ends_at_precision",
        "purpose",
        "purpose_ru",
    ):
        setattr(spacewalk, name, getattr(document, name))
    spacewalk.duration_seconds = _get_duration_seconds(document)
    spacewalk.operator_id = resolve_agency(session, document.operator, "/operator")
    spacewalk.airlock_id = _find_id(session, Module, document.airlock, "/airlock")
    spacewalk.mission_id = _find_id(session, Mission, document.mission, "/mission")
    spacewalk.sources = [source.model_dump() for source in document.sources]
    slugs = [member.person for member in document.crew]
    people = resolve_slugs(session, Person, slugs, "/crew/{}/person")
    _check_in_space(session, document, people)
    _check_no_other(session, spacewalk, people)
    session.add(spacewalk)
    session.flush()
    _set_crew(session, spacewalk, document, people, is_new)


def _check_is_over(document: SpacewalkWrite) -> None:
    """Raise InvalidRequest for the end or the duration of a spacewalk that is not over."""
    present = now()
    for pointer, is_ahead in (
        ("/ends_at", document.ends_at and document.ends_at > present),
        ("/duration_seconds", document.duration_seconds and document.starts_at > present),
    ):
        if is_ahead:
            detail = tr("The spacewalk is not over.", "Выход ещё не закончился.")
            raise_field_error(pointer, "in-future", detail)


def _check_number_unique(session: Session, spacewalk: Spacewalk, number: int | None) -> None:
    if number is None:
        return
    same = Spacewalk.number == number, Spacewalk.id.is_distinct_from(spacewalk.id)
    if taken := session.scalar(select(Spacewalk.slug).where(*same)):
        detail = tr(f"The spacewalk {taken!r} has this number.", f"Этот номер у выхода {taken!r}.")
        raise_field_error("/number", "taken", detail)


def _get_duration_seconds(document: SpacewalkWrite) -> int | None:
    """Duration of a document: the given one, or from start to end. Raises InvalidRequest."""
    given = document.duration_seconds
    precisions = {document.starts_at_precision, document.ends_at_precision}
    if document.ends_at is None or not precisions <= MINUTE_PRECISIONS:
        return given
    elapsed = int((document.ends_at - document.starts_at).total_seconds())
    if given is None:
        return elapsed
    if abs(given - elapsed) > _DURATION_TOLERANCE_SECONDS:
        detail = tr(
            f"From start to end it is {elapsed} seconds. Omit the duration to compute it.",
            f"От начала до конца {elapsed} с. Без длительности она вычисляется.",
        )
        raise_field_error("/duration_seconds", "contradiction", detail)
    return given


def _find_id(
    session: Session, model: type[Module] | type[Mission], slug: str | None, pointer: str
) -> int | None:
    return None if slug is None else resolve_slugs(session, model, [slug], pointer)[0]


def _check_in_space(session: Session, document: SpacewalkWrite, people: Sequence[int]) -> None:
    """Raise InvalidRequest for a person on no flight at the time, as far as is known."""
    if not people:
        return
    starts_until = period_end(document.starts_at, document.starts_at_precision)
    in_space = session.scalars(
        select(Flight.person_id)
        .join(Launch, Launch.id == Flight.launch_id)
        .where(
            Flight.person_id.in_(people),
            Launch.status.in_([*FLOWN_STATUSES, LaunchStatus.PLANNED]),
            Launch.launch_at < starts_until,
            or_(Flight.landed_until.is_(None), Flight.landed_until > document.starts_at),
        )
    ).all()
    for index, person in enumerate(people):
        if person not in in_space:
            slug = document.crew[index].person
            detail = tr(
                f"{slug!r} is on no flight at that time.", f"{slug!r} в это время не в полёте."
            )
            raise_field_error(f"/crew/{index}/person", "not-in-space", detail)


def _check_no_other(session: Session, spacewalk: Spacewalk, people: Sequence[int]) -> None:
    """Raise InvalidRequest for a person who is in another spacewalk at the time."""
    if not people:
        return
    # Locked, so that no other write adds a spacewalk of these people meanwhile.
    lock_people(session, people)
    period = SpacewalkPeriod.of(vars(spacewalk))
    others = session.execute(
        select(
            SpacewalkMember.person_id,
            Spacewalk.slug,
            Spacewalk.starts_at,
            Spacewalk.starts_at_precision,
            Spacewalk.ends_at,
            Spacewalk.ends_at_precision,
            Spacewalk.duration_seconds,
        )
        .join(Spacewalk, Spacewalk.id == SpacewalkMember.spacewalk_id)
        .where(SpacewalkMember.person_id.in_(people), Spacewalk.id.is_distinct_from(spacewalk.id))
        .order_by(Spacewalk.starts_sort_at, Spacewalk.id)
    )
    for other in map(dict, others.mappings()):
        if period.certainly_overlaps(SpacewalkPeriod.of(other)):
            detail = tr(
                f"This person is in another spacewalk at that time: {other['slug']!r}.",
                f"Этот человек в это время участвует в другом выходе: {other['slug']!r}.",
            )
            pointer = f"/crew/{people.index(other['person_id'])}/person"
            raise_field_error(pointer, "in-another-spacewalk", detail)


def _set_crew(
    session: Session,
    spacewalk: Spacewalk,
    document: SpacewalkWrite,
    people: Sequence[int],
    is_new: bool,
) -> None:
    own = select(SpacewalkMember).where(SpacewalkMember.spacewalk_id == stored_id(spacewalk))
    surplus = {} if is_new else {member.person_id: member for member in session.scalars(own)}
    for index, (member, person) in enumerate(zip(document.crew, people, strict=True)):
        if person in people[:index]:
            detail = tr(
                "This person is in the crew twice.", "Этот человек указан в экипаже дважды."
            )
            raise_field_error(f"/crew/{index}/person", "repeated", detail)
        row = surplus.pop(person, None) or SpacewalkMember(
            spacewalk_id=spacewalk.id, person_id=person
        )
        row.role, row.ordinal = member.role, index + 1
        session.add(row)
    for row in surplus.values():
        session.delete(row)


WRITER = RecordWriter(
    AuditTarget.SPACEWALK,
    "spacewalks",
    Spacewalk,
    SpacewalkWrite,
    save,
    get_spacewalk,
    load_records,
)
