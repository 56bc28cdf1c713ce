"""Restore records of a lossless export with their state: versions, former slugs, histories."""

from typing import Any

from sqlalchemy import delete, exists, insert, inspect, select, update
from sqlalchemy.orm import Session

from app.api.write_models import validate_write_model
from app.db.database import Reader
from app.db.models import (
    Article,
    FormerSlug,
    Launch,
    LaunchSlip,
    Mission,
    MissionAlias,
    MissionTask,
    VersionedRecord,
    stored_id,
)
from app.domain.enums import ArticleState, RecordType
from app.ingest.entries import ImportEntry
from app.resources.imported_records import apply_document
from app.resources.record_state import (
    RecordState,
    SlipState,
    load_record_states,
)
from app.resources.registry import RECORD_RESOURCES

_STATE_COLUMNS = ("created_at", "updated_at", "version", "edited")


def restore_entry(session: Session, entry: ImportEntry) -> tuple[bool, str]:
    """Create or update the record of an entry with its state; the newer of two states wins.

    Returns True if the record is new, and its slug if it changed, otherwise "". Raises `ApiError`
    if the data or the state are invalid.
    """
    type_, slug = entry.type, str(entry.data.get("slug"))
    if "gone" in (entry.record_state or {}):
        return False, _record_deletion(session, type_, slug)
    state = validate_write_model(RecordState, entry.record_state)
    existing = _find_by_slugs(session, type_, [slug, *state.former_slugs])
    if existing is not None and existing.updated_at > state.updated_at:
        return False, ""
    reader = Reader.from_session(session)
    before = None if existing is None else _load_document_and_state(session, reader, existing)
    document = ({} if before is None else before[0]) | dict(entry.data)
    record = RECORD_RESOURCES[type_].model() if existing is None else existing
    if isinstance(record, Article) and state.state is not None:
        is_deleted = state.state is ArticleState.DELETED  # which cannot be written
        record.state = ArticleState.DRAFT if is_deleted else state.state
        record.announced = state.announced
        # Translations are imported in any order, so the key may be one of a later article.
        record.translation_key = entry.data.get("translation_key", record.translation_key)
    if before == (document, state):
        return False, ""
    if existing is None:
        for name in _STATE_COLUMNS:
            setattr(record, name, getattr(state, name))
    with session.no_autoflush:
        apply_document(session, record, document)
        if isinstance(record, Article) and state.state is not None:
            record.state = state.state
        _restore_state(session, record, state)
    if before is None:
        return True, record.slug
    changed = _load_document_and_state(session, reader, record) != before
    return False, record.slug if changed else ""


def _find_by_slugs(session: Session, type_: RecordType, slugs: list[str]) -> VersionedRecord | None:
    """Return the record with the first of `slugs` that exists."""
    model = RECORD_RESOURCES[type_].model
    records: dict[str, VersionedRecord] = {
        record.slug: record
        for record in session.scalars(select(model).where(model.slug.in_(slugs)))
    }
    return next((records[slug] for slug in slugs if slug in records), None)


def _load_document_and_state(
    session: Session, reader: Reader, record: VersionedRecord
) -> tuple[dict[str, Any], RecordState]:
    type_ = record.record_type
    resource = RECORD_RESOURCES[type_]
    document = resource.extract_document(resource.writer.snapshot(session, record))
    id_ = stored_id(record)
    return document, load_record_states(reader, type_, [id_])[id_]


def _restore_state(session: Session, record: VersionedRecord, state: RecordState) -> None:
    """Set the state of a record whose document is written."""
    session.flush()
    model = type(record)
    values = {name: getattr(state, name) for name in _STATE_COLUMNS}
    if {name: getattr(record, name) for name in _STATE_COLUMNS} != values:
        # By table: an ORM update of articles would recompute all their day counts.
        table: Any = inspect(model).local_table
        session.execute(update(table).where(table.c.id == record.id).values(values))
        session.expire(record)
    if isinstance(record, Mission):
        _restore_mission(session, stored_id(record), state)
    if isinstance(record, Launch):
        _restore_history(session, stored_id(record), state.history)
    type_ = record.record_type
    for slug in state.former_slugs:
        if session.get(FormerSlug, (type_, slug)) is None:
            session.add(FormerSlug(type=type_, slug=slug, record_id=record.id))
    session.flush()


def _restore_mission(session: Session, id_: int, state: RecordState) -> None:
    existing = select(MissionAlias.slug).where(MissionAlias.slug.in_(state.aliases))
    for slug in sorted(set(state.aliases) - set(session.scalars(existing))):
        session.add(MissionAlias(mission_id=id_, slug=slug))
    tasks = update(MissionTask).where(
        MissionTask.mission_id == id_, MissionTask.derived != state.tasks_derived
    )
    session.execute(tasks.values(derived=state.tasks_derived))


def _restore_history(session: Session, id_: int, history: list[SlipState]) -> None:
    of_launch = LaunchSlip.launch_id == id_
    rows = session.scalars(select(LaunchSlip).where(of_launch).order_by(LaunchSlip.id))
    existing = [
        SlipState(**{name: getattr(row, name) for name in SlipState.model_fields}) for row in rows
    ]
    if existing != history:
        session.execute(delete(LaunchSlip).where(of_launch))
        for slip in history:
            values = {name: getattr(slip, name) for name in SlipState.model_fields}
            session.execute(insert(LaunchSlip).values(launch_id=id_, **values))


def _record_deletion(session: Session, type_: RecordType, slug: str) -> str:
    """Record the deletion of a slug that the archive does not have. Returns the slug, or ""."""
    model = RECORD_RESOURCES[type_].model
    exists_here = session.scalar(select(exists().where(model.slug == slug)))
    if exists_here or session.get(FormerSlug, (type_, slug)) is not None:
        return ""
    session.add(FormerSlug(type=type_, slug=slug, record_id=None))
    return slug
