"""Declaration of the notes resource."""

from app.resources.notes.commands import WRITER, load_records
from app.resources.notes.models import Note
from app.resources.notes.router import router
from app.resources.notes.schemas import NoteRecord
from app.resources.notes.search import SEARCH, load_hits

from app.domain.enums import RecordType, Scope
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.resource import RecordResource

RESOURCE = RecordResource(
    tag="notes",
    description="Notes of the flight control.",
    routers=(router,),
    index_links={"notes": "/v1/notes"},
    record_type=RecordType.NOTE,
    scope=Scope.NOTES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=NoteRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "notes",
            "Notes of the flight control.",
            select_record_columns(Note),
            indexes=("written_at",),
            column_descriptions={
                "title": "Title.",
                "body": "Text, in Markdown.",
                "written_at": "Time of writing.",
            },
        ),
    ),
)
