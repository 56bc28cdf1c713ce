"""Proposals: imported entries that may describe a record of the archive."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.db.models import Article, Proposal
from app.domain.dates import now
from app.domain.enums import ArticleState, ProposalStatus, RecordType
from app.domain.text import is_storable
from app.ingest.entries import ImportEntry
from app.ingest.identity.decision import Decision
from app.resources.imported_records import MAX_SEEN_DIGESTS
from app.resources.registry import RECORD_RESOURCES

_MAX_EVIDENCE_CHARS = 300


class OpenProposals:
    """Open proposals of the entries of a batch, locked until the end of its transaction."""

    def __init__(self) -> None:
        self._by_entry: dict[tuple[str, str, RecordType], Proposal] = {}

    @classmethod
    def load(cls, session: Session, entries: Iterable[ImportEntry]) -> "OpenProposals":
        """Load the open proposals of `entries`, with one statement."""
        found = cls()
        storable = (each for each in entries if is_storable(f"{each.scheme}{each.key}"))
        if keys := {(each.scheme, each.key, each.type) for each in storable}:
            of_entries = tuple_(Proposal.scheme, Proposal.key, Proposal.type).in_(keys)
            is_open = Proposal.status == ProposalStatus.OPEN
            proposals = select(Proposal).where(of_entries, is_open).with_for_update()
            for each in session.scalars(proposals):
                found._by_entry[each.scheme, each.key, each.type] = each
        return found

    def has_form(self, session: Session, entry: ImportEntry, digest: str) -> bool:
        """True if the entry waits in this form or a later one, and nothing has settled it since."""
        proposal = self._by_entry.get((entry.scheme, entry.key, entry.type))
        if proposal is None or digest not in proposal.seen:
            return False
        model: type[Any] = RECORD_RESOURCES[entry.type].model
        records = select(model.id).where(model.id.in_(proposal.candidate_ids))
        if model is Article:
            records = records.where(Article.state == ArticleState.PUBLISHED)
        return len(session.scalars(records).all()) == len(proposal.candidate_ids)

    def save(
        self,
        session: Session,
        entry: ImportEntry,
        decision: Decision,
        digest: str,
        title: str,
        publish: bool,
    ) -> None:
        """Create or update the proposal of a doubtful entry. The data must be storable."""
        proposal = self._by_entry.get((entry.scheme, entry.key, entry.type))
        is_new = proposal is None
        if proposal is None:
            proposal = Proposal(scheme=entry.scheme, key=entry.key, type=entry.type, seen=[])
            proposal.status = ProposalStatus.OPEN
            session.add(proposal)
        values = {
            "title": title,
            "document": dict(entry.data),
            "publish": publish,
            "evidence": decision.evidence[:_MAX_EVIDENCE_CHARS],
            "candidate_ids": [each.id for each in decision.candidates],
        }
        if any(getattr(proposal, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(proposal, name, value)
            if not is_new:
                proposal.updated_at = now()
                proposal.version += 1
        if digest not in proposal.seen:
            proposal.seen = [*proposal.seen, digest][-MAX_SEEN_DIGESTS:]
        session.flush()
        self._by_entry[entry.scheme, entry.key, entry.type] = proposal

    def discard(self, session: Session, entry: ImportEntry) -> list[str]:
        """Delete the proposal of an entry whose identity is certain now.

        Returns the digests of its forms, for the origin of the entry.
        """
        proposal = self._by_entry.pop((entry.scheme, entry.key, entry.type), None)
        if proposal is None:
            return []
        session.delete(proposal)
        session.flush()
        return proposal.seen
