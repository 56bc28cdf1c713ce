"""How an entry becomes a record, or changes the one that it became before: as editors' writes do.

Every rule that holds for what editors send holds here, since it is the same code that applies it.
"""

from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.write_models import validate_write_model
from app.db.models import Article, Mission, VersionedRecord
from app.domain.dates import now
from app.domain.enums import ArticleState
from app.ingest.entries import ImportEntry
from app.resources.missions.crew_commands import set_crew_if_changed
from app.resources.missions.schemas import MissionCrew
from app.resources.registry import RECORD_RESOURCES

_CREW_FIELD = "crew"
"""What the document of a mission may hold beside what editors send for it: its crew."""


def create_from_entry(
    session: Session, entry: ImportEntry, publish: bool = False
) -> VersionedRecord:
    """A new record as `entry` says. Raises `ApiError` where it breaks a rule."""
    editable = RECORD_RESOURCES[entry.type].writer
    record: VersionedRecord = editable.model()
    if isinstance(record, Article) and publish:
        record.state = ArticleState.PUBLISHED
    apply_entry_data(session, record, dict(entry.data))
    return record


def update_from_entry(
    session: Session, entry: ImportEntry, record_id: int, publish: bool = False
) -> str | None:
    """Let the record take on what `entry` says; its slug if that changed anything, else nothing.

    What editors have written or deleted stays as they left it. None where it may not be changed:
    what the public sees changes only if it is to be published.
    """
    editable = RECORD_RESOURCES[entry.type].writer
    record: VersionedRecord | None = session.get(editable.model, record_id, with_for_update=True)
    if record is None or record.edited:
        return ""
    if isinstance(record, Article) and record.state is ArticleState.PUBLISHED and not publish:
        return None
    before = editable.snapshot(session, record)
    names = [*editable.write_model.model_fields, _CREW_FIELD]
    current = {name: before[name] for name in names if name in before}
    with session.no_autoflush:  # one UPDATE, and so one new version
        apply_entry_data(session, record, current | dict(entry.data))
        session.flush()
    if editable.snapshot(session, record) == before:
        return ""
    if record.version == before["version"]:  # what belongs to it alone has changed
        record.updated_at = now()
        flag_modified(record, "updated_at")
        session.flush()
    return record.slug


def apply_entry_data(session: Session, record: VersionedRecord, given: dict[str, Any]) -> None:
    """Let `record`, new or not, take on a document; that of a mission may hold its crew, too."""
    editable = RECORD_RESOURCES[record.record_type].writer
    crew = given.pop(_CREW_FIELD, None) if isinstance(record, Mission) else None
    editable.save(session, record, validate_write_model(editable.write_model, given))
    session.flush()
    if isinstance(record, Mission) and crew is not None:
        items = [{name: row[name] for name in row if name != "id"} for row in crew]
        set_crew_if_changed(
            session, record, validate_write_model(MissionCrew, {"items": items}).items
        )
        session.flush()
