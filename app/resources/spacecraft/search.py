"""Spacecraft in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.agencies import load_agency_texts
from app.api.embeds.spacecraft import select_ship_ref
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Spacecraft, SpacecraftType
from app.domain.enums import RecordType
from app.domain.glossary import spacecraft_name
from app.search.documents import IndexDocument, SearchSource
from app.search.synonyms import SPACECRAFT_KEYWORDS, get_ship_synonyms


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of spacecraft."""
    facts = Spacecraft.name, Spacecraft.serial, Spacecraft.operator_id
    type_ = SpacecraftType.name.label("type"), SpacecraftType.kind
    ships = select(Spacecraft.id, *facts, *type_).where(Spacecraft.id.in_(ids))
    joined = ships.join(SpacecraftType, SpacecraftType.id == Spacecraft.type_id)
    rows = connection.execute(joined).all()
    operators = load_agency_texts(connection, {row.operator_id for row in rows})
    for row in rows:
        lead = [
            SPACECRAFT_KEYWORDS[row.kind],
            *get_ship_synonyms(row.type),
            row.serial or "",
            *operators.get(row.operator_id, ()),
        ]
        names = get_ship_synonyms(row.name)
        yield IndexDocument(RecordType.SPACECRAFT, row.id, None, names, "", lead)


@cache
def _select_hits() -> AnySelect:
    hits = select_ship_ref().add_columns(Spacecraft.id, SpacecraftType.name.label("type"))
    joined = hits.join(SpacecraftType, SpacecraftType.id == Spacecraft.type_id)
    return joined.where(Spacecraft.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of spacecraft."""
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": spacecraft_name(row["name"]),
                "text": spacecraft_name(row["type"]),
                "at": None,
                "at_precision": None,
                **record_urls("spacecraft", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.SPACECRAFT,
    model=Spacecraft,
    indexed=select(Spacecraft.id, literal(None).label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.AGENCY: lambda ids: select(Spacecraft.id).where(Spacecraft.operator_id.in_(ids)),
        RecordType.SPACECRAFT_TYPE: lambda ids: select(Spacecraft.id).where(
            Spacecraft.type_id.in_(ids)
        ),
    },
)
