"""Declaration of the agencies resource."""

from app.db.models import Agency
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import WRITER, load_records
from app.resources.agencies.router import router
from app.resources.agencies.schemas import AgencyRead, AgencyRecord
from app.resources.agencies.search import SEARCH, load_hits
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import DeferredField, RecordResource

RESOURCE = RecordResource(
    tag="agencies",
    description="Space agencies, companies and institutes that the other records name.",
    routers=(router,),
    index_links={"agencies": "/v1/agencies"},
    record_type=RecordType.AGENCY,
    scope=Scope.AGENCIES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=AgencyRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "agencies",
            "Space agencies, companies and institutes.",
            select_record_columns(Agency, ("name_key",)),
            column_descriptions={
                "abbreviation": "Abbreviation, such as `ESA`.",
                "kind": "Kind of organisation.",
                "website": "URL of the website.",
                "parent_id": "Id in `agencies` of the organisation it belongs to.",
            },
        ),
    ),
    merge_model=AgencyRead,
    deferred_field=DeferredField("parent", RecordType.AGENCY),
)
