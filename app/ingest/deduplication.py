"""What the archive knows already of the entries of a batch, asked in a statement a kind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Article, ImportOrigin, Launch, Mission
from app.domain.enums import RecordType
from app.domain.text import is_storable
from app.ingest.entries import ImportEntry
from app.ingest.json_values import object_at
from app.resources.changes.queries import RECORD_WRITERS

OriginKey = tuple[str, str, RecordType]
NaturalKey = tuple[RecordType, Any]


@dataclass
class DeduplicationIndex:
    """The origins of entries, and by what else the archive knows records like them."""

    origins: dict[OriginKey, ImportOrigin] = field(default_factory=dict)
    natural_keys: set[NaturalKey] = field(default_factory=set)

    @classmethod
    def load(cls, session: Session, entries: Iterable[ImportEntry]) -> "DeduplicationIndex":
        """What is known of `entries`."""
        imported = [entry for entry in entries if entry.record_state is None]
        named = (entry for entry in imported if is_storable(f"{entry.scheme}{entry.key}"))
        keys = {(entry.scheme, entry.key, entry.type) for entry in named}
        these = tuple_(ImportOrigin.scheme, ImportOrigin.key, ImportOrigin.type).in_(keys)
        known = cls()
        for origin in session.scalars(select(ImportOrigin).where(these)) if keys else ():
            known.origins[origin.scheme, origin.key, RecordType(origin.type)] = origin
        for kind, column in _NATURAL_KEY_COLUMNS.items():
            wanted = {
                mark
                for entry in imported
                if entry.type is kind
                for _, mark in _natural_keys_of(entry)
            }
            found = session.scalars(select(column).where(column.in_(wanted))) if wanted else ()
            known.natural_keys |= {(kind, mark) for mark in found}
        return known

    def has_record(self, session: Session, entry: ImportEntry) -> bool:
        """Whether the archive has the record that `entry` tells of, from somewhere else."""
        if self.natural_keys.intersection(_natural_keys_of(entry)):
            return True
        if entry.matched_slug is None:
            return False
        model = RECORD_WRITERS[entry.type].model
        return session.scalar(select(model.id).where(model.slug == entry.matched_slug)) is not None

    def add(self, origin: ImportOrigin, entry: ImportEntry) -> None:
        """Know what has just been made of `entry`, too."""
        self.origins[origin.scheme, origin.key, entry.type] = origin
        self.natural_keys.update(_natural_keys_of(entry))


_NATURAL_KEY_COLUMNS: dict[RecordType, InstrumentedAttribute[Any]] = {
    RecordType.LAUNCH: Launch.cospar_id,
    RecordType.MISSION: Mission.number,
    RecordType.ARTICLE: Article.source_url,
}
"""By type, the column that no two records of one thing can differ in."""


def _natural_keys_of(entry: ImportEntry) -> list[NaturalKey]:
    document = entry.data
    match entry.type:
        case RecordType.LAUNCH:
            found = [document.get("cospar_id")]
        case RecordType.MISSION:
            found = [document.get("number")]
        case RecordType.ARTICLE:
            found = _equivalent_urls(object_at(document, "source").get("url"))
        case _:
            found = []
    return [(entry.type, mark) for mark in found if _is_queryable(mark)]


def _is_queryable(mark: Any) -> bool:
    return (
        is_storable(mark) if isinstance(mark, str) else isinstance(mark, int) and abs(mark) < 2**31
    )


def _equivalent_urls(url: object) -> list[Any]:
    """An address with and without TLS, with and without a slash at its end: one and the same."""
    if not isinstance(url, str):
        return []
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in {"http", "https"}:
        return []
    rest = rest.removesuffix("/")
    return [f"{each}://{rest}{slash}" for each in ("http", "https") for slash in ("", "/")]
