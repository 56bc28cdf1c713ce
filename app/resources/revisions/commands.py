"""Restoration of an earlier version of a record, as a new version."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from sqlalchemy import delete, event, inspect, select, update
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.read_models import instant_of
from app.api.write_models import validate_write_model
from app.api.writes.records import bump_version
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import AuditEntry, FormerSlug, VersionedRecord, stored_id
from app.domain.languages import tr
from app.http.problems import Conflict, Gone
from app.resources.articles.rendering import Renderings, set_renderings
from app.resources.resource import RecordResource
from app.resources.revisions.queries import (
    get_deleted_record,
    get_deleted_record_by_id,
    get_last_revision,
    get_revision,
)
from app.resources.revisions.schemas import RevisionRead


def restore_revision(
    session: Session,
    write: WriteRequest,
    resource: RecordResource,
    slug: str,
    revision: RevisionRead,
    renderings: Renderings,
) -> WriteResult:
    """Write the content of `revision` to the record `slug`.

    A deleted record is created again first, as it was last. Returns the new version. Raises
    InvalidRequest, Conflict or Gone if the rules refuse it now, Conflict if it is redacted.
    """
    _check_not_redacted(revision)
    set_renderings(session, renderings)
    try:
        record: VersionedRecord = resource.writer.lock(session, resource.model, slug)
    except Gone:
        deleted = get_deleted_record(Reader.from_session(session), resource, slug)
        record = create_again(session, write, resource, deleted)
        if revision.version == record.version - 1:
            return _respond(session, resource, record)
        write = replace(write, if_match_versions=None)  # compared by `create_again`

    def apply(_record: VersionedRecord, before: dict[str, Any]) -> None:
        current = resource.extract_document(before)
        # Fields that the version did not have stay.
        document = current | resource.extract_document(revision.record)
        for name in resource.keep_on_restore(before, document):
            document[name] = current[name]
        if document != current:
            bump_version(record)
            _save_document(session, resource, record, document)

    resource.writer.update(session, write, slug, Action.RESTORE, apply)
    return _respond(session, resource, record)


def _check_not_redacted(revision: RevisionRead) -> None:
    """Raise Conflict if the version has lost values, which the record would lose too."""
    if revision.redacted:
        fields = ", ".join(revision.redacted)
        raise Conflict(
            tr(
                f"Version {revision.version} has lost {fields} by a redaction. Read it, and write "
                "the record with other values.",
                f"Из версии {revision.version} убраны {fields}. Прочтите её и запишите запись с "
                "другими значениями.",
            )
        )


def _respond(session: Session, resource: RecordResource, record: VersionedRecord) -> WriteResult:
    session.flush()
    reader = Reader.from_session(session)
    body = get_revision(reader, resource, record.slug, record.version)
    return WriteResult(HTTPStatus.OK, body, record.version)


def restore_under_slug(
    session: Session, write: WriteRequest, resource: RecordResource, id_: int, slug: str
) -> WriteResult:
    """Create the deleted record `id_` again under another slug. Returns the new version.

    Raises NotFound if it is not in the trash, and as `create_again`.
    """
    deleted = get_deleted_record_by_id(Reader.from_session(session), resource, id_)
    record = create_again(session, write, resource, deleted, slug)
    return _respond(session, resource, record)


def create_again(
    session: Session,
    write: WriteRequest,
    resource: RecordResource,
    deleted: dict[str, Any],
    slug: str | None = None,
) -> VersionedRecord:
    """Create a deleted record as it was, with its id and its former slugs, as a new version.

    `slug` replaces the last slug, which then does not redirect to the record. Raises
    PreconditionFailed if `If-Match` does not contain the last version, InvalidRequest or Conflict
    if the rules refuse the record now.
    """
    writer = resource.writer
    _check_not_redacted(get_last_revision(Reader.from_session(session), resource, deleted))
    record = resource.model()
    record.version, record.edited = deleted["version"], True
    write.check_version(record)
    with _insert_with_id(session, record, deleted["id"]):
        document = resource.extract_document(deleted) | {"slug": slug or deleted["slug"]}
        _save_document(session, resource, record, document)
        session.flush()
    # By table: the ORM gives a new row the version 1.
    created_at = instant_of(deleted["created_at"])
    values = {"version": deleted["version"] + 1, "created_at": created_at}
    table: Any = inspect(record).mapper.local_table
    session.execute(update(table).where(table.c.id == record.id).values(values))
    session.expire(record)
    resource.restore_state(session, record, deleted)
    _restore_redirects(session, record, {record.slug, deleted["slug"]})
    writer.write_audit_entry(
        session, write.client, Action.RESTORE, record, None, writer.snapshot(session, record)
    )
    return record


@contextmanager
def _insert_with_id(session: Session, record: VersionedRecord, id_: int) -> Iterator[None]:
    """Give `record` the id `id_` when it is inserted; until then `save` sees that it is new."""

    def set_id(*_: object) -> None:
        if record in session.new:
            record.id = id_

    event.listen(session, "before_flush", set_id)
    try:
        yield
    finally:
        event.remove(session, "before_flush", set_id)


def _restore_redirects(session: Session, record: VersionedRecord, excluded: set[str]) -> None:
    """Make the slugs that `record` had before its deletion redirect to it again.

    `excluded`: its slug, and the last one if that is another.
    """
    states = AuditEntry.before, AuditEntry.after
    of_record = AuditEntry.type == record.record_type, AuditEntry.record_id == stored_id(record)
    slugs = {
        slug
        for state in states
        for slug in session.scalars(select(state["slug"].as_string()).where(*of_record).distinct())
    }
    tombstones = FormerSlug.type == record.record_type, FormerSlug.record_id.is_(None)
    session.execute(delete(FormerSlug).where(*tombstones, FormerSlug.slug == record.slug))
    former = FormerSlug.slug.in_(slugs - excluded - {None})
    session.execute(update(FormerSlug).where(*tombstones, former).values(record_id=record.id))


def _save_document(
    session: Session, resource: RecordResource, record: VersionedRecord, document: dict[str, Any]
) -> None:
    nested = resource.nested_collection
    items = document.pop(nested.name) if nested else None
    resource.writer.save(
        session, record, validate_write_model(resource.writer.write_model, document)
    )
    if nested:
        session.flush()
        nested.save(session, record, items)
