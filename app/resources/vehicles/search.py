"""Launch vehicles in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.agencies import load_agency_texts
from app.api.embeds.vehicles import select_vehicle_ref
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Vehicle
from app.domain.enums import RecordType
from app.domain.glossary import vehicle_name
from app.search.documents import IndexDocument, SearchSource
from app.search.synonyms import get_vehicle_synonyms

_VEHICLE_KEYWORDS = "launch vehicle rocket ракета-носитель"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of vehicles."""
    columns = Vehicle.id, Vehicle.name, Vehicle.family, Vehicle.maker_id
    rows = connection.execute(select(*columns).where(Vehicle.id.in_(ids))).all()
    makers = load_agency_texts(connection, {row.maker_id for row in rows})
    for row in rows:
        family = get_vehicle_synonyms(row.family)
        lead = [_VEHICLE_KEYWORDS, *family, *makers.get(row.maker_id, ())]
        names = get_vehicle_synonyms(row.name)
        yield IndexDocument(RecordType.VEHICLE, row.id, None, names, "", lead)


@cache
def _select_hits() -> AnySelect:
    return select_vehicle_ref().add_columns(Vehicle.id).where(Vehicle.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of vehicles."""
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": vehicle_name(row["name"]),
                "text": vehicle_name(row["family"]),
                "at": None,
                "at_precision": None,
                **record_urls("vehicles", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.VEHICLE,
    model=Vehicle,
    indexed=select(Vehicle.id, literal(None).label("sort_at")),
    load_documents=load_documents,
    dependencies={
        RecordType.AGENCY: lambda ids: select(Vehicle.id).where(Vehicle.maker_id.in_(ids)),
    },
)
