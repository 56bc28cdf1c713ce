"""Restoration of an earlier version of a record, as a new version."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.write_models import validate_write_model
from app.api.writes.records import bump_version
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import VersionedRecord
from app.resources.articles.rendering import Renderings, set_renderings
from app.resources.resource import RecordResource
from app.resources.revisions.queries import get_revision


def restore_revision(
    session: Session,
    write: WriteRequest,
    resource: RecordResource,
    slug: str,
    revision: Mapping[str, Any],
    renderings: Renderings,
) -> WriteResult:
    """Write the content of `revision`, a complete record as JSON, to the record `slug`.

    Returns the new version. Raises InvalidRequest, Conflict or Gone if the rules refuse it now.
    """
    set_renderings(session, renderings)
    record: VersionedRecord = resource.writer.lock(session, resource.model, slug)

    def apply(_record: VersionedRecord, before: dict[str, Any]) -> None:
        current = resource.extract_document(before)
        document = current | resource.extract_document(revision)  # fields that it had not stay
        for name in resource.keep_on_restore(before, document):
            document[name] = current[name]
        if document != current:
            bump_version(record)
            _save_document(session, resource, record, document)

    resource.writer.update(session, write, slug, Action.RESTORE, apply)
    session.flush()
    reader = Reader.from_session(session)
    body = get_revision(reader, resource, record.slug, record.version)
    return WriteResult(HTTPStatus.OK, body, record.version)


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
