"""Merge of a duplicate record into another one of the same type."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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

MAX_REFERENCE_COUNT = 1000
"""References that one merge moves, in one transaction."""


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

    Raises InvalidRequest if that record does not exist, is a part of the deleted one or contradicts
    it, Conflict if a third record refers to both or too many refer to the deleted one.
    """
    duplicate, remaining = _lock_both(session, write, resource, slug, document.into)
    resource.check_merge(session, duplicate, remaining)
    writer, client = resource.writer, write.client
    deleted, before = (writer.snapshot(session, each) for each in (duplicate, remaining))
    references = _find_references(session, duplicate)
    referrers = _load_referrers(session, references)
    if has_changed := resource.move_parts(session, duplicate, remaining):
        bump_version(remaining)
    _move_references(session, references, referrers, stored_id(remaining))
    for record_type, ids in _group_ids(referrers).items():
        write_entry = RECORD_RESOURCES[record_type].writer.write_audit_entry
        for id_, document_after in _load_documents(session, record_type, ids).items():
            record, document_before = referrers[record_type, id_]
            write_entry(session, client, Action.MERGE, record, document_before, document_after)
    _delete_duplicate(session, resource, duplicate, stored_id(remaining))
    after = writer.snapshot(session, remaining)
    writer.write_audit_entry(session, client, Action.MERGE, duplicate, deleted, after)
    if has_changed:
        writer.write_audit_entry(session, client, Action.MERGE, remaining, before, after)
    body = writer.get(Reader.from_session(session), remaining.slug)
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
    for model, column in find_slug_references(inspect(duplicate).mapper):
        if isinstance(duplicate, model) and duplicate.id in load_ancestor_ids(
            session, type(duplicate), column, stored_id(remaining)
        ):
            detail = tr(
                f"{remaining.slug!r} is a part of {duplicate.slug!r}, and would become a part of "
                f"itself. Merge {remaining.slug!r} into {duplicate.slug!r} instead.",
                f"{remaining.slug!r} — часть {duplicate.slug!r} и стала бы частью самой себя. "
                f"Объедините наоборот: {remaining.slug!r} с {duplicate.slug!r}.",
            )
            raise_field_error("/into", "contradiction", detail)


def _find_references(session: Session, duplicate: VersionedRecord) -> list[_Reference]:
    """Select the rows that refer to the duplicate for update. Raises Conflict for too many."""
    references: list[_Reference] = []
    for model, column in find_slug_references(inspect(duplicate).mapper):
        rows = select(model).where(getattr(model, column) == duplicate.id)
        limited = rows.limit(MAX_REFERENCE_COUNT + 1 - len(references)).with_for_update()
        references += [_Reference(row, column) for row in session.scalars(limited)]
        if len(references) > MAX_REFERENCE_COUNT:
            raise Conflict(
                tr(
                    f"More than {MAX_REFERENCE_COUNT} references to {duplicate.slug!r} would move. "
                    "Change some of them first, or merge the other way round.",
                    f"Пришлось бы изменить больше {MAX_REFERENCE_COUNT} ссылок на "
                    f"{duplicate.slug!r}. Сначала измените часть из них или объедините записи "
                    "наоборот.",
                )
            )
    return references


Referrers = Mapping[tuple[RecordType, int], tuple[VersionedRecord, dict[str, Any]]]
"""Records that refer to the duplicate, with their documents before the merge."""


def _load_referrers(session: Session, references: Sequence[_Reference]) -> Referrers:
    referrers = {}
    for record_type, ids in _group_ids(each.record_key for each in references).items():
        model = RECORD_RESOURCES[record_type].model
        documents = _load_documents(session, record_type, ids)
        chosen = select(model).where(model.id.in_(documents)).order_by(model.id)
        for record in session.scalars(chosen.with_for_update()):
            id_ = stored_id(record)
            referrers[record_type, id_] = record, documents[id_]
    return referrers


def _group_ids(keys: Iterable[tuple[RecordType, int]]) -> dict[RecordType, list[int]]:
    """The different ids of each type, both in ascending order."""
    ids: dict[RecordType, list[int]] = defaultdict(list)
    for record_type, id_ in sorted(set(keys)):
        ids[record_type].append(id_)
    return ids


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
        twins = _find_twins(session, references, remaining_id)
        for reference in references:
            row, column = reference
            if (type(row), column, reference.record_key[1]) not in twins:
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


def _find_twins(
    session: Session, references: Sequence[_Reference], remaining_id: int
) -> set[tuple[type[Base], str, int]]:
    """Find parts whose record refers to the remaining one in another row of the same table.

    Returns their model, the column of the reference and the id of the record.
    """
    record_ids: dict[tuple[type[Base], str], set[int]] = defaultdict(set)
    for reference in references:
        if not isinstance(reference.row, VersionedRecord):
            record_ids[type(reference.row), reference.column].add(reference.record_key[1])
    twins = set()
    for (model, column), ids in record_ids.items():
        record_id = getattr(model, model.record_key)
        both = select(record_id).where(record_id.in_(ids), getattr(model, column) == remaining_id)
        twins |= {(model, column, id_) for id_ in session.scalars(both)}
    return twins


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
