"""Redaction of values of a record in the audit log, and in what is derived from it."""

import json
from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.api.audit_log import Action, write_audit_entry
from app.api.fields import Selection, parse_fields
from app.api.slugs import raise_missing_record
from app.api.validation_errors import raise_field_error
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import (
    AuditEntry,
    Proposal,
    RecordChange,
    VersionedRecord,
    WebhookDelivery,
    stored_id,
)
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.http.problems import Conflict, InvalidRequest
from app.resources.redactions.schemas import RedactionRead, RedactionWrite
from app.resources.registry import RECORD_RESOURCES
from app.resources.resource import RecordResource

_KEPT_FIELDS = {"id", "slug", "url", "version", "created_at", "updated_at"}
"""Fields by which entries and versions are found."""

_DERIVED_FIELDS = {"body": "body_html"}

_NAMES = {"name", "title"}
"""Fields that are the title of a proposal."""

_Leaf = tuple[str, str]
"""Path of a field, and its value as JSON."""


def redact_record(session: Session, write: WriteRequest, document: RedactionWrite) -> WriteResult:
    """Take all values of some fields, except the present ones, out of the entries of a record.

    Raises InvalidRequest for fields that cannot be redacted, NotFound, SlugRenamed or Gone for an
    unknown record, and Conflict if no entry has such a value.
    """
    resource = RECORD_RESOURCES[document.type]
    selection = _select_fields(resource, document.fields)
    record: Any = session.scalar(
        select(resource.model).where(resource.model.slug == document.slug).with_for_update()
    )
    present: Collection[_Leaf] = ()
    if record is not None:
        resource.redact_trash(session, record, selection)
        present = {*_find_leaves(_load_record(session, resource, record), selection)}
    ids = _find_ids(session, resource, document.slug, record)
    where = session, resource, ids, selection, present
    count = _redact_records(*where) + _redact_proposals(*where)
    if not count:
        raise Conflict(
            tr(
                "The audit trail has no other values of these fields than the record itself. "
                "Change the record first.",
                "В журнале нет других значений этих полей, кроме нынешних. Сначала измените "
                "саму запись.",
            )
        )
    _forget_deliveries(session, resource, ids)
    fields = {"fields": document.fields, "reason": document.reason, "entries": count}
    target = resource.writer.audit_target
    write_audit_entry(
        session, write.client, Action.REDACT, target, max(ids), document.slug, None, fields
    )
    done = RedactionRead(type=document.type, slug=document.slug, **fields)
    return WriteResult(HTTPStatus.OK, done)


def _select_fields(resource: RecordResource, paths: Collection[str]) -> Selection:
    """The selection of `paths`. Raises InvalidRequest for unknown and refused fields."""
    if refused := sorted(_KEPT_FIELDS & {path.partition(".")[0] for path in paths}):
        detail = tr(
            f"Entries are found by {', '.join(refused)}, which cannot be redacted.",
            f"По полям {', '.join(refused)} находят записи журнала, их убрать нельзя.",
        )
        raise_field_error("/fields", "not-redactable", detail)
    derived = [_DERIVED_FIELDS[path] for path in paths if path in _DERIVED_FIELDS]
    try:
        return parse_fields(resource.record_model, [*paths, *derived])
    except InvalidRequest as error:
        raise_field_error("/fields", "unknown-field", error.errors[0].detail)


def _load_record(
    session: Session, resource: RecordResource, record: VersionedRecord
) -> dict[str, Any]:
    id_ = stored_id(record)
    loaded = resource.load_records(Reader.from_session(session), [id_])[id_]
    dumped: dict[str, Any] = loaded.model_dump(mode="json", by_alias=True)
    return dumped


def _find_ids(
    session: Session, resource: RecordResource, slug: str, record: VersionedRecord | None
) -> set[int]:
    """The ids of the record, or of the deleted records with this slug. Raises as for any read."""
    if record is not None:
        return {stored_id(record)}
    ids = session.scalars(
        select(AuditEntry.record_id).where(
            AuditEntry.type == resource.writer.audit_target,
            AuditEntry.slug == slug,
            AuditEntry.action.in_([Action.DELETE, Action.MERGE]),
        )
    )
    found = {id_ for id_ in ids if id_ is not None}
    if not found:
        raise_missing_record(Reader.from_session(session), resource.model, slug)
    return found


def _redact_records(
    session: Session,
    resource: RecordResource,
    ids: Collection[int],
    selection: Selection,
    present: Collection[_Leaf],
) -> int:
    """Redact the records `ids` in all their entries. Returns how many entries have changed.

    The entry of a merge has the deleted record as the state before, the remaining one after.
    """
    of_records = or_(
        AuditEntry.record_id.in_(ids),
        (AuditEntry.action == Action.MERGE) & AuditEntry.after["id"].as_integer().in_(ids),
    )
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.type == resource.writer.audit_target, of_records)
    )
    return sum(_redact_entry(entry, ids, selection, present) for entry in entries)


def _redact_proposals(
    session: Session,
    resource: RecordResource,
    ids: Collection[int],
    selection: Selection,
    present: Collection[_Leaf],
) -> int:
    """Redact the imported entries that became or described the records `ids`, and their entries."""
    in_proposals: dict[str, Selection | None] = {"document": selection}
    if _NAMES & selection.keys():
        in_proposals["title"] = None
    kept = {(f"document.{path}", value) for path, value in present}
    kept |= {("title", value) for path, value in present if path in _NAMES}
    proposals = session.scalars(
        select(Proposal).where(Proposal.type == resource.record_type, Proposal.record_id.in_(ids))
    )
    count = 0
    for proposal in proposals:
        state = {"document": proposal.document, "title": proposal.title}
        emptied = _remove_leaves(state, {*_find_leaves(state, in_proposals)} - kept)
        proposal.document, proposal.title = emptied["document"], emptied["title"] or "[redacted]"
        id_ = stored_id(proposal)
        entries = session.scalars(
            select(AuditEntry).where(
                AuditEntry.type == AuditTarget.PROPOSAL, AuditEntry.record_id == id_
            )
        )
        count += sum(_redact_entry(entry, {id_}, in_proposals, kept) for entry in entries)
    return count


def _redact_entry(
    entry: AuditEntry, ids: Collection[int], selection: Selection, present: Collection[_Leaf]
) -> bool:
    """Redact the states of the records `ids` in one entry. Returns true if it has changed."""
    redacted: dict[str, list[str]] = {"before": [], "after": []} | (entry.redacted or {})
    is_changed = False
    for name, state in (("before", entry.before), ("after", entry.after)):
        if state is None or state.get("id") not in ids:
            continue
        if taken := {*_find_leaves(state, selection)}.difference(present):
            setattr(entry, name, _remove_leaves(state, taken))
            redacted[name] = sorted({*redacted[name], *(path for path, _ in taken)})
            is_changed = True
    if is_changed:
        entry.redacted = redacted
    return is_changed


def _find_leaves(value: Any, selection: Selection | None, path: str = "") -> Iterator[_Leaf]:
    """The selected values that are not empty, in objects and in the items of lists."""
    if isinstance(value, list) and selection is not None:
        for item in value:
            yield from _find_leaves(item, selection, path)
    elif selection is None:
        if value not in (None, []):
            yield path, json.dumps(value, sort_keys=True)
    elif isinstance(value, Mapping):
        for name in selection.keys() & value.keys():
            own_path = f"{path}.{name}" if path else name
            yield from _find_leaves(value[name], selection[name], own_path)


def _remove_leaves(value: Any, leaves: Collection[_Leaf], path: str = "") -> Any:
    """A copy of `value` with null in place of `leaves`."""
    if (path, json.dumps(value, sort_keys=True)) in leaves:
        return None
    if isinstance(value, list):
        return [_remove_leaves(item, leaves, path) for item in value]
    if isinstance(value, Mapping):
        return {
            name: _remove_leaves(each, leaves, f"{path}.{name}" if path else name)
            for name, each in value.items()
        }
    return value


def _forget_deliveries(session: Session, resource: RecordResource, ids: Collection[int]) -> None:
    """Delete the stored bodies of the messages to webhooks about the records `ids`."""
    changes = select(RecordChange.seq).where(
        RecordChange.type == resource.record_type, RecordChange.record_id.in_(ids)
    )
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.seq.in_(changes))
        .values(request_body=None, response_body=None)
    )
