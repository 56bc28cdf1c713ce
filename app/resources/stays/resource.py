"""Declaration of the stays resource."""

from app.db.models import Stay
from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource
from app.resources.stays.commands import WRITER, load_records
from app.resources.stays.router import router
from app.resources.stays.schemas import StayRecord
from app.resources.stays.search import SEARCH, load_hits

RESOURCE = RecordResource(
    tag="stays",
    description="Stays of spacecraft at the ports of the station: dockings and undockings.",
    routers=(router,),
    index_links={"stays": "/v1/stays"},
    record_type=RecordType.STAY,
    scope=Scope.STAYS_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=StayRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "stays",
            "Stays of spacecraft at ports of the station.",
            select_record_columns(Stay, ("arrived_sort_at", "departed_sort_at", "departed_until")),
            indexes=("launch_id", "port_id"),
            column_descriptions={
                "arrived_at": "Docking, or capture by the arm.",
                "arrival_kind": "Kind of arrival, such as `docking`.",
            },
        ),
    ),
    references=frozenset({RecordType.LAUNCH, RecordType.MODULE}),
)
