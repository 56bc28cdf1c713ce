"""Report of an import: outcomes, their numbers, and the results of entries."""

from dataclasses import dataclass
from enum import StrEnum

from app.http.problems import ApiError
from app.ingest.entries import ImportEntry, Reject

_MAX_LABEL_CHARS = 200


class ImportOutcome(StrEnum):
    """Outcome of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    PROPOSED = "proposed"
    """The entry may be a record of the archive; an editor decides."""
    SKIPPED = "skipped"
    """A new launch that does not go to the station, or an entry of a kind without records."""


@dataclass
class ImportReport:
    """Numbers of entries by outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    proposed: int = 0
    skipped: int = 0

    def increment(self, outcome: ImportOutcome) -> None:
        """Count one entry."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def __add__(self, other: "ImportReport") -> "ImportReport":
        """Sum of two reports."""
        counts, others = vars(self), vars(other)
        return ImportReport(**{name: counts[name] + others[name] for name in counts})

    def __str__(self) -> str:
        rare = {"proposed", "skipped"}  # outcomes that are told only if there are any
        counts = vars(self).items()
        return ", ".join(
            f"{name} {number}" for name, number in counts if number or name not in rare
        )


@dataclass(frozen=True)
class EntryResult:
    """Outcome of an entry, and the evidence of its identity."""

    index: int
    """Number of the entry in its input, from 0."""
    entry: ImportEntry
    outcome: ImportOutcome
    explanation: str
    """Why the entry is, or is not, a record of the archive."""


def label_of_entry(entry: ImportEntry) -> str:
    """Title or name of the subject of an entry, else its id in the source."""
    names = [entry.data.get("title"), entry.data.get("name"), *entry.hints.names]
    spacecraft = entry.data.get("spacecraft")
    if isinstance(spacecraft, list):
        names += [each.get("name") for each in spacecraft[:1] if isinstance(each, dict)]
    found = next((name for name in names if isinstance(name, str) and name.strip()), entry.key)
    return found.strip()[:_MAX_LABEL_CHARS]


def to_reject(entry: ImportEntry, number: int, error: ApiError) -> Reject:
    """Build the reject of an entry that a rule refuses; `number` is that of the entry."""
    problem = next(iter(error.errors), None)
    place = problem.pointer if problem and problem.pointer else f"/{entry.type}"
    reason = problem.detail if problem else error.detail
    label = label_of_entry(entry)
    return Reject(entry.line, place.strip("/"), reason, entry.raw, label, number)
