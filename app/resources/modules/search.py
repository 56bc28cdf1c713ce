"""Modules in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select
from sqlalchemy.orm import aliased

from app.api.embeds.agencies import (
    load_agency_texts,
    localize_agency_name,
    select_agency_columns,
)
from app.api.embeds.modules import localize_module_name, select_module_ref
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import Agency, Module, ModuleOwner, Port
from app.domain.enums import ModuleKind, RecordType
from app.domain.labels import MODULE_KIND_LABELS, PORT_DIRECTION_LABELS
from app.search.documents import IndexDocument, SearchSource

_MODULE_KEYWORDS = "module element модуль элемент"
_PORT_KEYWORDS = "port узел"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of modules."""
    sides: dict[int, list[str]] = {}
    ports = select(Port.module_id, Port.direction).where(Port.module_id.in_(ids))
    for port in connection.execute(ports.order_by(Port.module_id, Port.ordinal)):
        side = PORT_DIRECTION_LABELS[port.direction]
        sides.setdefault(port.module_id, [_PORT_KEYWORDS]).append(f"{side.en} {side.ru}")
    owners = connection.execute(
        select(ModuleOwner.module_id, ModuleOwner.agency_id)
        .where(ModuleOwner.module_id.in_(ids))
        .order_by(ModuleOwner.module_id, ModuleOwner.ordinal)
    ).all()
    agencies = load_agency_texts(connection, {owner.agency_id for owner in owners})
    owner_names: dict[int, list[str]] = {}
    for owner in owners:
        owner_names.setdefault(owner.module_id, []).extend(agencies[owner.agency_id])
    facts = Module.kind, Module.assembly_flight
    rows = connection.execute(
        select(Module.id, Module.name, Module.name_ru, *facts).where(Module.id.in_(ids))
    )
    for row in rows:
        kind = MODULE_KIND_LABELS[row.kind]
        lead = [
            _MODULE_KEYWORDS,
            f"{kind.en} {kind.ru}",
            *owner_names.get(row.id, ()),
            row.assembly_flight or "",
            *sides.get(row.id, ()),
        ]
        names = list(filter(None, (row.name, row.name_ru)))
        yield IndexDocument(RecordType.MODULE, row.id, None, names, "", lead)


@cache
def _select_hits() -> AnySelect:
    agency = aliased(Agency)
    of_module = agency.id == ModuleOwner.agency_id, ModuleOwner.module_id == Module.id
    owners = select_agency_columns(agency).where(*of_module)
    hits = select_module_ref().add_columns(
        Module.id, Module.kind, json_array_subquery(owners, ModuleOwner.ordinal).label("owners")
    )
    return hits.where(Module.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of modules."""
    for row in reader.all(_select_hits(), ids=list(ids)):
        kind = str(MODULE_KIND_LABELS[ModuleKind(row["kind"])])
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": localize_module_name(row),
                "text": ", ".join([kind, *map(localize_agency_name, row["owners"])]),
                "at": None,
                "at_precision": None,
                **record_urls("modules", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.MODULE,
    model=Module,
    indexed=select(Module.id, literal(None).label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.AGENCY: lambda ids: select(ModuleOwner.module_id).where(
            ModuleOwner.agency_id.in_(ids)
        ),
    },
)
