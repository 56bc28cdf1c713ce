"""Search documents that a write makes stale."""

from sqlalchemy.orm import Session

from app.db.tracking.steps import Writes


def note_stale_documents(_session: Session, writes: Writes) -> None:
    """Record the search documents that contain text of the entities saved or deleted."""
    writes.stale_documents |= {
        (entity.record_type or type(entity), getattr(entity, entity.record_key))
        for entity in (*writes.saved, *writes.deleted)
        if entity.searchable
    }
