"""Writes of sources."""

from datetime import timedelta
from http import HTTPStatus

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.api.validation_errors import raise_field_error
from app.api.writes.records import RecordWriter, lock_by_id
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import FeedSource, ImportOrigin, Proposal
from app.domain.dates import now
from app.domain.enums import AuditTarget, SourceFormat
from app.domain.import_schemes import feed_scheme
from app.domain.languages import tr
from app.http.problems import Conflict
from app.resources.sources.queries import get_source, source_not_found
from app.resources.sources.schemas import SourceWrite


def save(session: Session, source: FeedSource, document: SourceWrite) -> None:
    """Apply `document` to `source`. Raises InvalidRequest."""
    if document.format is SourceFormat.LAUNCH_LIBRARY and not document.trusted:
        detail = tr(
            "Launches, missions and people have no drafts, so this source must be trusted.",
            "У запусков, экспедиций и людей нет черновиков, поэтому источник должен быть "
            "доверенным.",
        )
        raise_field_error("/trusted", "contradiction", detail)
    if document.covers and not document.trusted:
        detail = tr(
            "Drafts are not part of the archive, so a source that covers facts must be trusted.",
            "Черновики не входят в архив, поэтому источник, охватывающий факты, должен быть "
            "доверенным.",
        )
        raise_field_error("/covers", "contradiction", detail)
    same = FeedSource.address == document.feed_url, FeedSource.id.is_distinct_from(source.id)
    if session.scalar(select(FeedSource.id).where(*same)) is not None:
        detail = tr("Another source has this URL.", "Этот адрес есть у другого источника.")
        raise_field_error("/feed_url", "taken", detail)
    previous = source.address, source.format, source.language
    if previous != (document.feed_url, document.format, document.language):
        # Neither the last poll nor one in progress is about the new feed.
        source.etag = source.last_modified = source.last_report = source.leased_until = None
        source.next_page = source.look_started_at = source.looked_at = None
        _schedule_now(source)
    if document.enabled and not source.enabled:
        source.disabled_reason = None
        _schedule_now(source)
    if document.every_minutes != source.every_minutes and not source.failures:
        soon = now() + timedelta(minutes=document.every_minutes)
        source.next_at = min(source.next_at, soon)
    if source.id is not None and source.address != document.feed_url:
        _move_origins(session, feed_scheme(source.address), feed_scheme(document.feed_url))
    source.address = document.feed_url
    for name in SourceWrite.model_fields.keys() - {"feed_url"}:
        setattr(source, name, getattr(document, name))
    source.updated_at = now()
    session.add(source)
    session.flush()


def _move_origins(session: Session, former: str, scheme: str) -> None:
    """Give the entries of a corrected address their new scheme, so that they are known there."""
    for model in (ImportOrigin, Proposal):
        known = select(model.key).where(model.scheme == scheme)
        moved = model.scheme == former, model.key.not_in(known)
        session.execute(update(model).where(*moved).values(scheme=scheme))


def _schedule_now(source: FeedSource) -> None:
    """Make the source due now, whatever the result of the last poll."""
    source.next_at, source.failures, source.last_error = now(), 0, None


WRITER = RecordWriter(
    AuditTarget.SOURCE,
    "sources",
    FeedSource,
    SourceWrite,
    save,
    get_source,
    lock=lock_by_id(source_not_found),
)


def request_poll(session: Session, _write: WriteRequest, id_: int) -> WriteResult:
    """Make the source `id_` due now. Raises Conflict if it is not enabled."""
    source = WRITER.lock(session, FeedSource, id_)
    if not source.enabled:
        raise Conflict(
            tr(
                "The source is not enabled. Enable it first.",
                "Источник выключен. Сначала включите его.",
            )
        )
    source.next_at = now()
    session.flush()
    return WriteResult(HTTPStatus.ACCEPTED, get_source(Reader.from_session(session), id_))
