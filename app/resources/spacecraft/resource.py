"""Declaration of the spacecraft resource."""

from app.db.models import Spacecraft
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import add_missing_agencies
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource
from app.resources.spacecraft.commands import WRITER, load_records
from app.resources.spacecraft.router import router
from app.resources.spacecraft.schemas import ShipRead, ShipRecord
from app.resources.spacecraft.search import SEARCH, load_hits

RESOURCE = RecordResource(
    tag="spacecraft",
    description="Spacecraft of one or more flights, with their types, launches and stays.",
    routers=(router,),
    index_links={"spacecraft": "/v1/spacecraft"},
    record_type=RecordType.SPACECRAFT,
    scope=Scope.SPACECRAFT_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=ShipRecord,
    search=SEARCH,
    load_hits=load_hits,
    merge_model=ShipRead,
    export_tables=(
        ExportTable(
            "spacecraft",
            "Spacecraft of one or more flights.",
            select_record_columns(Spacecraft, ("name_key",)),
            column_descriptions={"name": "Name."},
        ),
    ),
    references=frozenset({RecordType.AGENCY, RecordType.SPACECRAFT_TYPE, RecordType.MEDIA}),
    add_missing_references=add_missing_agencies(lambda ship: [ship.operator]),
)
