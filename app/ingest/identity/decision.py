"""Result of the comparison of an entry with the records of the archive."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self


class Verdict(StrEnum):
    """Relation of an entry to the records of the archive."""

    SAME = "same"
    """The entry describes one record of the archive."""
    OTHER = "other"
    """The archive does not have the record."""
    DOUBTFUL = "doubtful"
    """The archive may have the record; an editor decides."""


class RecordRef(NamedTuple):
    """Id and slug of a record."""

    id: int
    slug: str


@dataclass(frozen=True)
class Decision:
    """Verdict on an entry, with the evidence."""

    verdict: Verdict
    evidence: str
    """The evidence in words."""
    candidates: tuple[RecordRef, ...] = ()
    """The same record, or the records that may be the same; none for another record."""

    @classmethod
    def same(cls, record: RecordRef, evidence: str) -> Self:
        """The entry describes `record`."""
        return cls(Verdict.SAME, evidence, (record,))

    @classmethod
    def doubtful(cls, records: Iterable[RecordRef], evidence: str) -> Self:
        """The entry may describe one of `records`."""
        return cls(Verdict.DOUBTFUL, evidence, tuple(sorted(records, key=lambda each: each.slug)))

    @classmethod
    def other(cls, evidence: str) -> Self:
        """The archive does not have the record."""
        return cls(Verdict.OTHER, evidence)

    def __str__(self) -> str:
        slugs = " or ".join(each.slug for each in self.candidates)
        return f"{self.verdict}{f' as {slugs}' if slugs else ''}: {self.evidence}"
