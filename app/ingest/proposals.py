"""Proposals: imported entries that may describe a record of the archive."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Proposal
from app.domain.dates import now
from app.domain.enums import ProposalStatus
from app.domain.text import is_storable
from app.ingest.entries import ImportEntry
from app.ingest.identity.decision import Decision

_MAX_EVIDENCE_CHARS = 300


def save_proposal(
    session: Session, entry: ImportEntry, decision: Decision, digest: str, title: str, publish: bool
) -> None:
    """Create or update the proposal of a doubtful entry. The data must be storable."""
    proposal = _find_proposal(session, entry)
    if proposal is None:
        proposal = Proposal(
            scheme=entry.scheme, key=entry.key, type=entry.type, status=ProposalStatus.OPEN
        )
        session.add(proposal)
    values = {
        "title": title,
        "document": dict(entry.data),
        "publish": publish,
        "digest": digest,
        "evidence": decision.evidence[:_MAX_EVIDENCE_CHARS],
        "candidate_ids": [each.id for each in decision.candidates],
    }
    if any(getattr(proposal, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(proposal, name, value)
        if proposal.id is not None:
            proposal.updated_at = now()
            proposal.version += 1
    session.flush()


def discard_proposal(session: Session, entry: ImportEntry) -> None:
    """Delete the open proposal of an entry whose identity is certain now."""
    if (proposal := _find_proposal(session, entry)) is not None:
        session.delete(proposal)
        session.flush()


def _find_proposal(session: Session, entry: ImportEntry) -> Proposal | None:
    """The open proposal of an entry."""
    if not is_storable(f"{entry.scheme}{entry.key}"):
        return None
    of_entry = (
        Proposal.scheme == entry.scheme,
        Proposal.key == entry.key,
        Proposal.type == entry.type,
        Proposal.status == ProposalStatus.OPEN,
    )
    return session.scalar(select(Proposal).where(*of_entry))
