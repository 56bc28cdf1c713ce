"""What an archive keeps of its records beside what editors write: to be taken along, and restored.

Together with the document it is all there is of a record but its id: an archive that has taken in
the export of another one is the same archive.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, exists, insert, inspect, select, update
from sqlalchemy.orm import Session

from app.api.params import Rfc3339, Slug
from app.api.write_models import WriteModel, validate_write_model
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
)
from app.domain.dates import Precision
from app.domain.enums import ArticleState, LaunchStatus, RecordType
from app.ingest.apply import apply_entry_data
from app.ingest.entries import ImportEntry
from app.resources.registry import RECORD_RESOURCES


class SlipState(WriteModel):
    """That a launch's time or status changed, and why."""

    from_status: LaunchStatus
    from_at: Rfc3339
    from_at_precision: Precision
    to_status: LaunchStatus
    to_at: Rfc3339
    to_at_precision: Precision
    changed_at: Rfc3339
    reason: str | None


class RecordState(WriteModel):
    """What is kept of a record beside its document."""

    created_at: Rfc3339
    updated_at: Rfc3339
    version: int
    edited: bool
    """Whether an editor has written it: no load or import of facts touches it from then on."""
    former_slugs: list[Slug] = []
    aliases: list[Slug] = []
    """Other addresses of a mission."""
    tasks_derived: bool = False
    """Whether the tasks of a mission are drawn from its launches and crew."""
    history: list[SlipState] = []
    """The slips of a launch, in their order."""
    state: ArticleState | None = None
    """Where an article stands; None for other records."""
    announced: bool = False
    """Whether the public has seen an article."""


class Tombstone(WriteModel):
    """That a record was there under this slug, and has been deleted."""

    gone: bool


def load_record_states(
    reader: Reader, kind: RecordType, ids: Collection[int]
) -> dict[int, RecordState]:
    """What is kept of the records with these ids beside their documents, by id."""
    model = RECORD_RESOURCES[kind].model
    names = ["id", "created_at", "updated_at", "version", "edited"]
    if kind is RecordType.ARTICLE:
        names += ["state", "announced"]
    columns = [getattr(model, name) for name in names]
    found: dict[int, dict[str, Any]] = {
        row.pop("id"): row for row in reader.all(select(*columns).where(model.id.in_(ids)))
    }
    own = FormerSlug.type == kind, FormerSlug.record_id.in_(ids)
    former = select(FormerSlug.record_id, FormerSlug.slug).where(*own).order_by(FormerSlug.slug)
    for row in reader.all(former):
        found[row["record_id"]].setdefault("former_slugs", []).append(row["slug"])
    if kind is RecordType.MISSION:
        _add_mission_states(reader, ids, found)
    if kind is RecordType.LAUNCH:
        slips = select(*LaunchSlip.__table__.columns).where(LaunchSlip.launch_id.in_(ids))
        for row in reader.all(slips.order_by(LaunchSlip.id)):
            slip = SlipState(**{name: row[name] for name in SlipState.model_fields})
            found[row["launch_id"]].setdefault("history", []).append(slip)
    return {id_: RecordState.model_validate(row) for id_, row in found.items()}


def _add_mission_states(
    reader: Reader, ids: Collection[int], found: Mapping[int, dict[str, Any]]
) -> None:
    aliases = select(*MissionAlias.__table__.columns).where(MissionAlias.mission_id.in_(ids))
    for row in reader.all(aliases.order_by(MissionAlias.slug)):
        found[row["mission_id"]].setdefault("aliases", []).append(row["slug"])
    derived = select(MissionTask.mission_id).where(
        MissionTask.mission_id.in_(ids), MissionTask.derived
    )
    for row in reader.all(derived.distinct()):
        found[row["mission_id"]]["tasks_derived"] = True


def restore_entry(session: Session, entry: ImportEntry) -> tuple[bool, str]:
    """Take in a record with what was kept of it: whether it is new, and its slug if it changed.

    Of two states of one record the later one stays. Raises `ApiError` where a rule is broken.
    """
    kind, slug = entry.type, str(entry.data.get("slug"))
    if "gone" in (entry.record_state or {}):
        return False, _record_deletion(session, kind, slug)
    kept = validate_write_model(RecordState, entry.record_state)
    record = _find_by_slugs(session, kind, [slug, *kept.former_slugs])
    if record is not None and record.updated_at > kept.updated_at:
        return False, ""
    reader = Reader.from_session(session)
    before = None if record is None else _load_state(session, reader, kind, record)
    new = RECORD_RESOURCES[kind].model() if record is None else record
    if isinstance(new, Article) and kept.state is not None:
        deleted = kept.state is ArticleState.DELETED  # which nobody can write
        new.state = ArticleState.DRAFT if deleted else kept.state
        new.announced = kept.announced
        # Its own, or that of a translation that may come after it.
        new.translation_key = entry.data.get("translation_key", new.translation_key)
    current = {} if before is None else before[0]
    if before is not None and before == (current | dict(entry.data), kept):
        return False, ""
    with session.no_autoflush:
        apply_entry_data(session, new, current | dict(entry.data))
        if isinstance(new, Article) and kept.state is not None:
            new.state = kept.state
        _restore_state(session, new, kept)
    if before is None:
        return True, new.slug
    return False, new.slug if _load_state(session, reader, kind, new) != before else ""


def _find_by_slugs(session: Session, kind: RecordType, slugs: list[str]) -> VersionedRecord | None:
    model = RECORD_RESOURCES[kind].model
    found: dict[str, VersionedRecord] = {
        record.slug: record
        for record in session.scalars(select(model).where(model.slug.in_(slugs)))
    }
    return next((found[slug] for slug in slugs if slug in found), None)


def _load_state(
    session: Session, reader: Reader, kind: RecordType, record: VersionedRecord
) -> tuple[dict[str, Any], RecordState]:
    """All that there is of a record: its document, and what is kept beside it."""
    editable = RECORD_RESOURCES[kind].writer
    shown = editable.snapshot(session, record)
    names = [*editable.write_model.model_fields, "crew"]
    return {name: shown[name] for name in names if name in shown}, load_record_states(
        reader, kind, [record.id]
    )[record.id]


def _restore_state(session: Session, record: VersionedRecord, kept: RecordState) -> None:
    """Let `record`, which is written, have been kept so."""
    session.flush()
    model = type(record)
    names = ("created_at", "updated_at", "version", "edited")
    values = {name: getattr(kept, name) for name in names}
    if {name: getattr(record, name) for name in names} != values:
        # By its table: of a statement on articles all their hours would be counted anew.
        table: Any = inspect(model).local_table
        session.execute(update(table).where(table.c.id == record.id).values(values))
        session.expire(record)
    if isinstance(record, Mission):
        _restore_mission(session, record.id, kept)
    if isinstance(record, Launch):
        _restore_history(session, record.id, kept.history)
    kind = model.record_type
    for slug in kept.former_slugs:
        if session.get(FormerSlug, (kind, slug)) is None:
            session.add(FormerSlug(type=kind, slug=slug, record_id=record.id))
    session.flush()


def _restore_mission(session: Session, id_: int, kept: RecordState) -> None:
    there = select(MissionAlias.slug).where(MissionAlias.slug.in_(kept.aliases))
    for slug in sorted(set(kept.aliases) - set(session.scalars(there))):
        session.add(MissionAlias(mission_id=id_, slug=slug))
    tasks = update(MissionTask).where(MissionTask.mission_id == id_)
    session.execute(
        tasks.where(MissionTask.derived != kept.tasks_derived).values(derived=kept.tasks_derived)
    )


def _restore_history(session: Session, id_: int, history: list[SlipState]) -> None:
    own = LaunchSlip.launch_id == id_
    rows = session.scalars(select(LaunchSlip).where(own).order_by(LaunchSlip.id))
    there = [
        SlipState(**{name: getattr(row, name) for name in SlipState.model_fields}) for row in rows
    ]
    if there != history:
        session.execute(delete(LaunchSlip).where(own))
        for slip in history:
            values = {name: getattr(slip, name) for name in SlipState.model_fields}
            session.execute(insert(LaunchSlip).values(launch_id=id_, **values))


def _record_deletion(session: Session, kind: RecordType, slug: str) -> str:
    """Remember that a record was deleted, where this archive has none of that slug."""
    model = RECORD_RESOURCES[kind].model
    there = session.scalar(select(exists().where(model.slug == slug)))
    if there or session.get(FormerSlug, (kind, slug)) is not None:
        return ""
    session.add(FormerSlug(type=kind, slug=slug, record_id=None))
    return slug
