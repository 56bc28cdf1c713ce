"""Declaration of the vehicles resource."""

from app.db.models import Vehicle
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import add_missing_agencies
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource
from app.resources.vehicles.commands import WRITER, load_records
from app.resources.vehicles.router import router
from app.resources.vehicles.schemas import VehicleRead, VehicleRecord
from app.resources.vehicles.search import SEARCH, load_hits

RESOURCE = RecordResource(
    tag="vehicles",
    description="Launch vehicles, with numbers of their launches in the archive.",
    routers=(router,),
    index_links={"vehicles": "/v1/vehicles"},
    record_type=RecordType.VEHICLE,
    scope=Scope.VEHICLES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=VehicleRecord,
    search=SEARCH,
    load_hits=load_hits,
    merge_model=VehicleRead,
    export_tables=(
        ExportTable(
            "vehicles",
            "Launch vehicles.",
            select_record_columns(Vehicle, ("family_slug", "name_key")),
            column_descriptions={
                "name": "Name with the variant, such as `Soyuz-2.1a`.",
                "family": "Family, such as `Soyuz`.",
            },
        ),
    ),
    references=frozenset({RecordType.AGENCY}),
    add_missing_references=add_missing_agencies(lambda vehicle: [vehicle.maker]),
)
