"""Create and update records from import entries, with the validation of the write API."""

from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.write_models import validate_write_model
from app.db.models import Article, Mission, VersionedRecord
from app.domain.dates import now
from app.domain.enums import ArticleState
from app.ingest.entries import ImportEntry
from app.resources.changes.queries import RECORD_WRITERS
from app.resources.crew.commands import parse_crew, set_crew_if_changed
from app.resources.missions.schemas import MissionCrew
from app.resources.record_state import CREW_FIELD, project_document


def create_from_entry(
    session: Session, entry: ImportEntry, publish: bool = False
) -> VersionedRecord:
    """Create a record. Raises `ApiError` if the data are invalid."""
    record: VersionedRecord = RECORD_WRITERS[entry.type].model()
    if isinstance(record, Article) and publish:
        record.state = ArticleState.PUBLISHED
    apply_entry_data(session, record, dict(entry.data))
    return record


def update_from_entry(
    session: Session, entry: ImportEntry, record_id: int, publish: bool = False
) -> str | None:
    """Update the record of an entry. Returns its slug if it changed, "" if not.

    A record that an editor has changed or deleted stays unchanged. Returns None, so that the entry
    is tried again later, for a published article unless `publish`. Raises `ApiError` if the data
    are invalid.
    """
    writer = RECORD_WRITERS[entry.type]
    record: VersionedRecord | None = session.get(writer.model, record_id, with_for_update=True)
    if record is None or record.edited:
        return ""
    if isinstance(record, Article) and record.state is ArticleState.PUBLISHED and not publish:
        return None
    before = writer.snapshot(session, record)
    current = project_document(entry.type, before)
    with session.no_autoflush:  # one UPDATE, which makes one new version
        apply_entry_data(session, record, current | dict(entry.data))
        session.flush()
    if writer.snapshot(session, record) == before:
        return ""
    if record.version == before["version"]:  # only related rows have changed
        record.updated_at = now()
        flag_modified(record, "updated_at")
        session.flush()
    return record.slug


def apply_entry_data(session: Session, record: VersionedRecord, data: dict[str, Any]) -> None:
    """Write a document, of a mission with or without its crew, to a new or existing record.

    Raises `ApiError` if the data are invalid.
    """
    writer = RECORD_WRITERS[record.record_type]
    crew = data.pop(CREW_FIELD, None) if isinstance(record, Mission) else None
    writer.save(session, record, validate_write_model(writer.write_model, data))
    session.flush()
    if isinstance(record, Mission) and crew is not None:
        items = [{name: row[name] for name in row if name != "id"} for row in crew]
        wanted = validate_write_model(MissionCrew, {"items": items}).items
        set_crew_if_changed(session, record, parse_crew(writer.snapshot(session, record)), wanted)
        session.flush()
