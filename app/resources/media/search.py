"""Media in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Connection, select

from app.api.links import url_for_request
from app.db.database import Reader, Row
from app.db.models import Media
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.resources.media.queries import media_is_public
from app.search.documents import IndexDocument, SearchSource


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of published pictures."""
    rows = connection.execute(
        select(Media.id, Media.created_at, Media.alt, Media.alt_ru, Media.credit).where(
            Media.id.in_(ids), media_is_public()
        )
    )
    for row in rows:
        body = [row.credit] if row.credit else []
        yield IndexDocument(
            RecordType.MEDIA, row.id, row.created_at, (), row.alt, [row.alt_ru], body
        )


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of media."""
    columns = Media.id, Media.slug, Media.alt, Media.alt_ru, Media.credit
    for row in reader.all(select(*columns).where(Media.id.in_(ids))):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": tr(row["alt"], row["alt_ru"]),
                "text": row["credit"],
                "at": None,
                "at_precision": None,
                "url": url_for_request("media", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.MEDIA,
    model=Media,
    indexed=select(Media.id, Media.created_at.label("sort_at")).where(media_is_public()),
    load_documents=load_documents,
)
