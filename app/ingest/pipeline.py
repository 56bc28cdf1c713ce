"""Import pipeline: parse inputs, deduplicate entries, write records, report every outcome.

An import updates only records that it created itself, and never fields of records that an editor
has changed since. Records that existed before stay unchanged. Each form of an entry is remembered,
so that importing the same input again changes nothing.

Entries are written in batches, one transaction each. An interrupted import continues where it
stopped when it is started again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, write_audit_entry
from app.db.database import Database, Reader
from app.db.models import ImportOrigin, stored_id
from app.domain.batching import batched
from app.domain.enums import AuditTarget
from app.http.metrics import ENTRIES_IMPORTED
from app.http.problems import ApiError
from app.ingest.apply import create_from_entry, update_from_entry
from app.ingest.deduplication import DeduplicationIndex
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Format,
    ImportEntry,
    Input,
    InvalidInput,
    Reject,
)
from app.ingest.rejects import open_rejects_file
from app.ingest.restore import restore_entry

IMPORT_BATCH_ENTRIES = 200
"""Entries in one transaction."""

_MAX_SEEN_DIGESTS = 20
"""Maximum remembered forms of an entry."""


class ImportOutcome(StrEnum):
    """Outcome of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass
class ImportReport:
    """Numbers of entries by outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def increment(self, outcome: ImportOutcome) -> None:
        """Count one entry."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in vars(self).items())


_RejectCallback = Callable[[Input, Reject], None]
_ProgressCallback = Callable[[int], None]


class _DryRunRollback(Exception):
    """Rolls back the transaction of a dry run."""


def run_import(
    database: Database,
    format_: Format,
    inputs: Iterable[Input],
    *,
    actor: Actor,
    publish: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
    on_reject: _RejectCallback = lambda _input, _reject: None,
    progress: _ProgressCallback = lambda _number: None,
) -> ImportReport:
    """Import all entries of `inputs`.

    New articles are drafts unless `publish`. Rejects are passed to `on_reject`, and written to the
    folder `rejects` in their original format. A `dry_run` is rolled back, and writes no rejects.
    `progress` receives the number of processed entries after each batch.

    Raises OSError if an input or the folder cannot be used.
    """
    job = _ImportJob(format_, actor, publish, on_reject)
    used_paths = set[Path]()
    open_reader: Callable[[], AbstractContextManager[Reader]] = database.snapshot
    open_session: Callable[[], AbstractContextManager[Session]] = database.session
    with ExitStack() as stack:
        if dry_run:  # one transaction for everything, rolled back
            stack.enter_context(suppress(_DryRunRollback))
            session = stack.enter_context(database.session())
            own_reader = Reader.from_session(session)
            open_reader, open_session = (
                lambda: nullcontext(own_reader),
                lambda: nullcontext(session),
            )
            rejects = None
        for source in sorted(inputs, key=format_.rank):
            with open_reader() as reader:
                parse = format_.create_parser(reader)
            with open_rejects_file(format_, source, rejects, used_paths) as write_reject:
                for batch in batched(_parse_input(parse, source), IMPORT_BATCH_ENTRIES):
                    with open_session() as batch_session:
                        job.import_batch(batch_session, source, write_reject, batch)
                    progress(sum(vars(job.report).values()))
        if dry_run:
            raise _DryRunRollback
        for outcome, number in vars(job.report).items():
            ENTRIES_IMPORTED.labels(format_.name, outcome).inc(number)
    return job.report


def _parse_input(parse: EntryParser, source: Input) -> Iterator[EntryOrReject]:
    """Yield the entries of an input, and a reject if the input is invalid as a whole."""
    try:
        yield from parse(source)
    except InvalidInput as error:
        yield Reject(1, "document", str(error), "")


@dataclass
class _ImportJob:
    """State of one call of `run_import`."""

    format: Format
    actor: Actor
    publish: bool
    on_reject: _RejectCallback
    report: ImportReport = field(default_factory=ImportReport)

    def import_batch(
        self,
        session: Session,
        source: Input,
        write_reject: Callable[[Reject], None],
        batch: list[EntryOrReject],
    ) -> None:
        """Import a batch in the transaction of `session`."""
        entries = [each for each in batch if isinstance(each, ImportEntry)]
        index = DeduplicationIndex.load(session, entries)
        changed: dict[str, list[str]] = {}
        for each in batch:
            outcome = (
                each
                if isinstance(each, Reject)
                else self._import_entry(session, index, each, changed)
            )
            if isinstance(outcome, Reject):
                write_reject(outcome)
                self.on_reject(source, outcome)
                outcome = ImportOutcome.REJECTED
            self.report.increment(outcome)
        if changed:
            after: dict[str, Any] = {"from": source.name, "format": self.format.name} | changed
            write_audit_entry(
                session, self.actor, Action.IMPORT, AuditTarget.ARCHIVE, None, None, None, after
            )
        session.flush()
        session.expunge_all()

    def _import_entry(
        self,
        session: Session,
        index: DeduplicationIndex,
        entry: ImportEntry,
        changed: dict[str, list[str]],
    ) -> ImportOutcome | Reject:
        """Import an entry in a savepoint, and add its slug to `changed` by outcome."""
        try:
            with session.begin_nested():
                is_new, slug = self._apply_entry(session, index, entry)
        except ApiError as error:
            return _to_reject(entry, error)
        except StatementError as error:
            # ValueError: the driver refused a value, such as a text with NUL.
            if not isinstance(error, DataError | IntegrityError) and not isinstance(
                error.orig, ValueError
            ):
                raise
            reason = f"Cannot be stored: {str(error.orig).partition(chr(10))[0]}"
            return Reject(entry.line, entry.type, reason, entry.raw)
        if not slug:
            return ImportOutcome.UNCHANGED
        outcome = ImportOutcome.CREATED if is_new else ImportOutcome.UPDATED
        changed.setdefault(outcome, []).append(f"{entry.type} {slug}")
        return outcome

    def _apply_entry(
        self, session: Session, index: DeduplicationIndex, entry: ImportEntry
    ) -> tuple[bool, str]:
        """Write an entry. Returns True if its record is new, and its slug if it changed, or ""."""
        if entry.record_state is not None:
            return restore_entry(session, entry)
        digest = sha256(entry.raw.encode(errors="replace")).hexdigest()[:16]
        origin = index.origins.get((entry.scheme, entry.key, entry.type))
        if origin is None:
            if index.has_record(session, entry):
                return False, ""
            record = create_from_entry(session, entry, self.publish)
            origin = ImportOrigin(scheme=entry.scheme, key=entry.key, type=entry.type)
            origin.record_id, origin.seen = stored_id(record), [digest]
            session.add(origin)
            session.flush()
            index.add(origin, entry)
            return True, record.slug
        if digest in origin.seen:
            return False, ""
        slug = update_from_entry(session, entry, origin.record_id, self.publish)
        if slug is not None:
            origin.seen = [*origin.seen, digest][-_MAX_SEEN_DIGESTS:]
        return False, slug or ""


def _to_reject(entry: ImportEntry, error: ApiError) -> Reject:
    problem = next(iter(error.errors), None)
    place = problem.pointer if problem and problem.pointer else f"/{entry.type}"
    reason = problem.detail if problem else error.detail
    return Reject(entry.line, place.strip("/"), reason, entry.raw)
