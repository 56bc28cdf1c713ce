"""Merge of a duplicate record into another one of the same type."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from sqlalchemy import inspect, or_, select, update
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.slugs import not_found_detail
from app.api.validation_errors import raise_field_error
from app.api.writes.records import bump_version
from app.api.writes.references import load_ancestor_ids
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import (
    ARTICLE_LINKS,
    Base,
    FormerSlug,
    ImportOrigin,
    Proposal,
    VersionedRecord,
    stored_id,
)
from app.db.tracking.changes import find_slug_references
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.http.problems import Conflict
from app.resources.merges.schemas import MergeWrite
from app.resources.registry import RECORD_RESOURCES
from app.resources.resource import RecordResource


class _Reference(NamedTuple):
    """Row that refers to the duplicate by `column`: a record, or a part of one."""

    row: Base
    column: str

    @property
    def record_key(self) -> tuple[RecordType, int]:
        """Type and id of the record."""
        return cast(RecordType, self.row.record_type), getattr(self.row, self.row.record_key)


def merge_record(
    session: Session,
    write: WriteRequest,
    resource: RecordResource,
    slug: str,
    document: MergeWrite,
) -> WriteResult:
    """Delete the record `slug`; its references and its slugs become those of `document.into`.

    Raises InvalidRequest if that record does not exist or is a part of the deleted one, Conflict
    if a third record refers to both.
    """
    duplicate, remaining = _lock_both(session, write, resource, slug, document.into)
    before = resource.writer.snapshot(session, duplicate)
    references = _find_references(session, duplicate)
    referrers = _load_referrers(session, references)
    _move_references(session, references, referrers, stored_id(remaining))
    for (record_type, id_), (record, former) in referrers.items():
        writer = RECORD_RESOURCES[record_type].writer
        after = _load_documents(session, record_type, [id_])[id_]
        writer.write_audit_entry(session, write.client, Action.MERGE, record, former, after)
    _delete_duplicate(session, resource, duplicate, stored_id(remaining))
    after = resource.writer.snapshot(session, remaining)
    resource.writer.write_audit_entry(session, write.client, Action.MERGE, duplicate, before, after)
    body = resource.writer.get(Reader.from_session(session), remaining.slug)
    return WriteResult(HTTPStatus.OK, body, remaining.version)


def _lock_both(
    session: Session, write: WriteRequest, resource: RecordResource, slug: str, into: str
) -> tuple[VersionedRecord, VersionedRecord]:
    """Select the duplicate and the remaining record for update."""
    model = resource.model
    duplicate = resource.writer.lock(session, model, slug)
    write.check_version(duplicate)
    remaining = session.scalar(select(model).where(model.slug == into).with_for_update())
    if remaining is None:
        raise_field_error("/into", "unknown-reference", not_found_detail(model, into))
    if remaining is duplicate:
        detail = tr("A record cannot be merged into itself.", "Это та же самая запись.")
        raise_field_error("/into", "same-record", detail)
    _check_no_cycle(session, duplicate, remaining)
    return duplicate, remaining


def _check_no_cycle(
    session: Session, duplicate: VersionedRecord, remaining: VersionedRecord
) -> None:
    """Raise InvalidRequest if `remaining` is a part of `duplicate`, at any depth."""
    model = type(duplicate)
    for referring, column in find_slug_references(inspect(duplicate).mapper):
        if referring is model and duplicate.id in load_ancestor_ids(
            session, model, column, stored_id(remaining)
        ):
            detail = tr(
                f"{remaining.slug!r} is a part of {duplicate.slug!r}, and would become a part of "
                f"itself. Merge {remaining.slug!r} into {duplicate.slug!r} instead.",
                f"{remaining.slug!r} — часть {duplicate.slug!r} и стала бы частью самой себя. "
                f"Объедините наоборот: {remaining.slug!r} с {duplicate.slug!r}.",
            )
            raise_field_error("/into", "contradiction", detail)


def _find_references(session: Session, duplicate: VersionedRecord) -> list[_Reference]:
    return [
        _Reference(row, column)
        for model, column in find_slug_references(inspect(duplicate).mapper)
        for row in session.scalars(
            select(model).where(getattr(model, column) == duplicate.id).with_for_update()
        )
    ]


Referrers = Mapping[tuple[RecordType, int], tuple[VersionedRecord, dict[str, Any]]]
"""Records that refer to the duplicate, with their documents before the merge."""


def _load_referrers(session: Session, references: Sequence[_Reference]) -> Referrers:
    ids: dict[RecordType, set[int]] = defaultdict(set)
    for reference in references:
        record_type, id_ = reference.record_key
        ids[record_type].add(id_)
    referrers = {}
    for record_type in sorted(ids):
        model = RECORD_RESOURCES[record_type].model
        documents = _load_documents(session, record_type, sorted(ids[record_type]))
        chosen = select(model).where(model.id.in_(documents)).order_by(model.id)
        for record in session.scalars(chosen.with_for_update()):
            id_ = stored_id(record)
            referrers[record_type, id_] = record, documents[id_]
    return referrers


def _load_documents(
    session: Session, record_type: RecordType, ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """The complete records as JSON, by id."""
    session.flush()
    records = RECORD_RESOURCES[record_type].load_records(Reader.from_session(session), ids)
    return {id_: each.model_dump(mode="json", by_alias=True) for id_, each in records.items()}


def _move_references(
    session: Session, references: Sequence[_Reference], referrers: Referrers, remaining_id: int
) -> None:
    with session.no_autoflush:
        for record, _ in referrers.values():
            bump_version(record)
        for reference in references:
            row, column = reference
            if not _has_twin(session, reference, remaining_id):
                setattr(row, column, remaining_id)
            elif isinstance(row, ARTICLE_LINKS):
                session.delete(row)
            else:
                record, _ = referrers[reference.record_key]
                raise Conflict(
                    tr(
                        f"{record.label.en.capitalize()} {record.slug!r} refers to both records. "
                        "Remove one of these references first.",
                        f"На обе записи ссылается {record.slug!r}. Сначала уберите одну из ссылок.",
                    )
                )
    session.flush()


def _has_twin(session: Session, reference: _Reference, remaining_id: int) -> bool:
    """Test if the same record refers to the remaining one in another row of the same table."""
    row, column = reference
    if isinstance(row, VersionedRecord):
        return False
    model = type(row)
    _, record_id = reference.record_key
    twin = select(getattr(model, model.record_key)).where(
        getattr(model, model.record_key) == record_id, getattr(model, column) == remaining_id
    )
    return session.scalar(twin.limit(1)) is not None


def _delete_duplicate(
    session: Session, resource: RecordResource, duplicate: VersionedRecord, remaining_id: int
) -> None:
    """Delete the duplicate; redirect its slugs, and leave its imports to the remaining record."""
    record_id = stored_id(duplicate)
    of_type = FormerSlug.type == resource.record_type
    own = of_type, or_(FormerSlug.record_id == record_id, FormerSlug.slug == duplicate.slug)
    redirects = session.scalars(select(FormerSlug.slug).where(*own)).all()
    resource.writer.remove(session, duplicate)
    session.flush()
    slugs = FormerSlug.slug.in_([*redirects, duplicate.slug])
    session.execute(update(FormerSlug).where(of_type, slugs).values(record_id=remaining_id))
    for model in (ImportOrigin, Proposal):
        imported = model.type == resource.record_type, model.record_id == record_id
        session.execute(update(model).where(*imported).values(record_id=remaining_id))
