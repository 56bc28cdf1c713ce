"""Notes in the search index and in search results."""

from collections.abc import Collection, Iterable, Iterator

from app.resources.notes.models import Note
from sqlalchemy import Connection, select

from app.api.links import url_for_request
from app.db.database import Reader, Row
from app.domain.enums import RecordType
from app.search.documents import IndexDocument, SearchSource


def load_documents(connection: Connection, ids: Collection[int]) -> Iterator[IndexDocument]:
    """The index documents of notes."""
    for note in connection.execute(select(*Note.__table__.columns).where(Note.id.in_(ids))):
        yield IndexDocument(RecordType.NOTE, note.id, note.written_at, (), note.title, (note.body,))


def load_hits(reader: Reader, ids: Collection[int]) -> Iterable[tuple[int, Row]]:
    """The search results of notes."""
    for row in reader.all(select(*Note.__table__.columns).where(Note.id.in_(ids))):
        yield (
            row["id"],
            {
                "slug": row["slug"],
                "title": row["title"],
                "text": row["body"],
                "at": row["written_at"],
                "at_precision": "second",
                "url": url_for_request("notes", row["slug"]),
            },
        )


SEARCH = SearchSource(
    record_type=RecordType.NOTE,
    model=Note,
    indexed=select(Note.id, Note.written_at.label("sort_at")),
    load_documents=load_documents,
)
