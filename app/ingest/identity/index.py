"""Index of the archive for the identity of imported entries, of all record types."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.models import ImportOrigin, Mission, VersionedRecord, stored_id
from app.domain.enums import RecordType
from app.domain.text import is_storable
from app.ingest.entries import ImportEntry
from app.ingest.identity.articles import ArticleIndex
from app.ingest.identity.decision import Decision, RecordRef
from app.ingest.identity.launches import LaunchFacts, LaunchIndex
from app.ingest.identity.people import PersonFacts, PersonIndex
from app.resources.registry import RECORD_RESOURCES

OriginKey = tuple[str, str, RecordType]


class IdentityIndex:
    """Index of the archive for the entries of one input.

    Launches and people are loaded once, with the first entry of their type; articles, origins and
    slugs with each batch.
    """

    def __init__(self) -> None:
        self._launches: LaunchIndex | None = None
        self._people: PersonIndex | None = None
        self._articles = ArticleIndex()
        self._origins: dict[OriginKey, ImportOrigin] = {}
        self._ids_by_source: dict[tuple[str, RecordType], set[int]] = {}
        self._slugs: dict[tuple[RecordType, str], RecordRef] = {}
        self._missions: dict[Any, RecordRef] = {}

    def begin_batch(self, session: Session, entries: Iterable[ImportEntry]) -> None:
        """Load what is compared with `entries`, with a number of statements that does not grow."""
        by_type: dict[RecordType, list[ImportEntry]] = defaultdict(list)
        for entry in entries:
            if entry.record_state is None:
                by_type[entry.type].append(entry)
        reader = Reader.from_session(session)
        self._load_origins(session, [entry for each in by_type.values() for entry in each])
        for type_, typed in by_type.items():
            self._load_ids_of_sources(reader, type_, {entry.scheme for entry in typed})
            self._load_slugs(reader, type_, {each.hints.slug for each in typed} - {None})
        if by_type[RecordType.LAUNCH] and self._launches is None:
            self._launches = LaunchIndex.load(reader)
        if by_type[RecordType.PERSON] and self._people is None:
            self._people = PersonIndex.load(reader)
        documents = [entry.data for entry in by_type[RecordType.ARTICLE]]
        self._articles = ArticleIndex.load(reader, documents)
        if by_type[RecordType.MISSION]:
            missions = reader.all(select(Mission.id, Mission.slug, Mission.number))
            self._missions = {row["number"]: RecordRef(row["id"], row["slug"]) for row in missions}

    def find_origin(self, entry: ImportEntry) -> ImportOrigin | None:
        """The remembered record of the id that the source gives `entry`; None if it is new."""
        return self._origins.get((entry.scheme, entry.key, entry.type))

    def identify(self, entry: ImportEntry) -> Decision:
        """Compare an entry that has no origin with the records of the archive."""
        if entry.hints.slug is not None and (
            record := self._slugs.get((entry.type, entry.hints.slug))
        ):
            return Decision.same(record, f"slug {record.slug}")
        others = self._ids_by_source[entry.scheme, entry.type]
        match entry.type:
            case RecordType.LAUNCH if self._launches and (facts := _launch_facts(entry)):
                return self._launches.identify(facts, others)
            case RecordType.PERSON if self._people:
                return self._people.identify(
                    PersonFacts.from_document(entry.data, entry.hints), others
                )
            case RecordType.ARTICLE:
                return self._articles.identify(entry.data, entry.scheme, entry.key)
            case RecordType.MISSION if record := self._missions.get(entry.data.get("number")):
                return Decision.same(record, "number of the mission")
        return Decision.other("no such record")

    def add_origin(self, entry: ImportEntry, origin: ImportOrigin) -> None:
        """Remember the record of an entry."""
        self._origins[entry.scheme, entry.key, entry.type] = origin
        self._ids_by_source[entry.scheme, entry.type].add(origin.record_id)

    def add_record(self, entry: ImportEntry, record: VersionedRecord) -> None:
        """Add the record that was written from an entry, or replace it."""
        ref = RecordRef(stored_id(record), record.slug)
        self._slugs[entry.type, record.slug] = ref
        if entry.type is RecordType.LAUNCH and self._launches and (facts := _launch_facts(entry)):
            self._launches.add(ref, facts)
        if entry.type is RecordType.PERSON and self._people:
            self._people.add(ref, PersonFacts.from_document(entry.data, entry.hints))
        if entry.type is RecordType.MISSION:
            self._missions[entry.data.get("number")] = ref

    def _load_origins(self, session: Session, entries: Iterable[ImportEntry]) -> None:
        storable = (each for each in entries if is_storable(f"{each.scheme}{each.key}"))
        keys = {(each.scheme, each.key, each.type) for each in storable}
        is_known = tuple_(ImportOrigin.scheme, ImportOrigin.key, ImportOrigin.type).in_(keys)
        origins = session.scalars(select(ImportOrigin).where(is_known)) if keys else ()
        self._origins = {(each.scheme, each.key, RecordType(each.type)): each for each in origins}

    def _load_ids_of_sources(
        self, reader: Reader, type_: RecordType, schemes: Iterable[str]
    ) -> None:
        for scheme in schemes:
            if (scheme, type_) not in self._ids_by_source:
                of_source = ImportOrigin.scheme == scheme, ImportOrigin.type == type_
                rows = (
                    reader.all(select(ImportOrigin.record_id).where(*of_source))
                    if is_storable(scheme)
                    else ()
                )
                self._ids_by_source[scheme, type_] = {row["record_id"] for row in rows}

    def _load_slugs(self, reader: Reader, type_: RecordType, slugs: Iterable[Any]) -> None:
        known = [slug for slug in slugs if is_storable(slug)]
        model = RECORD_RESOURCES[type_].model
        rows = select(model.id, model.slug).where(model.slug.in_(known))
        for row in reader.all(rows) if known else ():
            self._slugs[type_, row["slug"]] = RecordRef(row["id"], row["slug"])


def _launch_facts(entry: ImportEntry) -> LaunchFacts | None:
    """Facts of a launch; None if its document is invalid, which the write model will report."""
    try:
        return LaunchFacts.from_document(entry.data, entry.hints)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
