"""Loader of the modules of the embedded archive, with their ports and attachments."""

from collections.abc import Mapping

from sqlalchemy import select

from app.db.models import Module, ModuleAttachment, ModuleOwner, Port
from app.db.models.modules import first_attachment_sort_at
from app.domain.enums import RecordType
from app.ingest.dataset.load_media import ImageIds
from app.ingest.dataset.records import Dataset
from app.ingest.dataset.upsert import ColumnValues, DatasetUpsert, RowKey


def upsert_modules(
    merge: DatasetUpsert,
    dataset: Dataset,
    launches: Mapping[str, int],
    agencies: Mapping[str, int],
    images: ImageIds,
) -> tuple[dict[str, int], dict[str, int]]:
    """Merge the modules. Returns the ids of modules and of ports, by slug."""
    modules = merge.upsert_records(
        Module,
        "slug",
        {
            module.slug: {
                "name": module.name,
                "name_ru": module.name_ru,
                "kind": module.kind,
                "length_m": module.length_m,
                "diameter_m": module.diameter_m,
                "mass_kg": module.mass_kg,
                "assembly_flight": module.assembly_flight,
                "image_media_id": images[RecordType.MODULE, module.slug],
                "launch_id": launches[module.launch] if module.launch else None,
                "attached_sort_at": first_attachment_sort_at(
                    (each.attached_at, each.attached_at_precision) for each in module.attachments
                ),
                "sources": dataset.resolve_citations(module.sources),
            }
            for module in dataset.modules.values()
        },
    )
    owners: dict[RowKey, ColumnValues] = {
        (modules[module.slug], ordinal): {"agency_id": agencies[owner]}
        for module in dataset.modules.values()
        for ordinal, owner in enumerate(module.owners, start=1)
    }
    merge.replace_children(Module, modules.values(), ModuleOwner, ("module_id", "ordinal"), owners)
    ports: dict[RowKey, ColumnValues] = {
        (modules[module.slug], port.slug): {
            "ordinal": ordinal,
            "direction": port.direction,
            "in_service_from": port.in_service_from,
            "in_service_until": port.in_service_until,
        }
        for module in dataset.modules.values()
        for ordinal, port in enumerate(module.ports, start=1)
    }
    merge.replace_children(Module, modules.values(), Port, ("module_id", "slug"), ports)
    stored_ports = merge.session.execute(select(Port.slug, Port.id))
    port_ids = {row.slug: row.id for row in stored_ports}
    attachments: dict[RowKey, ColumnValues] = {
        (modules[module.slug], ordinal): {
            "attached_to_id": modules[attachment.to] if attachment.to else None,
            "port_id": port_ids.get(attachment.port or ""),
            "attached_at": attachment.attached_at,
            "attached_at_precision": attachment.attached_at_precision,
            "attached_at_uncertain": attachment.attached_at_uncertain,
            "detached_at": attachment.detached_at,
            "detached_at_precision": attachment.detached_at_precision,
            "detached_at_uncertain": attachment.detached_at_uncertain,
        }
        for module in dataset.modules.values()
        for ordinal, attachment in enumerate(module.attachments, start=1)
    }
    merge.replace_children(
        Module, modules.values(), ModuleAttachment, ("module_id", "ordinal"), attachments
    )
    return modules, port_ids
