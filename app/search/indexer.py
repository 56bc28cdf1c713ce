"""How the index is kept in step with the records, and made anew."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from app.db.models import (
    Article,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    Person,
    Recorded,
    RecordType,
    SearchDocument,
    SearchWord,
    Site,
    Vehicle,
)
from app.db.models.search import written
from app.domain.batching import batches
from app.search.documents import documents, spelt
from app.search.fulltext import clear, drop, settle, store

BATCH = 200
"""How many records are indexed at once."""

_MODELS: dict[RecordType, type[Recorded]] = {
    RecordType.MISSION: Mission,
    RecordType.PERSON: Person,
    RecordType.LAUNCH: Launch,
    RecordType.ARTICLE: Article,
}

Progress = Callable[[int, int], None]
"""Told how many records have been looked at, and of how many."""


def keep(session: Session) -> None:
    """Bring the index up to date with all that the transaction of `session` has written."""
    session.flush()
    if not (marks := written(session)):
        return
    connection = session.connection()
    changed: dict[RecordType, set[int]] = defaultdict(set)
    for kind, id_ in marks:
        if isinstance(kind, RecordType):
            changed[kind].add(id_)
        else:
            changed[RecordType.LAUNCH] |= _flown(connection, kind, id_)
    for kind, people in _with_people(changed[RecordType.PERSON]):
        changed[kind] |= set(connection.scalars(people))
    for kind, ids in changed.items():
        for batch in batches(sorted(ids), BATCH):
            _renew(connection, kind, batch)
    marks.clear()


def _flown(connection: Connection, kind: type[Site] | type[Vehicle], id_: int) -> set[int]:
    own = Launch.site_id if kind is Site else Launch.vehicle_id
    return set(connection.scalars(select(Launch.id).where(own == id_)))


def _with_people(people: Collection[int]) -> Iterator[tuple[RecordType, Any]]:
    """What `people` are found in: the missions and the launches whose crews they are of."""
    for batch in batches(sorted(people), BATCH):
        crews = select(CrewAssignment.mission_id).where(CrewAssignment.person_id.in_(batch))
        yield RecordType.MISSION, crews
        yield RecordType.LAUNCH, select(Flight.launch_id).where(Flight.person_id.in_(batch))


def _renew(connection: Connection, kind: RecordType, ids: Collection[int]) -> None:
    """Let the index hold the records of `kind` with these ids as they are now, or not at all."""
    own = SearchDocument.type == kind, SearchDocument.record_id.in_(ids)
    drop(connection, connection.scalars(select(SearchDocument.place).where(*own)).all())
    connection.execute(delete(SearchDocument).where(*own))
    _add(connection, kind, ids)


def _add(connection: Connection, kind: RecordType, ids: Collection[int]) -> None:
    found = list(documents(connection, kind, ids))
    if not found:
        return
    words: set[str] = set()
    store(connection, [document.tokenised(words) for document in found])
    rows = [
        {"type": kind, "record_id": document.record_id, "place": document.place}
        for document in found
    ]
    connection.execute(insert(SearchDocument), rows)
    _learn(connection, spelt(words))


def _learn(connection: Connection, words: list[str]) -> None:
    """Remember how words are spelt; in their order, so that two writers never wait in a ring."""
    known = set[str]()
    for batch in batches(words, BATCH):
        known |= set(connection.scalars(select(SearchWord.word).where(SearchWord.word.in_(batch))))
    new = [{"word": word, "backwards": word[::-1]} for word in words if word not in known]
    if new:
        connection.execute(_LEARN, new)


_LEARN = text(
    "INSERT INTO search_words (word, backwards) VALUES (:word, :backwards) ON CONFLICT DO NOTHING"
)


def is_missing(session: Session) -> bool:
    """Whether there are records, and none of them is in the index."""
    there = or_(*(select(model.id).exists() for model in _MODELS.values()))
    return bool(session.scalar(select(and_(there, ~select(SearchDocument.place).exists()))))


def rebuild(session: Session, progress: Progress = lambda *_: None) -> int:
    """Make the whole index anew. Returns how many records it holds."""
    connection = session.connection()
    clear(connection)
    for table in (SearchDocument, SearchWord):
        connection.execute(delete(table))
    ids = {
        kind: connection.scalars(select(model.id).order_by(model.id)).all()
        for kind, model in _MODELS.items()
    }
    total, done = sum(map(len, ids.values())), 0
    for kind, records in ids.items():
        for batch in batches(records, BATCH):
            _add(connection, kind, batch)
            done += len(batch)
            progress(done, total)
    settle(connection)
    return connection.scalar(select(func.count()).select_from(SearchDocument)) or 0
