"""Restore records of a lossless export with their state: versions, former slugs, histories."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

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
from app.ingest.entries import EntryOrReject, ImportEntry
from app.resources.imported_records import apply_documents
from app.resources.record_state import (
    RecordState,
    SlipState,
    load_record_states,
)
from app.resources.registry import RECORD_RESOURCES

_STATE_COLUMNS = ("created_at", "updated_at", "version", "edited")

MAX_SET_ENTRIES = 32
"""Maximum number of entries that are written together: they take a fraction of the lock time."""

_Content = tuple[dict[str, Any], RecordState]
"""Document and state of a record."""


def split_into_sets(batch: Iterable[EntryOrReject]) -> Iterator[list[EntryOrReject]]:
    """Split a batch into sets of entries for `restore_entries`, and other single entries."""
    entries: list[EntryOrReject] = []
    type_: RecordType | None = None
    slugs = set[str]()
    for each in batch:
        own_type = each.type if isinstance(each, ImportEntry) and _is_joinable(each) else None
        own_slugs = _list_slugs(each) if isinstance(each, ImportEntry) else set[str]()
        is_full = len(entries) == MAX_SET_ENTRIES
        if entries and (own_type is None or own_type is not type_ or is_full or slugs & own_slugs):
            yield entries
            entries, slugs = [], set()
        entries.append(each)
        type_ = own_type
        slugs |= own_slugs
    if entries:
        yield entries


def _is_joinable(entry: ImportEntry) -> bool:
    """True unless the entry has no record to restore, or one with a collection of its own.

    The rules of such a collection compare it with those of other records, all of them saved.
    """
    return _has_record(entry) and RECORD_RESOURCES[entry.type].nested_collection is None


def _has_record(entry: ImportEntry) -> bool:
    """True for an entry of a record with its state, false for a deletion or without a state."""
    return entry.record_state is not None and "gone" not in entry.record_state


def _list_slugs(entry: ImportEntry) -> set[str]:
    """The slugs, present and former, by which the record of an entry is found."""
    former = (entry.record_state or {}).get("former_slugs")
    return {str(entry.data.get("slug")), *map(str, former if isinstance(former, list) else ())}


def restore_entry(session: Session, entry: ImportEntry) -> tuple[bool, str]:
    """Create or update the record of an entry with its state, or record its deletion.

    Returns and raises the same as `restore_entries`.
    """
    if not _has_record(entry):
        return False, _record_deletion(session, entry.type, str(entry.data.get("slug")))
    return restore_entries(session, [entry])[0]


def restore_entries(session: Session, entries: Sequence[ImportEntry]) -> list[tuple[bool, str]]:
    """Create or update the records of entries with their states; the newer of two states wins.

    The entries are of one type, and no two have a slug in common. Returns for each true if the
    record is new, and its slug if it changed, otherwise "". Raises `ApiError` if the data or the
    state of one are invalid.
    """
    restorations = _prepare_restorations(session, entries)
    written = [each for each in restorations if each.document is not None]
    with session.no_autoflush:
        if written:
            apply_documents(session, [(each.record, each.document or {}) for each in written])
        for each in written:
            state, record = each.state.state, each.record
            # Not set if it is the same: an entity that was set is flushed again.
            if isinstance(record, Article) and state is not None and record.state is not state:
                record.state = state
        session.flush()
        _restore_states(session, written)
        session.flush()
    after = _load_contents(session, [each.record for each in written if not each.is_new])
    changed = [
        each.document is not None and (each.is_new or after[stored_id(each.record)] != each.before)
        for each in restorations
    ]
    return [
        (each.is_new, each.record.slug if is_changed else "")
        for each, is_changed in zip(restorations, changed, strict=True)
    ]


@dataclass(frozen=True)
class _Restoration:
    """Record of an entry, and what is to be written to it."""

    record: VersionedRecord
    before: _Content | None
    """Content of the record; None if it is new."""
    document: Mapping[str, Any] | None
    """Document to write; None if the record stays as it is."""
    state: RecordState

    @property
    def is_new(self) -> bool:
        return self.before is None


def _prepare_restorations(session: Session, entries: Sequence[ImportEntry]) -> list[_Restoration]:
    """Find the records of entries of one type, and create those that do not exist."""
    type_ = entries[0].type
    states = [validate_write_model(RecordState, each.record_state) for each in entries]
    slugs = [
        [str(entry.data.get("slug")), *state.former_slugs]
        for entry, state in zip(entries, states, strict=True)
    ]
    records = _load_by_slug(session, type_, [slug for each in slugs for slug in each])
    contents = _load_contents(session, list(records.values()))
    restorations = []
    for entry, state, own_slugs in zip(entries, states, slugs, strict=True):
        record = next((records[slug] for slug in own_slugs if slug in records), None)
        before = None if record is None else contents[stored_id(record)]
        document: dict[str, Any] | None = (before[0] if before else {}) | dict(entry.data)
        if record is not None and (
            record.updated_at > state.updated_at or before == (document, state)
        ):
            document = None
        else:
            record = record or _create_record(type_, state)
            if isinstance(record, Article) and state.state is not None:
                is_deleted = state.state is ArticleState.DELETED  # which cannot be written
                record.state = ArticleState.DRAFT if is_deleted else state.state
                record.announced = state.announced
                # Translations are imported in any order: the key may be one of a later article.
                record.translation_key = entry.data.get("translation_key", record.translation_key)
        restorations.append(_Restoration(record, before, document, state))
    return restorations


def _create_record(type_: RecordType, state: RecordState) -> VersionedRecord:
    record = RECORD_RESOURCES[type_].model()
    for name in _STATE_COLUMNS:
        setattr(record, name, getattr(state, name))
    return record


def _load_by_slug(
    session: Session, type_: RecordType, slugs: Collection[str]
) -> dict[str, VersionedRecord]:
    model = RECORD_RESOURCES[type_].model
    return {each.slug: each for each in session.scalars(select(model).where(model.slug.in_(slugs)))}


def _load_contents(session: Session, records: Collection[VersionedRecord]) -> dict[int, _Content]:
    """Load the documents and states of records of one type, by id."""
    if not records:
        return {}
    session.flush()
    type_ = next(iter(records)).record_type
    resource, reader = RECORD_RESOURCES[type_], Reader.from_session(session)
    ids = [stored_id(record) for record in records]
    stored = resource.load_records(reader, ids)
    states = load_record_states(reader, type_, ids)
    return {
        id_: (
            resource.extract_document(stored[id_].model_dump(mode="json", by_alias=True)),
            states[id_],
        )
        for id_ in ids
    }


def _restore_states(session: Session, restorations: Collection[_Restoration]) -> None:
    """Set the states of records of one type whose documents are flushed."""
    _restore_columns(session, restorations)
    for each in restorations:
        id_, state = stored_id(each.record), each.state
        if isinstance(each.record, Mission):
            _restore_mission(session, id_, state)
        if isinstance(each.record, Launch) and (state.history or not each.is_new):
            _restore_history(session, id_, state.history)
        type_ = each.record.record_type
        for slug in state.former_slugs:
            if session.get(FormerSlug, (type_, slug)) is None:
                session.add(FormerSlug(type=type_, slug=slug, record_id=id_))


def _restore_columns(session: Session, restorations: Collection[_Restoration]) -> None:
    """Set the columns of the states that the flush has left otherwise."""
    rows: list[dict[str, Any]] = []
    for each in restorations:
        record = each.record
        values = {name: getattr(each.state, name) for name in _STATE_COLUMNS}
        if {name: getattr(record, name) for name in _STATE_COLUMNS} != values:
            rows.append({"record_id": stored_id(record)} | values)
            for name, value in values.items():
                set_committed_value(record, name, value)
    if rows:
        # By table: an ORM update of articles would recompute all their day counts.
        table: Any = inspect(type(record)).local_table
        columns: dict[str, Any] = {name: bindparam(name) for name in _STATE_COLUMNS}
        statement = update(table).where(table.c.id == bindparam("record_id")).values(columns)
        session.connection().execute(statement, rows)


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
