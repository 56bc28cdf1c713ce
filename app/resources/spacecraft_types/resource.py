"""Declaration of the resource of spacecraft types."""

from app.db.models import SpacecraftType
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import add_missing_agencies
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource
from app.resources.spacecraft_types.commands import WRITER, load_records
from app.resources.spacecraft_types.router import router
from app.resources.spacecraft_types.schemas import SpacecraftTypeRead, SpacecraftTypeRecord
from app.resources.spacecraft_types.search import SEARCH, load_hits

RESOURCE = RecordResource(
    tag="spacecraft-types",
    description="Types of spacecraft, with numbers of their spacecraft and flights.",
    routers=(router,),
    index_links={"spacecraft_types": "/v1/spacecraft-types"},
    record_type=RecordType.SPACECRAFT_TYPE,
    scope=Scope.SPACECRAFT_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=SpacecraftTypeRecord,
    search=SEARCH,
    load_hits=load_hits,
    merge_model=SpacecraftTypeRead,
    export_tables=(
        ExportTable(
            "spacecraft_types",
            "Types of spacecraft.",
            select_record_columns(SpacecraftType, ("name_key",)),
            column_descriptions={
                "name": "Name.",
                "kind": "Kind of spacecraft.",
                "maker": "Agency or company that makes it.",
                "crewed": "1 if it carries people.",
                "crew_capacity": "Number of seats.",
                "height_m": "Height in metres.",
                "diameter_m": "Diameter in metres.",
            },
        ),
    ),
    references=frozenset({RecordType.AGENCY}),
    add_missing_references=add_missing_agencies(lambda type_: [type_.maker]),
)
