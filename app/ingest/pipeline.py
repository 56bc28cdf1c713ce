"""One run of an importer: what was found becomes records, is known already, or is told why not.

A record belongs to whoever made it. An importer changes only what it has made itself, and of that
nothing that an editor has written since; what the archive knew before stays as it was. What an
importer has seen once it knows again, so that a second run of the same input changes nothing.

Entries are taken in batches, each in a transaction of its own: a run that was broken off goes on
where it was when it is started again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, write_audit_entry
from app.db.database import Database, Reader
from app.db.models import ImportOrigin
from app.domain.batching import batched
from app.domain.enums import AuditTarget
from app.http.metrics import ENTRIES_IMPORTED
from app.http.problems import ApiError
from app.ingest.apply import create_from_entry, update_from_entry
from app.ingest.deduplication import DeduplicationIndex
from app.ingest.entries import EntryOrReject, Format, ImportEntry, Input, InvalidInput, Reject
from app.ingest.record_state import restore_entry
from app.ingest.rejects import RejectsFile

IMPORT_BATCH_ENTRIES = 200
"""How many entries one transaction takes."""

_MAX_SEEN_DIGESTS = 20
"""How many forms of one entry are remembered."""


class ImportOutcome(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass
class ImportReport:
    """How many entries came to what."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def increment(self, outcome: ImportOutcome) -> None:
        """Count one more."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in vars(self).items())


_RejectCallback = Callable[[Input, Reject], None]
_ProgressCallback = Callable[[int], None]


class _DryRunRollback(Exception):
    """Ends the transaction of a run that was only tried."""


def run_import(
    database: Database,
    form: Format,
    inputs: Iterable[Input],
    *,
    actor: Actor,
    publish: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
    on_reject: _RejectCallback = lambda _input, _reject: None,
    progress: _ProgressCallback = lambda _number: None,
) -> ImportReport:
    """Take in all that is found in `inputs`.

    New articles are drafts unless `publish`. What is rejected is `on_reject`, and written into the
    folder `rejects` in the format it came in. With `dry_run` nothing is kept. `progress` is told
    how many entries have been looked at.

    Raises OSError where an input or the folder cannot be used.
    """
    job = _ImportJob(form, actor, publish, on_reject)
    ordered = sorted(inputs, key=form.rank)
    with ExitStack() as stack:
        if dry_run:
            stack.enter_context(suppress(_DryRunRollback))
            session = stack.enter_context(database.session())
            for given in ordered:
                read = form.create_parser(Reader.from_session(session))
                with RejectsFile(form, given, None) as kept:
                    for batch in batched(job.read_entries(read, given), IMPORT_BATCH_ENTRIES):
                        job.import_batch(session, given, kept, batch)
                        progress(job.processed_entries)
            raise _DryRunRollback
        written = set[Path]()
        for given in ordered:
            with database.snapshot() as reader:
                read = form.create_parser(reader)
            with RejectsFile(form, given, rejects, written) as kept:
                for batch in batched(job.read_entries(read, given), IMPORT_BATCH_ENTRIES):
                    with database.session() as session:
                        job.import_batch(session, given, kept, batch)
                    progress(job.processed_entries)
        for outcome, number in vars(job.report).items():
            ENTRIES_IMPORTED.labels(form.name, outcome).inc(number)
    return job.report


@dataclass
class _ImportJob:
    input_format: Format
    actor: Actor
    publish: bool
    on_reject: _RejectCallback
    report: ImportReport = field(default_factory=ImportReport)
    processed_entries: int = 0

    def read_entries(
        self, read: Callable[[Input], Iterator[EntryOrReject]], given: Input
    ) -> Iterator[EntryOrReject]:
        """What is found in `given`; that it cannot be read is one thing more, and the last."""
        try:
            yield from read(given)
        except InvalidInput as error:
            yield Reject(1, "document", str(error), "")

    def import_batch(
        self, session: Session, given: Input, kept: RejectsFile, batch: list[EntryOrReject]
    ) -> None:
        """Take in a batch, in the transaction of `session`."""
        entries = [each for each in batch if isinstance(each, ImportEntry)]
        known = DeduplicationIndex.load(session, entries)
        changed: dict[str, list[str]] = {}
        for each in batch:
            outcome = (
                each
                if isinstance(each, Reject)
                else self._import_entry(session, known, each, changed)
            )
            if isinstance(outcome, Reject):
                kept.write(outcome)
                self.on_reject(given, outcome)
                outcome = ImportOutcome.REJECTED
            self.report.increment(outcome)
            self.processed_entries += 1
        if changed:
            told: dict[str, Any] = {"from": given.name, "format": self.input_format.name} | changed
            write_audit_entry(
                session, self.actor, Action.IMPORT, AuditTarget.ARCHIVE, None, None, None, told
            )
        session.flush()
        session.expunge_all()

    def _import_entry(
        self,
        session: Session,
        known: DeduplicationIndex,
        entry: ImportEntry,
        changed: dict[str, list[str]],
    ) -> ImportOutcome | Reject:
        """What becomes of an entry; one that is refused leaves nothing behind."""
        try:
            with session.begin_nested():
                outcome, slug = self._apply_entry(session, known, entry)
        except ApiError as error:
            return _to_reject(entry, error)
        except StatementError as error:
            if not isinstance(error, DataError | IntegrityError) and not _is_invalid_bind_value(
                error
            ):
                raise
            return Reject(entry.line, entry.type, f"It cannot be kept: {error.orig}", entry.raw)
        if slug:
            changed.setdefault(outcome, []).append(f"{entry.type} {slug}")
        return outcome

    def _apply_entry(
        self, session: Session, known: DeduplicationIndex, entry: ImportEntry
    ) -> tuple[ImportOutcome, str]:
        if entry.record_state is not None:
            made, slug = restore_entry(session, entry)
            return (
                ImportOutcome.CREATED
                if made
                else ImportOutcome.UPDATED
                if slug
                else ImportOutcome.UNCHANGED
            ), slug
        digest = sha256(entry.raw.encode(errors="replace")).hexdigest()[:16]
        origin = known.origins.get((entry.scheme, entry.key, entry.type))
        if origin is None:
            if known.has_record(session, entry):
                return ImportOutcome.UNCHANGED, ""
            record = create_from_entry(session, entry, self.publish)
            origin = ImportOrigin(scheme=entry.scheme, key=entry.key, type=entry.type)
            origin.record_id, origin.seen = record.id, [digest]
            session.add(origin)
            session.flush()
            known.add(origin, entry)
            return ImportOutcome.CREATED, record.slug
        if digest in origin.seen:
            return ImportOutcome.UNCHANGED, ""
        changed = update_from_entry(session, entry, origin.record_id, self.publish)
        if changed is None:
            return ImportOutcome.UNCHANGED, ""
        origin.seen = [*origin.seen, digest][-_MAX_SEEN_DIGESTS:]
        return (ImportOutcome.UPDATED if changed else ImportOutcome.UNCHANGED), changed


def _is_invalid_bind_value(error: StatementError) -> bool:
    """Whether a value was none that a column can hold, such as a text with NUL in it."""
    return isinstance(error.orig, ValueError)


def _to_reject(entry: ImportEntry, error: ApiError) -> Reject:
    problem = next(iter(error.errors), None)
    place = problem.pointer if problem and problem.pointer else f"/{entry.type}"
    reason = problem.detail if problem else error.detail
    return Reject(entry.line, place.strip("/"), reason, entry.raw)
