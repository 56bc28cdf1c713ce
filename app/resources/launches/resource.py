"""Declaration of the launches resource."""

from app.db.models import Flight, Launch, Payload
from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.launches.commands import (
    WRITER,
    add_missing_references,
    load_records,
    restore_history,
)
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
        ExportTable(
            "launches",
            "Launches, past and planned.",
            select_record_columns(Launch, ("launch_sort_at",)),
            indexes=("launch_at",),
            column_descriptions={
                "status": "Outcome, or `planned`.",
                "launch_at": "Time of launch, past or planned.",
                "window_starts_at": "Start of the launch window.",
                "window_ends_at": "End of the launch window.",
                "pad": "Launch pad of the site.",
                "crewed": "1 if people were aboard.",
            },
        ),
        ExportTable(
            "payloads",
            "Spacecraft and other payloads of launches.",
            select_record_columns(Payload, ("flight_ended_sort_at",)),
            indexes=("launch_id",),
            column_descriptions={
                "name": "Name.",
                "kind": "Kind of spacecraft.",
                "flight_ended_at": "End of its flight; null if it flies, or if that is not known.",
                "end_kind": "How its flight ended.",
            },
        ),
        ExportTable(
            "flights",
            "Flights of people: who was aboard which launch.",
            select_record_columns(Flight, ("landed_until",)),
            indexes=("person_id",),
            column_descriptions={
                "role": "Role at launch.",
                "agency": "Agency that the person flew for; null: the agency of the person.",
                "landed_with_id": "Id in `launches` of the spacecraft of the return.",
                "landed_at": "Time of landing; null if the person has not landed.",
            },
        ),
    ),
    references=frozenset(
        {
            RecordType.AGENCY,
            RecordType.MEDIA,
            RecordType.PERSON,
            RecordType.SITE,
            RecordType.SPACECRAFT,
            RecordType.VEHICLE,
        }
    ),
    add_missing_references=add_missing_references,
    restore_state=restore_history,
    deferred_field=DeferredField("crew", RecordType.LAUNCH),
)
