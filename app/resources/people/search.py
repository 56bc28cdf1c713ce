"""People in the search index and in search results."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.agencies import load_agency_texts
from app.api.embeds.missions import MissionRef, select_mission_ref
from app.api.embeds.people import select_person_ref
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import CrewAssignment, Mission, Person
from app.domain.enums import CrewRole, RecordType
from app.domain.glossary import person_name
from app.domain.labels import CREW_ROLE_LABELS
from app.domain.languages import tr
from app.search.documents import IndexDocument, SearchSource

_PERSON_KEYWORDS = "astronaut cosmonaut астронавт космонавт"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of people."""
    names = Person.name, Person.name_ru, Person.name_native, Person.aliases
    people = select(Person.id, *names, Person.agency_id).where(Person.id.in_(ids))
    rows = connection.execute(people).mappings().all()
    agencies = load_agency_texts(connection, {row["agency_id"] for row in rows})
    for row in rows:
        all_names = [row["name"], row["name_ru"], row["name_native"], *row["aliases"]]
        lead = [_PERSON_KEYWORDS, *agencies.get(row["agency_id"], ())]
        yield IndexDocument(
            RecordType.PERSON, row["id"], None, list(filter(None, all_names)), "", lead
        )


@cache
def _select_hits() -> AnySelect:
    assignments = (
        select_mission_ref()
        .add_columns(CrewAssignment.role)
        .join(CrewAssignment, CrewAssignment.mission_id == Mission.id)
        .where(CrewAssignment.person_id == Person.id)
    )
    roles = json_array_subquery(assignments, Mission.number, CrewAssignment.ordinal).label("roles")
    hits = select_person_ref().add_columns(Person.id, roles)
    return hits.where(Person.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": person_name(row["name"], row["name_ru"]),
                "text": "; ".join(filter(None, [row["agency"], *_format_roles(row["roles"])]))
                or None,
                "at": None,
                "at_precision": None,
                **record_urls("people", row["slug"]),
            },
        )


def _format_roles(assignments: Iterable[Row]) -> list[str]:
    """Roles of a person with their missions: "commander of ISS-59, ISS-71"."""
    of_role = tr("{} of {}", "{} {}")
    missions: dict[str, list[str]] = defaultdict(list)
    for row in assignments:
        name = MissionRef.model_validate(row).name
        if name not in missions[row["role"]]:
            missions[row["role"]].append(name)
    return [
        of_role.format(str(CREW_ROLE_LABELS[CrewRole(role)]).lower(), ", ".join(of))
        for role, of in missions.items()
    ]


SEARCH = SearchSource(
    record_type=RecordType.PERSON,
    model=Person,
    indexed=select(Person.id, literal(None).label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.AGENCY: lambda ids: select(Person.id).where(Person.agency_id.in_(ids)),
    },
)
