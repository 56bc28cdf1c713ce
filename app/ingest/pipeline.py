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

from app.api.audit_log import Action, Actor, Kind, note
from app.db.database import Database, Reader
from app.db.models import Origin
from app.domain.batching import batches
from app.http.metrics import IMPORTED
from app.http.problems import ApiError
from app.ingest.apply import change, create
from app.ingest.deduplication import Known
from app.ingest.entries import Entry, Format, Found, Input, Reject, Unreadable
from app.ingest.record_state import keep
from app.ingest.rejects import Rejects

BATCH = 200
"""How many entries one transaction takes."""

SEEN = 20
"""How many forms of one entry are remembered."""


class Outcome(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass
class Report:
    """How many entries came to what."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def count(self, outcome: Outcome) -> None:
        """Count one more."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in vars(self).items())


Told = Callable[[Input, Reject], None]
Progress = Callable[[int], None]


class _Tried(Exception):
    """Ends the transaction of a run that was only tried."""


def run(
    database: Database,
    form: Format,
    inputs: Iterable[Input],
    *,
    actor: Actor,
    publish: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
    told: Told = lambda _input, _reject: None,
    progress: Progress = lambda _number: None,
) -> Report:
    """Take in all that is found in `inputs`.

    New articles are drafts unless `publish`. What is rejected is `told`, and written into the
    folder `rejects` in the format it came in. With `dry_run` nothing is kept. `progress` is told
    how many entries have been looked at.

    Raises OSError where an input or the folder cannot be used.
    """
    job = _Job(form, actor, publish, told)
    ordered = sorted(inputs, key=form.rank)
    with ExitStack() as stack:
        if dry_run:
            stack.enter_context(suppress(_Tried))
            session = stack.enter_context(database.session())
            for given in ordered:
                read = form.prepare(Reader.of(session))
                with Rejects(form, given, None) as kept:
                    for batch in batches(job.found(read, given), BATCH):
                        job.take(session, given, kept, batch)
                        progress(job.looked_at)
            raise _Tried
        written = set[Path]()
        for given in ordered:
            with database.snapshot() as reader:
                read = form.prepare(reader)
            with Rejects(form, given, rejects, written) as kept:
                for batch in batches(job.found(read, given), BATCH):
                    with database.session() as session:
                        job.take(session, given, kept, batch)
                    progress(job.looked_at)
        for outcome, number in vars(job.report).items():
            IMPORTED.labels(form.name, outcome).inc(number)
    return job.report


@dataclass
class _Job:
    form: Format
    actor: Actor
    publish: bool
    told: Told
    report: Report = field(default_factory=Report)
    looked_at: int = 0

    def found(self, read: Callable[[Input], Iterator[Found]], given: Input) -> Iterator[Found]:
        """What is found in `given`; that it cannot be read is one thing more, and the last."""
        try:
            yield from read(given)
        except Unreadable as error:
            yield Reject(1, "document", str(error), "")

    def take(self, session: Session, given: Input, kept: Rejects, batch: list[Found]) -> None:
        """Take in a batch, in the transaction of `session`."""
        entries = [each for each in batch if isinstance(each, Entry)]
        known = Known.of(session, entries)
        changed: dict[str, list[str]] = {}
        for each in batch:
            outcome = each if isinstance(each, Reject) else self._try(session, known, each, changed)
            if isinstance(outcome, Reject):
                kept.add(outcome)
                self.told(given, outcome)
                outcome = Outcome.REJECTED
            self.report.count(outcome)
            self.looked_at += 1
        if changed:
            told: dict[str, Any] = {"from": given.name, "format": self.form.name} | changed
            note(session, self.actor, Action.IMPORT, Kind.ARCHIVE, None, None, None, told)
        session.flush()
        session.expunge_all()

    def _try(
        self, session: Session, known: Known, entry: Entry, changed: dict[str, list[str]]
    ) -> Outcome | Reject:
        """What becomes of an entry; one that is refused leaves nothing behind."""
        try:
            with session.begin_nested():
                outcome, slug = self._take(session, known, entry)
        except ApiError as error:
            return _refused(entry, error)
        except StatementError as error:
            if not isinstance(error, DataError | IntegrityError) and not _is_no_value(error):
                raise
            return Reject(entry.line, entry.type, f"It cannot be kept: {error.orig}", entry.raw)
        if slug:
            changed.setdefault(outcome, []).append(f"{entry.type} {slug}")
        return outcome

    def _take(self, session: Session, known: Known, entry: Entry) -> tuple[Outcome, str]:
        if entry.kept is not None:
            made, slug = keep(session, entry)
            return (
                Outcome.CREATED if made else Outcome.UPDATED if slug else Outcome.UNCHANGED
            ), slug
        digest = sha256(entry.raw.encode(errors="replace")).hexdigest()[:16]
        origin = known.origins.get((entry.scheme, entry.key, entry.type))
        if origin is None:
            if known.is_there(session, entry):
                return Outcome.UNCHANGED, ""
            record = create(session, entry, self.publish)
            origin = Origin(scheme=entry.scheme, key=entry.key, type=entry.type)
            origin.record_id, origin.seen = record.id, [digest]
            session.add(origin)
            session.flush()
            known.learn(origin, entry)
            return Outcome.CREATED, record.slug
        if digest in origin.seen:
            return Outcome.UNCHANGED, ""
        changed = change(session, entry, origin.record_id, self.publish)
        if changed is None:
            return Outcome.UNCHANGED, ""
        origin.seen = [*origin.seen, digest][-SEEN:]
        return (Outcome.UPDATED if changed else Outcome.UNCHANGED), changed


def _is_no_value(error: StatementError) -> bool:
    """Whether a value was none that a column can hold, such as a text with NUL in it."""
    return isinstance(error.orig, ValueError)


def _refused(entry: Entry, error: ApiError) -> Reject:
    problem = next(iter(error.errors), None)
    place = problem.pointer if problem and problem.pointer else f"/{entry.type}"
    reason = problem.detail if problem else error.detail
    return Reject(entry.line, place.strip("/"), reason, entry.raw)
