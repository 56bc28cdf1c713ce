"""Declaration of the spacewalks resource."""

from sqlalchemy import select

from app.db.models import Spacewalk, SpacewalkMember
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import add_missing_agencies
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource
from app.resources.spacewalks.commands import WRITER, load_records
from app.resources.spacewalks.router import router
from app.resources.spacewalks.schemas import SpacewalkRecord
from app.resources.spacewalks.search import SEARCH, load_hits

_HIDDEN_COLUMNS = ("starts_sort_at", "ends_until", "duration_sort_seconds")

RESOURCE = RecordResource(
    tag="spacewalks",
    description="Spacewalks from the station and its ships, with a calendar.",
    routers=(router,),
    index_links={"spacewalks": "/v1/spacewalks"},
    record_type=RecordType.SPACEWALK,
    scope=Scope.SPACEWALKS_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=SpacewalkRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "spacewalks",
            "Spacewalks from the station and its ships.",
            select_record_columns(Spacewalk, _HIDDEN_COLUMNS),
            indexes=("starts_at",),
            column_descriptions={
                "starts_at": "Start.",
                "airlock_id": "Id in `modules` of the airlock.",
            },
        ),
        ExportTable(
            "spacewalk_members",
            "People on spacewalks.",
            select(*SpacewalkMember.__table__.columns),
            indexes=("spacewalk_id", "person_id"),
            column_descriptions={"role": "Role, such as `ev1`."},
        ),
    ),
    references=frozenset(
        {
            RecordType.AGENCY,
            RecordType.PERSON,
            RecordType.LAUNCH,
            RecordType.MISSION,
            RecordType.MODULE,
        }
    ),
    add_missing_references=add_missing_agencies(lambda spacewalk: [spacewalk.operator]),
)
