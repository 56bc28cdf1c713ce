"""Missions in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, select

from app.api.embeds.missions import MissionRef, select_mission_ref
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import CrewAssignment, Mission, MissionTask, Person
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.search.documents import IndexDocument, SearchSource, group_texts_by_owner


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    tasks = group_texts_by_owner(
        connection,
        select(MissionTask.mission_id, MissionTask.text)
        .where(MissionTask.mission_id.in_(ids))
        .order_by(MissionTask.mission_id, MissionTask.position),
    )
    crews = group_texts_by_owner(
        connection,
        select(CrewAssignment.mission_id, Person.name, Person.name_ru)
        .join(Person, Person.id == CrewAssignment.person_id)
        .where(CrewAssignment.mission_id.in_(ids))
        .order_by(CrewAssignment.mission_id, CrewAssignment.ordinal),
    )
    rows = connection.execute(select(*Mission.__table__.columns).where(Mission.id.in_(ids)))
    for row in rows.mappings():
        names = [row["slug"], *row["alternative_names"], f"{row['station']} {row['number']}"]
        if row["station"] == "ISS":
            n = row["number"]
            names += [f"ISS-{n} mission", f"Expedition {n}", f"Экспедиция МКС-{n}", f"{n} МКС ISS"]
            names += [f"миссия МКС-{n}", str(n)]
        lead = [row["summary"], *crews.get(row["id"], ())]
        yield IndexDocument(
            RecordType.MISSION,
            row["id"],
            row["starts_sort_at"],
            names,
            "",
            lead,
            tasks.get(row["id"], ()),
        )


@cache
def _select_hits() -> AnySelect:
    hits = select_mission_ref().add_columns(
        Mission.id,
        Mission.starts_at,
        Mission.starts_at_precision,
        Mission.summary,
        Mission.summary_ru,
    )
    return hits.where(Mission.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(_select_hits(), ids=list(ids)):
        mission = MissionRef.model_validate(row)
        yield (
            row["id"],
            {
                "slug": mission.slug,
                "title": mission.title,
                "text": tr(row["summary"], row["summary_ru"] or row["summary"]),
                "at": row["starts_at"],
                "at_precision": row["starts_at_precision"],
                "url": mission.url,
                "html_url": mission.html_url,
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.MISSION,
    model=Mission,
    indexed=select(Mission.id, Mission.starts_sort_at.label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.PERSON: lambda ids: select(CrewAssignment.mission_id).where(
            CrewAssignment.person_id.in_(ids)
        )
    },
)
