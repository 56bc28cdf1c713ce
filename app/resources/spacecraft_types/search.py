"""Spacecraft types in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.agencies import load_agency_texts, select_agency_name
from app.api.embeds.spacecraft import select_spacecraft_type_ref
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import SpacecraftType
from app.domain.enums import RecordType
from app.domain.glossary import spacecraft_name
from app.search.documents import IndexDocument, SearchSource
from app.search.synonyms import SPACECRAFT_KEYWORDS, get_ship_synonyms

_TYPE_KEYWORDS = "type тип"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of spacecraft types."""
    facts = SpacecraftType.name, SpacecraftType.kind, SpacecraftType.maker_id
    types = select(SpacecraftType.id, *facts).where(SpacecraftType.id.in_(ids))
    rows = connection.execute(types).all()
    makers = load_agency_texts(connection, {row.maker_id for row in rows})
    for row in rows:
        lead = [_TYPE_KEYWORDS, SPACECRAFT_KEYWORDS[row.kind], *makers.get(row.maker_id, ())]
        names = get_ship_synonyms(row.name)
        yield IndexDocument(RecordType.SPACECRAFT_TYPE, row.id, None, names, "", lead)


@cache
def _select_hits() -> AnySelect:
    maker = select_agency_name(SpacecraftType.maker_id).label("maker")
    hits = select_spacecraft_type_ref().add_columns(SpacecraftType.id, maker)
    return hits.where(SpacecraftType.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of spacecraft types."""
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": spacecraft_name(row["name"]),
                "text": row["maker"],
                "at": None,
                "at_precision": None,
                **record_urls("spacecraft-types", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.SPACECRAFT_TYPE,
    model=SpacecraftType,
    indexed=select(SpacecraftType.id, literal(None).label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.AGENCY: lambda ids: select(SpacecraftType.id).where(
            SpacecraftType.maker_id.in_(ids)
        ),
    },
)
