"""Declaration of the people resource."""

from app.db.models import Person
from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.people.commands import WRITER, load_records
from app.resources.people.router import router
from app.resources.people.schemas import PersonRead, PersonRecord
from app.resources.people.search import SEARCH, load_hits
from app.resources.resource import RecordResource

RESOURCE = RecordResource(
    tag="people",
    description="People who flew or were to fly to the station.",
    routers=(router,),
    index_links={"people": "/v1/people"},
    record_type=RecordType.PERSON,
    scope=Scope.PEOPLE_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=PersonRecord,
    search=SEARCH,
    load_hits=load_hits,
    merge_model=PersonRead,
    export_tables=(
        ExportTable("people", select_record_columns(Person, ("name_key", "agency_slug"))),
    ),
)
