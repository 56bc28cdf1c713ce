"""Declaration of the missions resource."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.write_models import validate_write_model
from app.db.models import CrewAssignment, Mission, MissionLaunch, MissionTask
from app.domain.enums import RecordType, Scope
from app.resources.crew.commands import parse_crew, set_crew_if_changed
from app.resources.crew.router import mission_crew_router
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.missions.commands import WRITER, load_records, restore_aliases
from app.resources.missions.router import router
from app.resources.missions.schemas import MissionCrew, MissionRecord
from app.resources.missions.search import SEARCH, load_hits
from app.resources.resource import DeferredField, NestedCollection, RecordResource


def _save_crew(session: Session, mission: Mission, rows: list[dict[str, Any]]) -> None:
    items = [{name: value for name, value in row.items() if name != "id"} for row in rows]
    crew = validate_write_model(MissionCrew, {"items": items}).items
    set_crew_if_changed(session, mission, parse_crew(WRITER.snapshot(session, mission)), crew)


RESOURCE = RecordResource(
    tag="missions",
    description="Expeditions to the station.",
    routers=(router, mission_crew_router),
    index_links={"missions": "/v1/missions"},
    record_type=RecordType.MISSION,
    scope=Scope.MISSIONS_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=MissionRecord,
    search=SEARCH,
    load_hits=load_hits,
    restore_state=restore_aliases,
    export_tables=(
        ExportTable(
            "missions",
            "Expeditions.",
            select_record_columns(Mission, ("starts_sort_at", "ends_until", "ends_sort_at")),
            column_descriptions={
                "number": "Number of the expedition.",
                "station": "Station.",
                "starts_at": "Start of the mission.",
                "summary": "Summary in English.",
                "alternative_names": "Other names, a JSON array.",
                "featured_article_id": "Id in `articles` of the article shown first.",
            },
        ),
        ExportTable(
            "mission_tasks",
            "Tasks of missions.",
            select(*MissionTask.__table__.columns),
            2,
            column_descriptions={
                "position": "Position in the list of the mission.",
                "text": "Text in English.",
                "text_ru": "Text in Russian.",
                "derived": "1 if the service derived the task from other facts.",
            },
        ),
        ExportTable(
            "mission_launches",
            "Launches of missions.",
            select(*MissionLaunch.__table__.columns),
            3,
            column_descriptions={"relation": "Relation of the launch to the mission."},
        ),
        ExportTable(
            "crew_assignments",
            "Crews of missions.",
            select_record_columns(CrewAssignment, ("from_sort_at",)),
            indexes=("mission_id",),
            column_descriptions={
                "role": "Role in the crew, such as `commander`.",
                "position": "Position, such as `FE-1`.",
                "credited_as": "Name at that time, if it was another.",
                "from_on": "First day in the crew; null: that of the mission.",
                "to_on": "Last day in the crew; null: that of the mission.",
            },
        ),
    ),
    references=frozenset({RecordType.PERSON, RecordType.LAUNCH, RecordType.MEDIA}),
    deferred_field=DeferredField("featured_article", RecordType.ARTICLE),
    nested_collection=NestedCollection("crew", _save_crew),
)
