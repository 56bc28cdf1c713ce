"""Stays in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, select

from app.api.embeds.modules import build_port_name
from app.api.embeds.stays import select_stay_summary, stay_page_url
from app.api.links import url_for_request
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Module, Payload, Port, Stay
from app.domain.dates import Precision
from app.domain.enums import ArrivalKind, PortDirection, RecordType
from app.domain.glossary import spacecraft_name
from app.domain.labels import PORT_DIRECTION_LABELS
from app.search.documents import IndexDocument, SearchSource, group_texts_by_owner
from app.search.synonyms import get_ship_synonyms

_KEYWORDS = {
    ArrivalKind.DOCKING: "docking docked port стыковка причаливание узел",
    ArrivalKind.BERTHING: "berthing berthed port стыковка манипулятор узел",
    ArrivalKind.CAPTURE: "capture berthing port захват манипулятор узел",
}


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    ships = group_texts_by_owner(
        connection,
        select(Payload.launch_id, Payload.name)
        .where(Payload.launch_id.in_(select(Stay.launch_id).where(Stay.id.in_(ids))))
        .order_by(Payload.launch_id, Payload.ordinal),
    )
    rows = connection.execute(
        select(
            Stay.id,
            Stay.launch_id,
            Stay.arrived_sort_at,
            Stay.arrival_kind,
            Port.direction,
            Module.name,
            Module.name_ru,
        )
        .join(Port, Port.id == Stay.port_id)
        .join(Module, Module.id == Port.module_id)
        .where(Stay.id.in_(ids))
    )
    for row in rows:
        names = [
            name for ship in ships.get(row.launch_id, [])[:1] for name in get_ship_synonyms(ship)
        ]
        side = PORT_DIRECTION_LABELS[row.direction]
        lead = [
            _KEYWORDS[row.arrival_kind],
            f"{row.name} {side.en}",
            f"{row.name_ru or row.name} {side.ru}",
        ]
        yield IndexDocument(RecordType.STAY, row.id, row.arrived_sort_at, names, "", lead)


@cache
def _select_hits() -> AnySelect:
    return select_stay_summary().where(Stay.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    for row in reader.all(_select_hits(), ids=list(ids)):
        port = row["port"]
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": spacecraft_name(row["spacecraft"]["name"]),
                "text": build_port_name(port["module"], PortDirection(port["direction"])),
                "at": row["arrived_at"],
                "at_precision": row["arrived_at_precision"],
                "url": url_for_request("stays", row["slug"]),
                "html_url": stay_page_url(
                    row["arrived_at"], Precision(row["arrived_at_precision"])
                ),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.STAY,
    model=Stay,
    indexed=select(Stay.id, Stay.arrived_sort_at.label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.LAUNCH: lambda ids: select(Stay.id).where(Stay.launch_id.in_(ids)),
        RecordType.MODULE: lambda ids: select(Stay.id).where(
            Stay.port_id.in_(select(Port.id).where(Port.module_id.in_(ids)))
        ),
    },
)
