"""Modules in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.modules import localize_module_name, select_module_ref
from app.api.links import module_page_url, url_for_request
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Module, Port
from app.domain.enums import ModuleKind, RecordType
from app.domain.labels import MODULE_KIND_LABELS, PORT_DIRECTION_LABELS
from app.search.documents import IndexDocument, SearchSource
from app.search.synonyms import get_agency_synonyms

_MODULE_KEYWORDS = "module element модуль элемент"
_PORT_KEYWORDS = "port узел"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of modules."""
    sides: dict[int, list[str]] = {}
    ports = select(Port.module_id, Port.direction).where(Port.module_id.in_(ids))
    for port in connection.execute(ports.order_by(Port.module_id, Port.ordinal)):
        side = PORT_DIRECTION_LABELS[port.direction]
        sides.setdefault(port.module_id, [_PORT_KEYWORDS]).append(f"{side.en} {side.ru}")
    facts = Module.kind, Module.owners, Module.assembly_flight
    rows = connection.execute(
        select(Module.id, Module.name, Module.name_ru, *facts).where(Module.id.in_(ids))
    )
    for row in rows:
        kind = MODULE_KIND_LABELS[row.kind]
        lead = [
            _MODULE_KEYWORDS,
            f"{kind.en} {kind.ru}",
            *(name for owner in row.owners for name in get_agency_synonyms(owner)),
            row.assembly_flight or "",
            *sides.get(row.id, ()),
        ]
        names = list(filter(None, (row.name, row.name_ru)))
        yield IndexDocument(RecordType.MODULE, row.id, None, names, "", lead)


@cache
def _select_hits() -> AnySelect:
    hits = select_module_ref().add_columns(Module.id, Module.kind, Module.owners)
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
                "text": ", ".join([kind, *row["owners"]]),
                "at": None,
                "at_precision": None,
                "url": url_for_request("modules", row["slug"]),
                "html_url": module_page_url(row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.MODULE,
    model=Module,
    indexed=select(Module.id, literal(None).label("sort_at")),
    load_documents=load_documents,
)
