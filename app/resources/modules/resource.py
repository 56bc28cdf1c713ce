"""Declaration of the modules resource."""

from app.db.models import Module, ModuleAttachment, ModuleOwner, Port
from app.domain.enums import RecordType, Scope
from app.resources.agencies.commands import add_missing_agencies
from app.resources.export_tables import ExportTable, select_record_columns
from app.resources.modules.commands import WRITER, load_records
from app.resources.modules.router import router
from app.resources.modules.schemas import ModuleRecord
from app.resources.modules.search import SEARCH, load_hits
from app.resources.resource import DeferredField, RecordResource

RESOURCE = RecordResource(
    tag="modules",
    description="Modules of the station, with their ports and the places where they were attached.",
    routers=(router,),
    index_links={"modules": "/v1/modules"},
    record_type=RecordType.MODULE,
    scope=Scope.MODULES_WRITE,
    writer=WRITER,
    load_records=load_records,
    record_model=ModuleRecord,
    search=SEARCH,
    load_hits=load_hits,
    export_tables=(
        ExportTable(
            "modules",
            "Modules and other elements of the station.",
            select_record_columns(Module, ("name_key", "attached_sort_at")),
            column_descriptions={
                "name": "Name in English.",
                "kind": "Kind of element.",
                "launch_id": "Id in `launches` of the launch that carried it.",
            },
        ),
        ExportTable(
            "module_owners",
            "Owners of modules.",
            select_record_columns(ModuleOwner),
            2,
            indexes=("agency_id",),
            column_descriptions={"agency_id": "Id in `agencies`."},
        ),
        ExportTable(
            "ports",
            "Docking and berthing ports of modules.",
            select_record_columns(Port),
            indexes=("module_id",),
            column_descriptions={
                "direction": "Direction that the port faces.",
                "in_service_from": "First day in service; null: that of its module.",
                "in_service_until": "Last day in service; null: that of its module.",
            },
        ),
        ExportTable(
            "module_attachments",
            "Places at which modules were attached, one after the other.",
            select_record_columns(
                ModuleAttachment, ("attached_sort_at", "detached_sort_at", "detached_until")
            ),
            indexes=("module_id",),
            column_descriptions={
                "attached_to_id": "Id in `modules` of the module that it was attached to.",
                "attached_at": "Start of the attachment.",
                "detached_at": "End of the attachment; null if it lasts.",
            },
        ),
    ),
    references=frozenset({RecordType.AGENCY, RecordType.LAUNCH, RecordType.MEDIA}),
    add_missing_references=add_missing_agencies(lambda module: module.owners),
    deferred_field=DeferredField("attachments", RecordType.MODULE),
)
