"""Launch sites in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sqlalchemy import Connection, bindparam, literal, select

from app.api.embeds.sites import localize_name, select_site_ref
from app.api.links import record_urls
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Pad, Site
from app.domain.enums import RecordType
from app.search.documents import IndexDocument, SearchSource
from app.search.synonyms import get_site_synonyms

_SITE_KEYWORDS = "launch site spaceport cosmodrome космодром"
_PAD_KEYWORDS = "launch pad complex площадка стартовый комплекс"


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of launch sites."""
    pads: dict[int, list[str]] = {}
    rows = select(Pad.site_id, Pad.code, Pad.name, Pad.name_ru, Pad.aliases)
    for pad in connection.execute(rows.where(Pad.site_id.in_(ids)).order_by(Pad.id)):
        texts = filter(None, (pad.code, pad.name, pad.name_ru, *pad.aliases))
        pads.setdefault(pad.site_id, [_PAD_KEYWORDS]).extend(texts)
    sites = select(Site.id, Site.code, Site.name, Site.name_ru, Site.aliases)
    for row in connection.execute(sites.where(Site.id.in_(ids))):
        names = [*get_site_synonyms(row.name), row.name_ru, row.code, *row.aliases]
        lead = [_SITE_KEYWORDS, *pads.get(row.id, ())]
        yield IndexDocument(
            RecordType.SITE, row.id, None, list(filter(None, dict.fromkeys(names))), "", lead
        )


@cache
def _select_hits() -> AnySelect:
    hits = select_site_ref().add_columns(Site.id, Site.country)
    return hits.where(Site.id.in_(bindparam("ids")))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of launch sites."""
    for row in reader.all(_select_hits(), ids=list(ids)):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": localize_name(row),
                "text": row["country"],
                "at": None,
                "at_precision": None,
                **record_urls("sites", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.SITE,
    model=Site,
    indexed=select(Site.id, literal(None).label("sort_at")),
    load_documents=load_documents,
)
