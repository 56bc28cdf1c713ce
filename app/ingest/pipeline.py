"""Import pipeline: parse inputs, identify entries, write records, report every outcome.

An import updates only records that it created itself, and never records that an editor has changed
since. A record that existed before is recognised and stays as it is; only what time changes follows
its source: schedules, crews and landings (`recognition.py`). An entry that may be a record of the
archive becomes a proposal, for an editor.
Each form of an entry is remembered, so that importing the same input again changes nothing.

Entries are written in batches, one transaction each, bounded in time. An interrupted import
continues where it stopped when it is started again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, write_audit_entry
from app.db.database import Database, Reader
from app.db.long_writes import LongWriter
from app.db.models import ImportOrigin, VersionedRecord, stored_id
from app.domain.enums import AuditTarget, RecordType
from app.http.metrics import ENTRIES_IMPORTED
from app.http.problems import ApiError
from app.ingest.apply import update_from_entry
from app.ingest.entries import (
    EntryOrReject,
    EntryParser,
    Format,
    ImportEntry,
    Input,
    InvalidInput,
    Reject,
    goes_elsewhere,
)
from app.ingest.identity.decision import Verdict
from app.ingest.identity.index import IdentityIndex
from app.ingest.proposals import OpenProposals
from app.ingest.recognition import follow_source, save_landings
from app.ingest.rejects import open_rejects_file
from app.ingest.report import (
    EntryResult,
    ImportOutcome,
    ImportReport,
    label_of_entry,
    to_reject,
)
from app.ingest.restore import restore_entries, restore_entry, split_into_sets
from app.ingest.shortening import shorten_entry
from app.resources.articles.rendering import Renderings, render_bodies, set_renderings
from app.resources.imported_records import MAX_SEEN_DIGESTS, add_origin, create_record
from app.resources.media.commands import find_picture
from app.resources.registry import RECORD_RESOURCES

IMPORT_BATCH_ENTRIES = 200
"""Maximum number of entries in one transaction."""

_RejectCallback = Callable[[Input, Reject], None]
_ResultCallback = Callable[[Input, EntryResult], None]
_ProgressCallback = Callable[[int], None]
_OpenReader = Callable[[], AbstractContextManager[Reader]]


_Applied = tuple[ImportOutcome, str, str]
"""Outcome of an entry, the slug if a record changed or "", and the evidence of its identity."""


class _RefusedByDatabase(Exception):
    """The database cannot store an entry, for the reason that the text says."""


class _DryRunRollback(Exception):
    """Rolls back the transaction of a dry run."""


def run_import(
    database: Database,
    format_: Format,
    inputs: Iterable[Input],
    *,
    actor: Actor,
    publish: bool = False,
    all_launches: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
    on_reject: _RejectCallback = lambda _input, _reject: None,
    on_result: _ResultCallback = lambda _input, _result: None,
    progress: _ProgressCallback = lambda _number: None,
    on_wait: Callable[[], object] | None = None,
) -> ImportReport:
    """Import all entries of `inputs`.

    New articles are drafts unless `publish`. New launches that do not go to the station are left
    out unless `all_launches`. Rejects are passed to `on_reject`, and written to the folder
    `rejects` in their original format; all other entries are passed to `on_result`. A
    `dry_run` is rolled back, on SQLite in a copy of the database, and writes no rejects.
    `progress` receives the number of processed entries after each batch. `on_wait` is that of
    `LongWriter`.

    Raises OSError if an input or the folder cannot be used.
    """
    used_paths = set[Path]()
    open_reader: _OpenReader = database.snapshot
    writer = LongWriter(database, on_wait)
    open_session: Callable[[], AbstractContextManager[Session]] = writer.transaction
    with ExitStack() as stack:
        if dry_run:  # one transaction for everything, rolled back
            tried = stack.enter_context(database.open_for_rollback())
            stack.enter_context(suppress(_DryRunRollback))
            session = stack.enter_context(tried.session())
            own_reader = Reader.from_session(session)
            open_reader, open_session = (
                lambda: nullcontext(own_reader),
                lambda: nullcontext(session),
            )
            rejects = None
        is_time_up = writer.is_time_up if not dry_run else lambda: False
        job = _ImportJob(format_, actor, publish, all_launches, on_reject, on_result, is_time_up)
        for source in _with_prerequisites(format_, inputs, open_reader):
            with open_reader() as reader:
                parse = format_.create_parser(reader)
            job.begin_input()
            with open_rejects_file(format_, source, rejects, used_paths) as write_reject:
                entries, batch = _parse_input(parse, source), list[EntryOrReject]()
                renderings: Renderings = {}
                while batch := [*batch, *islice(entries, IMPORT_BATCH_ENTRIES - len(batch))]:
                    renderings = render_bodies(_article_bodies(batch), renderings)
                    _find_pictures(batch)
                    with open_session() as batch_session:
                        set_renderings(batch_session, renderings)
                        done = job.import_batch(batch_session, source, write_reject, batch)
                    batch = batch[done:]
                    progress(sum(vars(job.report).values()))
        if dry_run:
            raise _DryRunRollback
        for outcome, number in vars(job.report).items():
            ENTRIES_IMPORTED.labels(format_.name, outcome).inc(number)
    return job.report


def _with_prerequisites(
    format_: Format, inputs: Iterable[Input], open_reader: _OpenReader
) -> Iterator[Input]:
    """Yield the inputs in the order of their import, each after its prerequisites."""
    for source in sorted(inputs, key=format_.rank):
        with open_reader() as reader:
            prerequisites = format_.find_prerequisites(reader, source)
        if prerequisites is not None:
            yield prerequisites
        yield source


def _parse_input(parse: EntryParser, source: Input) -> Iterator[EntryOrReject]:
    """Yield the entries of an input, and a reject if the input is invalid as a whole."""
    try:
        for each in parse(source):
            yield shorten_entry(each) if isinstance(each, ImportEntry) else each
    except InvalidInput as error:
        yield Reject(1, "document", str(error), "")


def _find_pictures(batch: list[EntryOrReject]) -> None:
    """Find the files of media, for which the transaction must not wait. Raises Unavailable."""
    for each in batch:
        if isinstance(each, ImportEntry) and each.type is RecordType.MEDIA:
            find_picture(str(each.data.get("content")))


def _article_bodies(batch: list[EntryOrReject]) -> Iterator[object]:
    for each in batch:
        if isinstance(each, ImportEntry) and each.type is RecordType.ARTICLE:
            yield each.data.get("body")


@dataclass
class _ImportJob:
    """State of one call of `run_import`."""

    format: Format
    actor: Actor
    publish: bool
    all_launches: bool
    on_reject: _RejectCallback
    on_result: _ResultCallback
    is_time_up: Callable[[], bool]
    """True if the transaction should end after the present entry."""
    report: ImportReport = field(default_factory=ImportReport)
    index: IdentityIndex = field(default_factory=IdentityIndex)
    proposals: OpenProposals = field(default_factory=OpenProposals)
    parsed: int = 0
    """Entries of the present input, rejects included."""

    def begin_input(self) -> None:
        """Begin an input: another parser has read the archive, and entries count from 0."""
        self.index, self.parsed = IdentityIndex(), 0

    def import_batch(
        self,
        session: Session,
        source: Input,
        write_reject: Callable[[Reject], None],
        batch: list[EntryOrReject],
    ) -> int:
        """Import a batch in the transaction of `session`, until its time is up.

        Returns the number of imported entries, at least one.
        """
        entries = [
            each for each in batch if isinstance(each, ImportEntry) and each.record_state is None
        ]
        self.proposals = OpenProposals.load(session, entries)
        self.index.begin_batch(session, entries)
        changed: dict[str, list[str]] = {}
        first = self.parsed
        for each in split_into_sets(batch):
            for result in self._import_set(session, self.parsed, each, changed):
                self._report_result(source, write_reject, result)
            self.parsed += len(each)
            if self.is_time_up():
                break
        if changed:
            after: dict[str, Any] = {"from": source.name, "format": self.format.name} | changed
            write_audit_entry(
                session, self.actor, Action.IMPORT, AuditTarget.ARCHIVE, None, None, None, after
            )
        session.flush()
        session.expunge_all()
        return self.parsed - first

    def _report_result(
        self, source: Input, write_reject: Callable[[Reject], None], result: EntryResult | Reject
    ) -> None:
        if isinstance(result, Reject):
            if result.is_error:
                write_reject(result)
            self.on_reject(source, result)
            self.report.increment(
                ImportOutcome.REJECTED if result.is_error else ImportOutcome.SKIPPED
            )
        else:
            self.on_result(source, result)
            self.report.increment(result.outcome)

    def _import_set(
        self,
        session: Session,
        first: int,
        entries: Sequence[EntryOrReject],
        changed: dict[str, list[str]],
    ) -> list[EntryResult | Reject]:
        """Import the entries of a set, numbered from `first`, and add their slugs to `changed`.

        If one of several is refused, the set is rolled back and each is imported on its own.
        """
        records = [each for each in entries if isinstance(each, ImportEntry)]
        if len(records) > 1:
            with suppress(ApiError, _RefusedByDatabase):
                with _savepoint(session):
                    restored = restore_entries(session, records)
                return [
                    _note_applied(number, entry, _describe_restored(*each), changed)
                    for number, (entry, each) in enumerate(
                        zip(records, restored, strict=True), start=first
                    )
                ]
        return [
            replace(each, index=number)
            if isinstance(each, Reject)
            else self._import_entry(session, number, each, changed)
            for number, each in enumerate(entries, start=first)
        ]

    def _import_entry(
        self, session: Session, number: int, entry: ImportEntry, changed: dict[str, list[str]]
    ) -> EntryResult | Reject:
        """Import an entry in a savepoint, and add its slug to `changed` by outcome."""
        try:
            with _savepoint(session):
                applied = self._apply_entry(session, entry)
        except ApiError as error:
            return to_reject(entry, number, error)
        except _RefusedByDatabase as refusal:
            label = label_of_entry(entry)
            return Reject(entry.line, entry.type, str(refusal), entry.raw, label, number)
        return _note_applied(number, entry, applied, changed)

    def _apply_entry(self, session: Session, entry: ImportEntry) -> _Applied:
        """Write an entry."""
        if entry.record_state is not None:
            return _describe_restored(*restore_entry(session, entry))
        digest = sha256("\n".join((entry.raw, *entry.notes)).encode(errors="replace")).hexdigest()
        digest = digest[:16]
        if (origin := self.index.find_origin(entry)) is not None:
            slug, reason = self._update(session, entry, origin, digest)
            outcome = ImportOutcome.UPDATED if slug else ImportOutcome.UNCHANGED
            return outcome, slug, f"same: the id in the source is known; {reason}"
        if self.proposals.has_form(session, entry, digest):
            return ImportOutcome.PROPOSED, "", "doubtful: the entry waits for an editor"
        return self._apply_new_entry(session, entry, digest)

    def _apply_new_entry(self, session: Session, entry: ImportEntry, digest: str) -> _Applied:
        """Write an entry whose id is not known yet."""
        decision = self.index.identify(entry)
        is_unwanted = goes_elsewhere(entry.data) and not self.all_launches
        if decision.verdict is not Verdict.SAME and is_unwanted:
            return ImportOutcome.SKIPPED, "", "a launch that does not go to the station"
        if decision.verdict is Verdict.DOUBTFUL:
            title = label_of_entry(entry)
            self.proposals.save(session, entry, decision, digest, title, self.publish)
            return ImportOutcome.PROPOSED, "", str(decision)
        seen = [*self.proposals.discard(session, entry), digest]
        if decision.verdict is Verdict.SAME:
            origin = self._add_origin(session, entry, decision.candidates[0].id, seen, owned=False)
            slug = follow_source(session, entry, origin, is_first=True)
            save_landings(session, entry, origin.record_id)
            outcome = ImportOutcome.UPDATED if slug else ImportOutcome.UNCHANGED
            return outcome, slug, str(decision)
        record = create_record(session, entry.type, entry.data, self.publish)
        self._add_origin(session, entry, stored_id(record), seen, owned=True)
        self.index.add_record(entry, record)
        save_landings(session, entry, stored_id(record))
        return ImportOutcome.CREATED, record.slug, str(decision)

    def _update(
        self, session: Session, entry: ImportEntry, origin: ImportOrigin, digest: str
    ) -> tuple[str, str]:
        """Update the record of a known id. Returns its slug or "" if nothing changed, and why."""
        if digest in origin.seen:
            return "", "so is this form"
        slug: str | None
        if origin.owned:
            slug, reason = update_from_entry(session, entry, origin.record_id, self.publish), ""
            if slug is None:
                return "", "the article is published, and the source is not trusted"
        else:
            slug, reason = (
                follow_source(session, entry, origin),
                "the record is the archive's own",
            )
        save_landings(session, entry, origin.record_id)
        origin.seen = [*origin.seen, digest][-MAX_SEEN_DIGESTS:]
        if not slug:
            return "", reason or "nothing has changed, or an editor has changed the record"
        model = RECORD_RESOURCES[entry.type].model
        record: VersionedRecord | None = session.get(model, origin.record_id)
        if record is not None:
            self.index.add_record(entry, record)
        return slug, "its form is new"

    def _add_origin(
        self, session: Session, entry: ImportEntry, record_id: int, seen: list[str], *, owned: bool
    ) -> ImportOrigin:
        origin = add_origin(
            session,
            entry.scheme,
            entry.key,
            entry.type,
            record_id,
            entry.data,
            seen,
            owned=owned,
        )
        self.index.add_origin(entry, origin)
        return origin


@contextmanager
def _savepoint(session: Session) -> Iterator[None]:
    """Open a savepoint. Raises _RefusedByDatabase for a value that cannot be stored."""
    try:
        with session.begin_nested():
            yield
    except StatementError as error:
        # ValueError: the driver refused a value, such as a text with NUL.
        if not isinstance(error, DataError | IntegrityError) and not isinstance(
            error.orig, ValueError
        ):
            raise
        reason = str(error.orig).partition(chr(10))[0]
        raise _RefusedByDatabase(f"Cannot be stored: {reason}") from error


def _describe_restored(is_new: bool, slug: str) -> _Applied:
    written = ImportOutcome.CREATED if is_new else ImportOutcome.UPDATED
    return written if slug else ImportOutcome.UNCHANGED, slug, "state of an export"


def _note_applied(
    number: int, entry: ImportEntry, applied: _Applied, changed: dict[str, list[str]]
) -> EntryResult:
    outcome, slug, explanation = applied
    if slug:
        changed.setdefault(outcome, []).append(f"{entry.type} {slug}")
    return EntryResult(number, entry, outcome, explanation)
