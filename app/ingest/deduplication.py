"""Deduplication of imported entries: by their origin, and by the natural keys of records."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.db.models import ImportOrigin
from app.domain.enums import RecordType
from app.domain.text import is_storable
from app.ingest.entries import ImportEntry
from app.resources.registry import RECORD_RESOURCES

OriginKey = tuple[str, str, RecordType]


@dataclass
class DeduplicationIndex:
    """Known origins and natural keys of the entries of a batch."""

    origins: dict[OriginKey, ImportOrigin] = field(default_factory=dict)
    natural_keys: set[tuple[RecordType, Any]] = field(default_factory=set)

    @classmethod
    def load(cls, session: Session, entries: Iterable[ImportEntry]) -> "DeduplicationIndex":
        """The index for `entries`, with one statement for each record type."""
        imported = [entry for entry in entries if entry.record_state is None]
        storable = (entry for entry in imported if is_storable(f"{entry.scheme}{entry.key}"))
        keys = {(entry.scheme, entry.key, entry.type) for entry in storable}
        is_known = tuple_(ImportOrigin.scheme, ImportOrigin.key, ImportOrigin.type).in_(keys)
        index = cls()
        for origin in session.scalars(select(ImportOrigin).where(is_known)) if keys else ():
            index.origins[origin.scheme, origin.key, RecordType(origin.type)] = origin
        values_by_type: dict[RecordType, set[Any]] = defaultdict(set)
        for entry in imported:
            values_by_type[entry.type].update(_read_natural_key(entry))
        for record_type, values in values_by_type.items():
            key = RECORD_RESOURCES[record_type].natural_key
            if key and values:
                existing = session.scalars(select(key.column).where(key.column.in_(values)))
                index.natural_keys |= {(record_type, value) for value in existing}
        return index

    def has_record(self, session: Session, entry: ImportEntry) -> bool:
        """True if the archive has the record of `entry` from another source."""
        if any((entry.type, value) in self.natural_keys for value in _read_natural_key(entry)):
            return True
        if entry.matched_slug is None:
            return False
        model = RECORD_RESOURCES[entry.type].model
        return session.scalar(select(model.id).where(model.slug == entry.matched_slug)) is not None

    def add(self, origin: ImportOrigin, entry: ImportEntry) -> None:
        """Add the record that was created from `entry`."""
        self.origins[origin.scheme, origin.key, entry.type] = origin
        self.natural_keys.update((entry.type, value) for value in _read_natural_key(entry))


def _read_natural_key(entry: ImportEntry) -> list[Any]:
    """The equivalent values of the natural key of `entry`, those that the column can hold."""
    key = RECORD_RESOURCES[entry.type].natural_key
    values = key.read_values(entry.data) if key else ()
    return [value for value in values if _is_storable_key(value)]


def _is_storable_key(value: Any) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    return isinstance(value, int) and abs(value) < 2**31
