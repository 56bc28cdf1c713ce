"""Create and update records from import entries, with the validation of the write API."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.write_models import validate_write_model
from app.db.models import Article, VersionedRecord
from app.domain.dates import now
from app.domain.enums import ArticleState
from app.ingest.entries import ImportEntry
from app.resources.registry import RECORD_RESOURCES


def create_from_entry(
    session: Session, entry: ImportEntry, publish: bool = False
) -> VersionedRecord:
    """Create a record from `entry`. Raises InvalidRequest or Conflict."""
    record = RECORD_RESOURCES[entry.type].model()
    if isinstance(record, Article) and publish:
        record.state = ArticleState.PUBLISHED
    apply_entry_data(session, record, dict(entry.data))
    return record


def update_from_entry(
    session: Session, entry: ImportEntry, record_id: int, publish: bool = False
) -> str | None:
    """Update a record from `entry`. Returns its slug, or an empty string if nothing changed.

    Does not change a record that editors have written or deleted. Returns None for a published
    article unless `publish`. Raises InvalidRequest or Conflict.
    """
    resource = RECORD_RESOURCES[entry.type]
    record = session.get(resource.model, record_id, with_for_update=True)
    if record is None or record.edited:
        return ""
    if isinstance(record, Article) and record.state is ArticleState.PUBLISHED and not publish:
        return None
    return change_record(session, record, entry.data)


def change_record(session: Session, record: VersionedRecord, changes: Mapping[str, Any]) -> str:
    """Apply `changes` to the document of a record. Returns its slug, or "" if nothing changed.

    Raises InvalidRequest or Conflict.
    """
    resource = RECORD_RESOURCES[record.record_type]
    before = resource.writer.snapshot(session, record)
    with session.no_autoflush:  # one UPDATE, and so one new version
        apply_entry_data(session, record, resource.extract_document(before) | dict(changes))
        session.flush()
    if resource.writer.snapshot(session, record) == before:
        return ""
    if record.version == before["version"]:  # only related rows have changed
        record.updated_at = now()
        flag_modified(record, "updated_at")
        session.flush()
    return record.slug


def apply_entry_data(session: Session, record: VersionedRecord, data: dict[str, Any]) -> None:
    """Apply `data` to a record, new or not, with its nested collection. Raises InvalidRequest."""
    resource = RECORD_RESOURCES[record.record_type]
    nested = resource.nested_collection
    items = data.pop(nested.name, None) if nested else None
    document = validate_write_model(resource.writer.write_model, data)
    resource.writer.save(session, record, document)
    session.flush()
    if nested and items is not None:
        nested.save(session, record, items)
        session.flush()
