"""Writes of notes."""

from collections.abc import Collection

from app.resources.notes.models import Note
from app.resources.notes.queries import get_note
from app.resources.notes.schemas import NoteRecord, NoteWrite
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.links import public_url
from app.api.slugs import set_slug
from app.api.write_models import to_record
from app.api.writes.records import RecordWriter
from app.db.database import Reader
from app.domain.enums import AuditTarget


def load_records(reader: Reader, ids: Collection[int]) -> dict[int, NoteRecord]:
    """The complete records of notes by id."""
    rows = reader.all(select(*Note.__table__.columns).where(Note.id.in_(ids)))
    return {
        row["id"]: to_record(NoteRecord, row | {"url": public_url("notes", row["slug"])})
        for row in rows
    }


def save(session: Session, note: Note, document: NoteWrite) -> None:
    """Apply `document` to `note`. Raises Conflict."""
    set_slug(session, note, document.slug, document.title)
    note.title, note.body, note.written_at = document.title, document.body, document.written_at
    session.add(note)


WRITER = RecordWriter(AuditTarget.NOTE, "notes", Note, NoteWrite, save, get_note, load_records)
