"""What the archive knows already of the entries of a batch, asked in a statement a kind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Article, Launch, Mission, Origin, RecordType
from app.domain.text import is_storable
from app.ingest.entries import Entry
from app.ingest.json_stream import part_of
from app.resources.changes.queries import RECORDS

Key = tuple[str, str, RecordType]
Mark = tuple[RecordType, Any]


@dataclass
class Known:
    """The origins of entries, and by what else the archive knows records like them."""

    origins: dict[Key, Origin] = field(default_factory=dict)
    marks: set[Mark] = field(default_factory=set)

    @classmethod
    def of(cls, session: Session, entries: Iterable[Entry]) -> "Known":
        """What is known of `entries`."""
        imported = [entry for entry in entries if entry.kept is None]
        named = (entry for entry in imported if is_storable(f"{entry.scheme}{entry.key}"))
        keys = {(entry.scheme, entry.key, entry.type) for entry in named}
        these = tuple_(Origin.scheme, Origin.key, Origin.type).in_(keys)
        known = cls()
        for origin in session.scalars(select(Origin).where(these)) if keys else ():
            known.origins[origin.scheme, origin.key, RecordType(origin.type)] = origin
        for kind, column in _MARKED.items():
            wanted = {mark for entry in imported if entry.type is kind for _, mark in _marks(entry)}
            found = session.scalars(select(column).where(column.in_(wanted))) if wanted else ()
            known.marks |= {(kind, mark) for mark in found}
        return known

    def is_there(self, session: Session, entry: Entry) -> bool:
        """Whether the archive has the record that `entry` tells of, from somewhere else."""
        if self.marks.intersection(_marks(entry)):
            return True
        if entry.same_as is None:
            return False
        model = RECORDS[entry.type].model
        return session.scalar(select(model.id).where(model.slug == entry.same_as)) is not None

    def learn(self, origin: Origin, entry: Entry) -> None:
        """Know what has just been made of `entry`, too."""
        self.origins[origin.scheme, origin.key, entry.type] = origin
        self.marks.update(_marks(entry))


_MARKED: dict[RecordType, InstrumentedAttribute[Any]] = {
    RecordType.LAUNCH: Launch.cospar_id,
    RecordType.MISSION: Mission.number,
    RecordType.ARTICLE: Article.source_url,
}
"""By type, the column that no two records of one thing can differ in."""


def _marks(entry: Entry) -> list[Mark]:
    document = entry.document
    match entry.type:
        case RecordType.LAUNCH:
            found = [document.get("cospar_id")]
        case RecordType.MISSION:
            found = [document.get("number")]
        case RecordType.ARTICLE:
            found = _spellings(part_of(document, "source").get("url"))
        case _:
            found = []
    return [(entry.type, mark) for mark in found if _can_be_asked_for(mark)]


def _can_be_asked_for(mark: Any) -> bool:
    return (
        is_storable(mark) if isinstance(mark, str) else isinstance(mark, int) and abs(mark) < 2**31
    )


def _spellings(url: object) -> list[Any]:
    """An address with and without TLS, with and without a slash at its end: one and the same."""
    if not isinstance(url, str):
        return []
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in {"http", "https"}:
        return []
    rest = rest.removesuffix("/")
    return [f"{each}://{rest}{slash}" for each in ("http", "https") for slash in ("", "/")]
