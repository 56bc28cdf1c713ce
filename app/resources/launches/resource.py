"""Declaration of the launches resource."""

from app.db.models import Flight, Launch, Spacecraft, Vehicle
from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.launches.commands import WRITER, add_missing_references, load_records
from app.resources.launches.router import router
from app.resources.launches.schemas import LaunchRecord
from app.resources.launches.search import SEARCH, load_hits
from app.resources.resource import DeferredField, RecordResource

RESOURCE = RecordResource(
    tag="launches",
    description="Launches to the station, and others if the archive has any, with a calendar.",
    routers=(router,),
    index_links={"launches": "/v1/launches"},
    record_type=RecordType.LAUNCH,
    scope=Scope.LAUNCHES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=LaunchRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable("vehicles", select_record_columns(Vehicle, ("family_slug",))),
        ExportTable(
            "launches", select_record_columns(Launch, ("launch_sort_at",)), indexes=("launch_at",)
        ),
        ExportTable("spacecraft", select_record_columns(Spacecraft), indexes=("launch_id",)),
        ExportTable(
            "flights", select_record_columns(Flight, ("landed_until",)), indexes=("person_id",)
        ),
    ),
    references=frozenset({RecordType.PERSON, RecordType.SITE}),
    add_missing_references=add_missing_references,
    deferred_field=DeferredField("crew", RecordType.LAUNCH),
)
