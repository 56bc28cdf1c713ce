"""Declaration of the people resource."""

from app.db.models import Person, PersonNationality
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import add_missing_agencies
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.people.commands import WRITER, load_records
from app.resources.people.merge_rules import check_merge
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
    check_merge=check_merge,
    export_tables=(
        ExportTable(
            "people",
            "People who flew or were to fly to the station.",
            select_record_columns(Person, ("name_key",)),
            column_descriptions={
                "name": "Name in English.",
                "agency_id": "Id in `agencies` of the space agency.",
                "flights_count": "Number of flights that reached space.",
                "flight_seconds": "Total duration of the flights that have ended, in seconds.",
                "spacewalks_count": "Number of spacewalks.",
                "spacewalk_seconds": "Total duration of the spacewalks in seconds.",
            },
        ),
        ExportTable(
            "person_nationalities",
            "Nationalities of people, as ISO 3166 codes.",
            select_record_columns(PersonNationality),
            key_column_count=2,
            indexes=("country",),
            column_descriptions={"country": "Country, as an ISO 3166-1 alpha-2 code."},
        ),
    ),
    references=frozenset({RecordType.AGENCY, RecordType.MEDIA}),
    add_missing_references=add_missing_agencies(lambda person: [person.agency]),
)
