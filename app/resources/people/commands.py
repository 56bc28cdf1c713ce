"""Writes of people."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.api.auth import ApiClient
from app.api.embeds.agencies import select_agency_name
from app.api.links import public_url
from app.api.slugs import find_new_slugs, load_slug_owners, set_slug
from app.api.write_models import to_record
from app.api.writes.agencies import find_optional_agency_id, load_agency_ids
from app.api.writes.images import select_written_image, set_image
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import CREW_OF, describe_referrers, describe_referring_articles
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import (
    ArticlePerson,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
    PersonNationality,
    Spacewalk,
    SpacewalkMember,
    stored_id,
)
from app.domain.enums import AuditTarget
from app.resources.people.queries import get_person
from app.resources.people.schemas import PersonRecord, PersonWrite

_COLUMNS = (
    "name",
    "name_ru",
    "name_native",
    "nationality",
    "born_on",
    "born_on_precision",
    "birth_country",
    "died_on",
    "died_on_precision",
    "sex",
    "wikidata_id",
    "biography",
    "biography_ru",
    "aliases",
)
"""Columns that have the value of the field of the document."""


@cache
def _select_records() -> AnySelect:
    others = select(PersonNationality.country).where(
        PersonNationality.person_id == Person.id, PersonNationality.ordinal > 1
    )
    return select(
        *Person.__table__.columns,
        select_written_image(Person),
        select_agency_name(Person.agency_id).label("agency"),
        json_array_subquery(others, PersonNationality.ordinal).label("other_nationalities"),
    ).where(Person.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, PersonRecord]:
    """The complete records of people by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> PersonRecord:
    others = [each["country"] for each in row["other_nationalities"]]
    url = public_url("people", row["slug"])
    return to_record(PersonRecord, row | {"other_nationalities": others, "url": url})


def save(session: Session, person: Person, document: PersonWrite) -> None:
    """Apply `document` to `person`. Raises Conflict."""
    save_all(session, [(person, document)])


def save_all(session: Session, documents: Sequence[tuple[Person, PersonWrite]]) -> None:
    """Apply documents to people. Raises Conflict for the first document that is refused."""
    owners = load_slug_owners(session, Person, find_new_slugs(documents))
    agencies = load_agency_ids(session, [document.agency for _, document in documents])
    for person, document in documents:
        set_slug(session, person, document.slug, document.name, owners)
        for name in _COLUMNS:
            setattr(person, name, getattr(document, name))
        person.agency_id = find_optional_agency_id(session, agencies, document.agency, "/agency")
        person.wikipedia = [link.model_dump() for link in document.wikipedia]
        person.sources = [source.model_dump() for source in document.sources]
        set_image(session, person, document.image)
    stored = [stored_id(person) for person, _ in documents if person.id is not None]
    session.add_all(person for person, _ in documents)
    session.flush()
    _set_nationalities(session, documents, stored)


def _set_nationalities(
    session: Session, documents: Sequence[tuple[Person, PersonWrite]], stored: Collection[int]
) -> None:
    """Replace the nationalities of people; those of `stored` exist."""
    existing: dict[int, dict[int, PersonNationality]] = defaultdict(dict)
    if stored:
        own = select(PersonNationality).where(PersonNationality.person_id.in_(stored))
        for row in session.scalars(own):
            existing[row.person_id][row.ordinal] = row
    for person, document in documents:
        id_ = stored_id(person)
        surplus = existing[id_]
        for ordinal, country in enumerate(document.list_nationalities(), start=1):
            row = surplus.pop(ordinal, PersonNationality(person_id=id_, ordinal=ordinal))
            row.country = country
            session.add(row)
        for row in surplus.values():
            session.delete(row)


def referrers(session: Session, person: Person, client: ApiClient) -> list[str]:
    """The crews, launches and spacewalks of a person, and the articles about them."""
    id_ = stored_id(person)
    missions = (
        select(Mission.slug)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.person_id == id_)
        .order_by(Mission.number)
    )
    launches = (
        select(Launch.slug)
        .join(Flight, Flight.launch_id == Launch.id)
        .where(Flight.person_id == id_)
        .order_by(Launch.id)
    )
    walks = (
        select(Spacewalk.slug)
        .join(SpacewalkMember, SpacewalkMember.spacewalk_id == Spacewalk.id)
        .where(SpacewalkMember.person_id == id_)
        .order_by(Spacewalk.starts_sort_at, Spacewalk.id)
    )
    return [
        *describe_referrers(session, CREW_OF, missions),
        *describe_referrers(session, Launch.label.before_slug, launches),
        *describe_referrers(session, Spacewalk.label.before_slug, walks),
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
