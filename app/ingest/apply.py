"""How an entry becomes a record, or changes the one that it became before: as editors' writes do.

Every rule that holds for what editors send holds here, since it is the same code that applies it.
"""

from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.write_models import read_document
from app.db.models import Article, ArticleState, Mission, Recorded, record_type
from app.domain.dates import now
from app.ingest.entries import Entry
from app.resources.changes.queries import RECORDS
from app.resources.missions.crew_commands import change_crew
from app.resources.missions.schemas import MissionCrew

CREW = "crew"
"""What the document of a mission may hold beside what editors send for it: its crew."""


def create(session: Session, entry: Entry, publish: bool = False) -> Recorded:
    """A new record as `entry` says. Raises `ApiError` where it breaks a rule."""
    editable = RECORDS[entry.type]
    record: Recorded = editable.model()
    if isinstance(record, Article) and publish:
        record.state = ArticleState.PUBLISHED
    write(session, record, dict(entry.document))
    return record


def change(session: Session, entry: Entry, record_id: int, publish: bool = False) -> str | None:
    """Let the record take on what `entry` says; its slug if that changed anything, else nothing.

    What editors have written or deleted stays as they left it. None where it may not be changed:
    what the public sees changes only if it is to be published.
    """
    editable = RECORDS[entry.type]
    record: Recorded | None = session.get(editable.model, record_id, with_for_update=True)
    if record is None or record.edited:
        return ""
    if isinstance(record, Article) and record.state is ArticleState.PUBLISHED and not publish:
        return None
    before = editable.snapshot(session, record)
    names = [*editable.document.model_fields, CREW]
    current = {name: before[name] for name in names if name in before}
    with session.no_autoflush:  # one UPDATE, and so one new version
        write(session, record, current | dict(entry.document))
        session.flush()
    if editable.snapshot(session, record) == before:
        return ""
    if record.version == before["version"]:  # what belongs to it alone has changed
        record.updated_at = now()
        flag_modified(record, "updated_at")
        session.flush()
    return record.slug


def write(session: Session, record: Recorded, given: dict[str, Any]) -> None:
    """Let `record`, new or not, take on a document; that of a mission may hold its crew, too."""
    editable = RECORDS[record_type(type(record))]
    crew = given.pop(CREW, None) if isinstance(record, Mission) else None
    editable.save(session, record, read_document(editable.document, given))
    session.flush()
    if isinstance(record, Mission) and crew is not None:
        items = [{name: row[name] for name in row if name != "id"} for row in crew]
        change_crew(session, record, read_document(MissionCrew, {"items": items}).items)
        session.flush()
