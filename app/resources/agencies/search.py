"""Agencies in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.agencies import localize_agency_name
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Agency
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.search.documents import IndexDocument, SearchSource

_KEYWORDS = "agency агентство"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of agencies."""
    columns = Agency.name, Agency.full_name, Agency.abbreviation, Agency.name_ru
    rows = connection.execute(
        select(Agency.id, Agency.aliases, *columns, Agency.name_native).where(Agency.id.in_(ids))
    )
    for id_, aliases, *names in rows:
        texts = list(dict.fromkeys(filter(None, [*names, *aliases])))
        yield IndexDocument(RecordType.AGENCY, id_, None, texts, "", [_KEYWORDS])


@cache
def _select_hits() -> AnySelect:
    names = Agency.slug, Agency.name, Agency.name_ru, Agency.full_name
    return select(Agency.id, *names).where(Agency.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of agencies."""
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": localize_agency_name(row),
                "text": tr(row["full_name"] or "", "") or None,
                "at": None,
                "at_precision": None,
                **record_urls("agencies", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.AGENCY,
    model=Agency,
    indexed=select(Agency.id, literal(None).label("sort_at")),
    load_documents=load_documents,
)
