"""Writes of people."""

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.slugs import find_new_slugs, load_slug_owners, set_slug
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_referring_articles
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import (
    ArticlePerson,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
    Spacewalk,
    SpacewalkMember,
    stored_id,
)
from app.domain.enums import AuditTarget
from app.resources.people.queries import get_person
from app.resources.people.schemas import PersonRecord, PersonWrite


@cache
def _select_records() -> AnySelect:
    return select(*Person.__table__.columns).where(Person.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, PersonRecord]:
    """The complete records of people by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {
        row["id"]: to_record(PersonRecord, row | {"url": public_url("people", row["slug"])})
        for row in rows
    }


def save(session: Session, person: Person, document: PersonWrite) -> None:
    """Apply `document` to `person`. Raises Conflict."""
    save_all(session, [(person, document)])


def save_all(session: Session, documents: Sequence[tuple[Person, PersonWrite]]) -> None:
    """Apply documents to people. Raises Conflict for the first document that is refused."""
    owners = load_slug_owners(session, Person, find_new_slugs(documents))
    names = "name", "name_ru", "name_native", "agency", "nationality", "born_on", "aliases"
    for person, document in documents:
        set_slug(session, person, document.slug, document.name, owners)
        for name in names:
            setattr(person, name, getattr(document, name))
        person.sources = [source.model_dump() for source in document.sources]
    session.add_all(person for person, _ in documents)


def referrers(session: Session, person: Person, client: ApiClient) -> list[str]:
    """The crews, launches and spacewalks of a person, and the articles about them."""
    id_ = stored_id(person)
    missions = session.scalars(
        select(Mission.slug)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.person_id == id_)
        .order_by(Mission.number)
    )
    launches = session.scalars(
        select(Launch.slug)
        .join(Flight, Flight.launch_id == Launch.id)
        .where(Flight.person_id == id_)
        .order_by(Launch.id)
    )
    walks = session.scalars(
        select(Spacewalk.slug)
        .join(SpacewalkMember, SpacewalkMember.spacewalk_id == Spacewalk.id)
        .where(SpacewalkMember.person_id == id_)
        .order_by(Spacewalk.starts_sort_at, Spacewalk.id)
    )
    return [
        *(f"the crew of {slug}" for slug in missions),
        *(f"the launch {slug}" for slug in launches),
        *(f"the spacewalk {slug}" for slug in walks),
        *describe_referring_articles(session, ArticlePerson.person_id, id_, client),
    ]


WRITER = RecordWriter(
    AuditTarget.PERSON,
    "people",
    Person,
    PersonWrite,
    save,
    get_person,
    load_records,
    referrers,
    save_all=save_all,
)
