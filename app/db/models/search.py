"""Which records are in the search index, where, and which of them it has yet to learn about.

The words themselves stand in `search_index`, a table of each database's own kind.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Index
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column, object_session

from app.db.models.articles import ArticleTag
from app.db.models.base import Base, BoundedString, VersionedRecord, enum_type
from app.db.models.changes import get_record_type
from app.db.models.launches import Site, Spacecraft, Vehicle
from app.db.models.missions import CrewAssignment, MissionTask
from app.db.models.people import Flight
from app.domain.enums import RecordType

SEARCH_INDEX_TABLE = "search_index"

MAX_WORD_CHARS = 80


class SearchDocument(Base):
    """A record that can be found, and its place in the index."""

    __tablename__ = "search_documents"

    type: Mapped[RecordType] = mapped_column(enum_type(RecordType), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, unique=True)


class SearchWord(Base):
    """A word that titles and leads have, as it is spelt; forwards and backwards."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(BoundedString(MAX_WORD_CHARS), primary_key=True)
    backwards: Mapped[str] = mapped_column(BoundedString(MAX_WORD_CHARS))

    __table_args__ = (Index(None, "backwards"),)


# --- Places --------------------------------------------------------------------------------------
#
# What is found is told by its place alone: its type, when it was, its id. So the index is read in
# the order that answers have, from the end, and only as far as they go.

_TYPE_BY_RANK = {kind.search_rank: kind for kind in RecordType}
_ID_BITS, _TIME_BITS = 27, 33
_EPOCH = datetime(1950, 1, 1, tzinfo=UTC)


def build_index_key(kind: RecordType, at: datetime | None, record_id: int) -> int:
    """Where a record stands in the index."""
    seconds = 0 if at is None else int((at - _EPOCH).total_seconds())
    if not (0 <= seconds < 1 << _TIME_BITS and 0 <= record_id < 1 << _ID_BITS):
        raise ValueError(f"the {kind} {record_id} of {at} has no place in the index")
    return (kind.search_rank << _TIME_BITS | seconds) << _ID_BITS | record_id


def parse_index_key(place: int) -> tuple[RecordType, int]:
    """The type and the id of the record at `place`."""
    return _TYPE_BY_RANK[place >> (_ID_BITS + _TIME_BITS)], place & (1 << _ID_BITS) - 1


def record_id_expression(place: ColumnElement[int]) -> ColumnElement[int]:
    """The id of the record at `place`, in a statement."""
    return place.op("&", return_type=BigInteger())((1 << _ID_BITS) - 1)


def index_key_range(kind: RecordType, until: datetime | None = None) -> tuple[int, int]:
    """The places of all records of `kind`, those up to `until` alone: from, to before."""
    first = build_index_key(kind, None, 0)
    if until is None:
        return first, first + (1 << (_ID_BITS + _TIME_BITS))
    return first, build_index_key(kind, until + timedelta(seconds=1), 0)


# --- What has been written and is not in the index yet -------------------------------------------

_WRITE_EVENTS = ("after_insert", "after_update", "after_delete")
_OWNING_RECORDS: dict[type[Base], tuple[RecordType, str]] = {
    ArticleTag: (RecordType.ARTICLE, "article_id"),
    CrewAssignment: (RecordType.MISSION, "mission_id"),
    Flight: (RecordType.LAUNCH, "launch_id"),
    MissionTask: (RecordType.MISSION, "mission_id"),
    Spacecraft: (RecordType.LAUNCH, "launch_id"),
}
"""What belongs to a record and is found with it."""


def get_pending_index_updates(session: Session) -> set[Any]:
    """What the transaction of `session` has written that the index tells of: kinds with ids."""
    found: set[Any] = session.info.setdefault("written", set())
    return found


def _add_pending_update(entity: Base, kind: Any, id_: int) -> None:
    if session := object_session(entity):
        get_pending_index_updates(session).add((kind, id_))


def _register_listeners(event: str) -> None:
    @listens_for(VersionedRecord, event, propagate=True)
    def _record(_mapper: Mapper[Any], _connection: Connection, record: VersionedRecord) -> None:
        _add_pending_update(record, get_record_type(type(record)), record.id)  # type: ignore[arg-type]  # each is one

    for model, (kind, owner) in _OWNING_RECORDS.items():

        @listens_for(model, event)
        def _part(
            _mapper: Mapper[Any],
            _connection: Connection,
            part: Any,
            kind: RecordType = kind,
            owner: str = owner,
        ) -> None:
            _add_pending_update(part, kind, getattr(part, owner))

    for named in (Vehicle, Site):

        @listens_for(named, event)
        def _name(_mapper: Mapper[Any], _connection: Connection, what: Any) -> None:
            _add_pending_update(what, type(what), what.id)


for _event in _WRITE_EVENTS:
    _register_listeners(_event)
