"""Decisions on proposals: an entry is an existing record, or another one."""

from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, write_audit_entry
from app.api.slugs import not_found_detail
from app.api.validation_errors import raise_field_error
from app.api.writes.records import bump_version, lock_by_id
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import Proposal, stored_id
from app.domain.enums import AuditTarget, ProposalStatus
from app.domain.languages import tr
from app.http.problems import ApiError, Conflict
from app.resources.imported_records import add_origin, create_record
from app.resources.proposals.queries import (
    get_proposal,
    proposal_not_found,
    select_existing_records,
)
from app.resources.proposals.schemas import ProposalMerge, ProposalRead, ProposalState
from app.resources.registry import RECORD_RESOURCES

_lock_proposal = lock_by_id(proposal_not_found)


def merge(session: Session, write: WriteRequest, id_: int, document: ProposalMerge) -> WriteResult:
    """Decide that the entry is the record with a slug. See `merge_proposal`."""
    proposal = lock_open_proposal(session, id_)
    write.check_version(proposal)
    return _to_result(merge_proposal(session, write.client, proposal, document.slug))


def separate(session: Session, write: WriteRequest, id_: int) -> WriteResult:
    """Decide that the entry is another record. See `separate_proposal`."""
    proposal = lock_open_proposal(session, id_)
    write.check_version(proposal)
    return _to_result(separate_proposal(session, write.client, proposal))


def lock_open_proposal(session: Session, id_: int) -> Proposal:
    """Select an open proposal for update. Raises NotFound, or Conflict if it has been decided."""
    proposal: Proposal = _lock_proposal(session, Proposal, id_)
    if proposal.status is not ProposalStatus.OPEN:
        raise _decided_error(session, proposal)
    return proposal


def merge_proposal(
    session: Session, actor: Actor, proposal: Proposal, slug: str | None
) -> ProposalRead:
    """Decide that the entry is the record `slug`, by default the only candidate.

    Later imports of the entry recognise the record, and so leave it to its editors. Raises
    InvalidRequest if there is no such record, or several candidates.
    """
    record_id, slug = _find_record(session, proposal, slug)
    return _decide(session, actor, proposal, ProposalStatus.MERGED, record_id, slug)


def separate_proposal(session: Session, actor: Actor, proposal: Proposal) -> ProposalRead:
    """Decide that the entry is another record, and create it as an import does.

    Later imports of the entry update it. Raises Conflict if its document is no longer valid.
    """
    try:
        record = create_record(session, proposal.type, proposal.document, proposal.publish)
    except ApiError as error:
        first = next(iter(error.errors), None)
        reason = f"{first.pointer}: {first.detail}" if first else error.detail
        raise Conflict(
            tr(
                f"The entry cannot become a record. {reason}",
                f"Эту запись источника нельзя добавить в архив. {reason}",
            ),
            *error.errors,
        ) from error
    writer = RECORD_RESOURCES[proposal.type].writer
    stored = writer.snapshot(session, record)
    writer.write_audit_entry(session, actor, Action.CREATE, record, None, stored)
    return _decide(
        session, actor, proposal, ProposalStatus.SEPARATE, stored_id(record), record.slug
    )


def _find_record(session: Session, proposal: Proposal, slug: str | None) -> tuple[int, str]:
    """Id and slug of the record with a slug, or of the only candidate. Raises InvalidRequest."""
    model = RECORD_RESOURCES[proposal.type].model
    chosen = model.id.in_(proposal.candidate_ids) if slug is None else model.slug == slug
    found = session.execute(select_existing_records(model).where(chosen)).all()
    if slug is not None and not found:
        raise_field_error("/slug", "unknown-reference", not_found_detail(model, slug))
    if len(found) != 1:
        slugs = ", ".join(sorted(row.slug for row in found)) or tr("deleted", "удалены")
        detail = tr(
            f"Name the record that the entry is. Candidates: {slugs}.",
            f"Укажите, какая это запись архива. Возможные: {slugs}.",
        )
        raise_field_error("/slug", "missing", detail)
    return found[0].id, found[0].slug


def _decide(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    status: ProposalStatus,
    record_id: int,
    slug: str,
) -> ProposalRead:
    """Store a decision in the proposal, as an origin for later imports, and in the audit log."""
    before = _describe(proposal, None)
    add_origin(
        session,
        proposal.scheme,
        proposal.key,
        proposal.type,
        record_id,
        proposal.document,
        proposal.seen,
        owned=status is ProposalStatus.SEPARATE,
    )
    proposal.status, proposal.record_id = status, record_id
    bump_version(proposal)
    session.flush()
    action = Action.MERGE if status is ProposalStatus.MERGED else Action.SEPARATE
    after = _describe(proposal, slug)
    write_audit_entry(
        session, actor, action, AuditTarget.PROPOSAL, proposal.id, None, before, after
    )
    return get_proposal(Reader.from_session(session), stored_id(proposal))


def _describe(proposal: Proposal, slug: str | None) -> dict[str, object]:
    """The proposal for the audit log, with the slug of the record."""
    columns = {column.key: getattr(proposal, column.key) for column in Proposal.__table__.columns}
    return ProposalState.model_validate(columns).model_dump(mode="json") | {"record": slug}


def _to_result(proposal: ProposalRead) -> WriteResult:
    return WriteResult(HTTPStatus.OK, proposal, proposal.version)


def _decided_error(session: Session, proposal: Proposal) -> Conflict:
    """The error for a proposal that has been decided, with the decision."""
    model = RECORD_RESOURCES[proposal.type].model
    of_record = model.id == (proposal.record_id or 0)
    slug = session.scalar(select(model.slug).where(of_record))
    record = tr(repr(slug), f"запись {slug!r}")
    if slug is None:
        record = tr("a record that was deleted since", "запись, удалённая с тех пор")
    if proposal.status is ProposalStatus.MERGED:
        decision = tr(f"the entry is {record}", f"это {record}")
    else:
        decision = tr(f"the entry became {record}", f"из неё создана {record}")
    return Conflict(
        tr(
            f"The proposal has already been decided: {decision}.",
            f"Решение уже принято: {decision}.",
        )
    )
