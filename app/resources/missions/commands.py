"""How missions are written, with their tasks and launches."""

from collections.abc import Collection, Sequence
from typing import Any

from fastapi import Response
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from app.api.audit_log import Action
from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter
from app.api.writes.referrers import describe_referring_articles
from app.api.writes.relations import bump_version, raise_field_error, resolve_slugs
from app.api.writes.request import WriteRequest
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import json_array_subquery
from app.db.models import (
    Article,
    ArticleMission,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionLaunch,
    MissionTask,
    Person,
)
from app.domain.languages import tr
from app.resources.missions.crew_rules import (
    AssignmentDates,
    check_not_in_other_missions,
    get_mission_date_range,
    get_role_date_range,
)
from app.resources.missions.queries import get_mission
from app.resources.missions.schemas import MissionRead, MissionRecord, MissionTasks, MissionWrite


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, MissionRecord]:
    """The missions with these ids, with all that is kept of them."""
    launches = (
        select(MissionLaunch.relation, Launch.slug.label("launch"))
        .join(Launch, Launch.id == MissionLaunch.launch_id)
        .where(MissionLaunch.mission_id == Mission.id)
    )
    ship = aliased(Launch)
    crew = (
        select(
            CrewAssignment.id,
            Person.slug.label("person"),
            CrewAssignment.role,
            CrewAssignment.position,
            CrewAssignment.credited_as,
            CrewAssignment.from_on,
            CrewAssignment.to_on,
            ship.slug.label("arrived_with"),
        )
        .join(Person, Person.id == CrewAssignment.person_id)
        .outerjoin(Flight, Flight.id == CrewAssignment.flight_id)
        .outerjoin(ship, ship.id == Flight.launch_id)
        .where(CrewAssignment.mission_id == Mission.id)
    )
    tasks = select(MissionTask.text, MissionTask.text_ru).where(
        MissionTask.mission_id == Mission.id
    )
    featured = select(Article.slug).where(Article.id == Mission.featured_article_id)
    rows = reader.all(
        select(
            *Mission.__table__.columns,
            json_array_subquery(tasks, MissionTask.position).label("task_rows"),
            json_array_subquery(
                launches, Launch.launch_at, Launch.slug, MissionLaunch.relation
            ).label("launches"),
            json_array_subquery(crew, CrewAssignment.ordinal).label("crew"),
            featured.scalar_subquery().label("featured_article"),
        ).where(Mission.id.in_(ids))
    )
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> MissionRecord:
    given = row | {
        "tasks": [task["text"] for task in row["task_rows"]],
        "tasks_ru": [task["text_ru"] for task in row["task_rows"] if task["text_ru"]],
        "url": public_url("missions", row["slug"]),
    }
    return to_record(MissionRecord, given)


def read_back(reader: Reader, id_: int) -> tuple[MissionRead, str]:
    """A mission as everybody sees it, and its address."""
    slug = reader.scalar(select(Mission.slug).where(Mission.id == id_))
    mission = get_mission(reader, slug or "")
    return mission, mission.url


def save(session: Session, mission: Mission, document: MissionWrite) -> None:
    """Let `mission` take on `document`."""
    same = select(Mission.slug).where(
        Mission.number == document.number, Mission.id.is_distinct_from(mission.id)
    )
    if taken := session.scalar(same):
        detail = tr(
            f"The mission {taken!r} has this number.", f"Этот номер у экспедиции {taken!r}."
        )
        raise_field_error("/number", "taken", detail)
    before = get_mission_date_range(mission) if mission.id else None
    set_slug(session, mission, document.slug, f"{document.station} {document.number}")
    for name in ("number", "station", "summary", "summary_ru", "alternative_names"):
        setattr(mission, name, getattr(document, name))
    mission.starts_at, mission.starts_at_precision = (
        document.starts_at,
        document.starts_at_precision,
    )
    mission.ends_at, mission.ends_at_precision = document.ends_at, document.ends_at_precision
    mission.sources = [source.model_dump() for source in document.sources]
    mission.featured_article_id = _find_featured_article_id(session, document.featured_article)
    slugs = [each.launch for each in document.launches]
    launches = resolve_slugs(session, Launch, slugs, "/launches/{}/launch")
    session.add(mission)
    session.flush()
    _check_crew_within_dates(session, mission)
    if before not in {None, get_mission_date_range(mission)}:
        _check_crew_not_in_other_missions(session, mission)
    _set_tasks(session, mission, document.tasks, document.tasks_ru)
    wanted = {
        (launch, each.relation) for launch, each in zip(launches, document.launches, strict=True)
    }
    _set_launches(session, mission, wanted)


def _find_featured_article_id(session: Session, slug: str | None) -> int | None:
    if slug is None:
        return None
    # Held: nobody takes the article back before this is committed.
    shown = (
        select(Article.id)
        .where(Article.slug == slug, article_is_public())
        .with_for_update(read=True)
    )
    found = session.scalar(shown)
    if found is None:
        detail = tr(
            f"There is no published article {slug!r}.", f"Нет опубликованной статьи {slug!r}."
        )
        raise_field_error("/featured_article", "unknown-reference", detail)
    return found


def _check_crew_within_dates(session: Session, mission: Mission) -> None:
    """Refuse dates that leave somebody of the crew outside."""
    held = CrewAssignment.from_on, CrewAssignment.to_on
    first, end = mission.starts_at.date(), mission.ends_until
    for both in session.execute(select(*held).where(CrewAssignment.mission_id == mission.id)):
        for day in filter(None, both):
            if day < first:
                detail = tr(
                    f"Somebody of its crew begins on {day}.", f"Кто-то из экипажа начинает {day}."
                )
                raise_field_error("/starts_at", "outside-mission", detail)
            if end and day > end.date():
                detail = tr(
                    f"Somebody of its crew stays until {day}.",
                    f"Кто-то из экипажа остаётся до {day}.",
                )
                raise_field_error("/ends_at", "outside-mission", detail)


def _check_crew_not_in_other_missions(session: Session, mission: Mission) -> None:
    """Refuse dates by which somebody of the crew would be in two missions at once."""
    crew = session.execute(
        select(Person.id, Person.slug, CrewAssignment.from_on, CrewAssignment.to_on)
        .join(Person, Person.id == CrewAssignment.person_id)
        .where(CrewAssignment.mission_id == mission.id)
        .order_by(CrewAssignment.ordinal)
    )
    roles = [
        AssignmentDates(id_, slug, get_role_date_range(mission, *held), "/starts_at", "/ends_at")
        for id_, slug, *held in crew
    ]
    check_not_in_other_missions(session, mission, roles)


def _set_tasks(session: Session, mission: Mission, texts: list[str], translated: list[str]) -> None:
    own = MissionTask.mission_id == mission.id
    held = select(MissionTask.text, MissionTask.text_ru).where(own).order_by(MissionTask.position)
    in_russian: Sequence[str | None] = translated or [None] * len(texts)
    wanted = list(zip(texts, in_russian, strict=True))
    if [tuple(row) for row in session.execute(held)] != wanted:
        session.execute(delete(MissionTask).where(own))
        session.add_all(
            MissionTask(
                mission_id=mission.id, position=position, text=text, text_ru=ru, derived=False
            )
            for position, (text, ru) in enumerate(wanted, start=1)
        )


def _set_launches(session: Session, mission: Mission, wanted: set[tuple[int, Any]]) -> None:
    own = MissionLaunch.mission_id == mission.id
    rows = session.scalars(select(MissionLaunch).where(own))
    there = {(row.launch_id, row.relation): row for row in rows}
    for key in there.keys() - wanted:
        session.delete(there[key])
    for launch, relation in sorted(wanted - there.keys()):
        session.add(MissionLaunch(mission_id=mission.id, launch_id=launch, relation=relation))


def referrers(session: Session, mission: Mission, caller: ApiClient) -> list[str]:
    """The crew of a mission, and the articles about it."""
    crew = session.scalars(
        select(Person.slug)
        .join(CrewAssignment, CrewAssignment.person_id == Person.id)
        .where(CrewAssignment.mission_id == mission.id)
        .order_by(CrewAssignment.ordinal)
    )
    articles = describe_referring_articles(session, ArticleMission.mission_id, mission.id, caller)
    return [*(f"its crew: {slug}" for slug in crew), *articles]


WRITER = RecordWriter(Mission, MissionWrite, save, load_records, read_back, referrers)


async def replace_tasks(edit: WriteRequest, slug: str, document: MissionTasks) -> Response:
    """The mission `slug` with `document` for its main tasks."""

    def apply(session: Session, mission: Mission) -> None:
        bump_version(mission)
        _set_tasks(session, mission, document.items, document.items_ru)

    return await WRITER.update(edit, slug, Action.TASKS, apply)
