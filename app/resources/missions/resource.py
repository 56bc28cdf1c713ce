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
from app.resources.missions.commands import WRITER, load_records
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
    export_tables=(
        ExportTable(
            "missions",
            select_record_columns(Mission, ("starts_sort_at", "ends_until", "ends_sort_at")),
        ),
        ExportTable("mission_tasks", select(*MissionTask.__table__.columns), 2),
        ExportTable("mission_launches", select(*MissionLaunch.__table__.columns), 3),
        ExportTable(
            "crew_assignments",
            select_record_columns(CrewAssignment, ("from_sort_at",)),
            indexes=("mission_id",),
        ),
    ),
    references=frozenset({RecordType.PERSON, RecordType.LAUNCH}),
    deferred_field=DeferredField("featured_article", RecordType.ARTICLE),
    nested_collection=NestedCollection("crew", _save_crew),
)
