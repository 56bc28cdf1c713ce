"""Writes of missions, with their tasks and launches."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, aliased

from app.api.audit_log import Action
from app.api.auth import ApiClient
from app.api.links import public_url
from app.api.slugs import resolve_slugs, set_slug
from app.api.validation_errors import raise_field_error
from app.api.write_models import to_record
from app.api.writes.images import select_written_image, set_image
from app.api.writes.records import RecordWriter, bump_version
from app.api.writes.referrers import describe_referrers, describe_referring_articles
from app.api.writes.request import WriteRequest, WriteResult
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery, json_values_subquery
from app.db.models import (
    Article,
    ArticleMission,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionAlias,
    MissionLaunch,
    MissionTask,
    Person,
    stored_id,
)
from app.domain.enums import AuditTarget
from app.domain.languages import Bilingual, tr
from app.resources.missions.crew_rules import (
    AssignmentDates,
    check_not_in_other_missions,
    get_mission_date_range,
    get_role_date_range,
)
from app.resources.missions.queries import get_mission
from app.resources.missions.schemas import (
    FeaturedArticle,
    MissionRecord,
    MissionTasks,
    MissionWrite,
)


@cache
def _select_records() -> AnySelect:
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
    aliases = MissionAlias.mission_id == Mission.id
    return select(
        *Mission.__table__.columns,
        select_written_image(Mission),
        json_array_subquery(tasks, MissionTask.position).label("task_rows"),
        json_array_subquery(launches, Launch.launch_at, Launch.slug, MissionLaunch.relation).label(
            "launches"
        ),
        json_array_subquery(crew, CrewAssignment.ordinal).label("crew"),
        json_values_subquery(MissionAlias.slug, aliases).label("aliases"),
        featured.scalar_subquery().label("featured_article"),
    ).where(Mission.id.in_(bindparam("ids")))


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, MissionRecord]:
    """The complete records of missions by id."""
    rows = reader.all(_select_records(), ids=list(ids))
    return {row["id"]: _build_record(row) for row in rows}


def _build_record(row: dict[str, Any]) -> MissionRecord:
    fields = row | {
        "tasks": [task["text"] for task in row["task_rows"]],
        "tasks_ru": [task["text_ru"] for task in row["task_rows"] if task["text_ru"]],
        "url": public_url("missions", row["slug"]),
    }
    return to_record(MissionRecord, fields)


def save(session: Session, mission: Mission, document: MissionWrite) -> None:
    """Apply `document` to `mission`. Raises InvalidRequest or Conflict."""
    same = select(Mission.slug).where(
        Mission.number == document.number, Mission.id.is_distinct_from(mission.id)
    )
    if taken := session.scalar(same):
        detail = tr(
            f"The mission {taken!r} has this number.", f"Этот номер у экспедиции {taken!r}."
        )
        raise_field_error("/number", "taken", detail)
    is_new = mission.id is None
    previous = None if is_new else get_mission_date_range(mission)
    set_slug(session, mission, document.slug, f"{document.station} {document.number}")
    for name in ("number", "station", "summary", "summary_ru", "alternative_names"):
        setattr(mission, name, getattr(document, name))
    mission.starts_at, mission.starts_at_precision = (
        document.starts_at,
        document.starts_at_precision,
    )
    mission.ends_at, mission.ends_at_precision = document.ends_at, document.ends_at_precision
    mission.sources = [source.model_dump() for source in document.sources]
    set_image(session, mission, document.image)
    mission.featured_article_id = _find_featured_article_id(session, document.featured_article)
    slugs = [each.launch for each in document.launches]
    launches = resolve_slugs(session, Launch, slugs, "/launches/{}/launch")
    session.add(mission)
    session.flush()
    if not is_new:
        _check_crew_within_dates(session, mission)
    if previous not in {None, get_mission_date_range(mission)}:
        _check_crew_not_in_other_missions(session, mission)
    _set_tasks(session, mission, document.tasks, document.tasks_ru, is_new)
    links = {
        (launch, each.relation) for launch, each in zip(launches, document.launches, strict=True)
    }
    _set_launches(session, mission, links, is_new)


def _find_featured_article_id(
    session: Session, slug: str | None, pointer: str = "/featured_article"
) -> int | None:
    if slug is None:
        return None
    # Locked, so that the article cannot be unpublished before the commit.
    public = (
        select(Article.id)
        .where(Article.slug == slug, article_is_public())
        .with_for_update(read=True)
    )
    article_id = session.scalar(public)
    if article_id is None:
        detail = tr(
            f"There is no published article {slug!r}.", f"Нет опубликованной статьи {slug!r}."
        )
        raise_field_error(pointer, "unknown-reference", detail)
    return article_id


def _check_crew_within_dates(session: Session, mission: Mission) -> None:
    """Raise InvalidRequest if a role of the crew begins or ends outside the mission."""
    dates = select(CrewAssignment.from_on, CrewAssignment.to_on)
    first, end = mission.starts_at.date(), mission.ends_until
    for row in session.execute(dates.where(CrewAssignment.mission_id == stored_id(mission))):
        for day in filter(None, row):
            if day < first:
                detail = tr(
                    f"A role in the crew begins on {day}.", f"Одна из ролей в экипаже с {day}."
                )
                raise_field_error("/starts_at", "outside-mission", detail)
            if end and day > end.date():
                detail = tr(
                    f"A role in the crew ends on {day}.",
                    f"Одна из ролей в экипаже до {day}.",
                )
                raise_field_error("/ends_at", "outside-mission", detail)


def _check_crew_not_in_other_missions(session: Session, mission: Mission) -> None:
    """Raise InvalidRequest if the dates put a crew member into two missions at the same time."""
    crew = session.execute(
        select(Person.id, Person.slug, CrewAssignment.from_on, CrewAssignment.to_on)
        .join(Person, Person.id == CrewAssignment.person_id)
        .where(CrewAssignment.mission_id == stored_id(mission))
        .order_by(CrewAssignment.ordinal)
    )
    roles = [
        AssignmentDates(id_, slug, get_role_date_range(mission, *days), "/starts_at", "/ends_at")
        for id_, slug, *days in crew
    ]
    check_not_in_other_missions(session, mission, roles)


def _set_tasks(
    session: Session,
    mission: Mission,
    texts: list[str],
    translated: list[str],
    is_new: bool = False,
) -> None:
    own = MissionTask.mission_id == stored_id(mission)
    tasks = select(MissionTask.text, MissionTask.text_ru).where(own).order_by(MissionTask.position)
    in_russian: Sequence[str | None] = translated or [None] * len(texts)
    new = list(zip(texts, in_russian, strict=True))
    current = [] if is_new else [tuple(row) for row in session.execute(tasks)]
    if current != new:
        if current:
            session.execute(delete(MissionTask).where(own))
        session.add_all(
            MissionTask(
                mission_id=mission.id, position=position, text=text, text_ru=ru, derived=False
            )
            for position, (text, ru) in enumerate(new, start=1)
        )


def _set_launches(
    session: Session, mission: Mission, links: set[tuple[int, Any]], is_new: bool
) -> None:
    own = MissionLaunch.mission_id == stored_id(mission)
    rows = [] if is_new else session.scalars(select(MissionLaunch).where(own)).all()
    current = {(row.launch_id, row.relation): row for row in rows}
    for key in current.keys() - links:
        session.delete(current[key])
    for launch, relation in sorted(links - current.keys()):
        session.add(MissionLaunch(mission_id=mission.id, launch_id=launch, relation=relation))


def referrers(session: Session, mission: Mission, client: ApiClient) -> list[str]:
    """The crew of a mission and the articles about it."""
    id_ = stored_id(mission)
    crew = (
        select(Person.slug)
        .join(CrewAssignment, CrewAssignment.person_id == Person.id)
        .where(CrewAssignment.mission_id == id_)
        .order_by(CrewAssignment.ordinal)
    )
    articles = describe_referring_articles(session, ArticleMission.mission_id, id_, client)
    member = Bilingual("the crew member", "член экипажа")
    return [*describe_referrers(session, member, crew), *articles]


def restore_aliases(session: Session, mission: Mission, deleted: Mapping[str, Any]) -> None:
    """Insert the aliases of a deleted mission, from its JSON, that no mission has had since."""
    aliases = deleted.get("aliases", [])  # entries of earlier releases have none
    taken = select(MissionAlias.slug).where(MissionAlias.slug.in_(aliases))
    for slug in sorted(set(aliases) - set(session.scalars(taken))):
        session.add(MissionAlias(mission_id=stored_id(mission), slug=slug))


WRITER = RecordWriter(
    AuditTarget.MISSION,
    "missions",
    Mission,
    MissionWrite,
    save,
    get_mission,
    load_records,
    referrers,
)


def replace_tasks(
    session: Session, write: WriteRequest, slug: str, document: MissionTasks
) -> WriteResult:
    """Replace the main tasks of the mission `slug`."""

    def apply(mission: Mission, before: dict[str, Any]) -> None:
        if (document.items, document.items_ru) != (before["tasks"], before["tasks_ru"]):
            bump_version(mission)
            _set_tasks(session, mission, document.items, document.items_ru)

    return WRITER.update(session, write, slug, Action.TASKS, apply)


def set_featured_article(
    session: Session, write: WriteRequest, slug: str, document: FeaturedArticle
) -> WriteResult:
    """Set the lead article of the mission `slug`, and nothing else."""

    def apply(mission: Mission, before: dict[str, Any]) -> None:
        if document.article != before["featured_article"]:
            bump_version(mission)
            mission.featured_article_id = _find_featured_article_id(
                session, document.article, "/article"
            )

    return WRITER.update(session, write, slug, Action.UPDATE, apply)
