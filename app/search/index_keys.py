"""Index keys: the 62-bit keys of documents in the full-text index, in the order of results.

A key is made of the rank of the record type, the position of the record's date and its id. Results
are read from the end of the index, newest first, without looking up the records.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement

from app.domain.dates import MAX_INSTANT, ONE_SECOND, VAGUE_PRECISIONS, sort_instant, sort_position
from app.domain.enums import RecordType

_RANKS = {kind.search_rank: kind for kind in RecordType}
_ID_BITS = 25
_POSITIONS_PER_RANK = sort_position(MAX_INSTANT)
RANK_COUNT = (1 << 62 - _ID_BITS) // _POSITIONS_PER_RANK
"""Number of ranks that fit into 62 bits, two integers of a pagination cursor, beside the id."""


def build_index_key(kind: RecordType, sort_at: datetime | None, record_id: int) -> int:
    """Build the index key of a record. Raises ValueError if a part does not fit into its bits."""
    position = 0 if sort_at is None else sort_position(sort_at)
    if not (0 <= position < _POSITIONS_PER_RANK and 0 <= record_id < 1 << _ID_BITS):
        raise ValueError(f"no index key for the {kind} {record_id} of {sort_at}")
    return (kind.search_rank * _POSITIONS_PER_RANK + position) << _ID_BITS | record_id


def parse_index_key(key: int) -> tuple[RecordType, int]:
    """Get the type and the id of the record with an index key."""
    return _RANKS[(key >> _ID_BITS) // _POSITIONS_PER_RANK], key & (1 << _ID_BITS) - 1


def record_id_expression(key: ColumnElement[int]) -> ColumnElement[int]:
    """SQL expression for the record id in an index key."""
    return key.op("&", return_type=BigInteger())((1 << _ID_BITS) - 1)


def index_key_range(kind: RecordType) -> tuple[int, int]:
    """Half-open range of the index keys of a record type.

    Ranges of types next to each other in rank adjoin, so that one condition can cover them.
    """
    next_rank = min((r for r in _RANKS if r > kind.search_rank), default=kind.search_rank + 1)
    return build_index_key(kind, None, 0), next_rank * _POSITIONS_PER_RANK << _ID_BITS


def past_index_key_ranges(kind: RecordType, moment: datetime) -> Iterator[tuple[int, int]]:
    """Half-open ranges of the index keys of records dated at or before `moment`, a full second.

    A vague date is at the start of its period, and its key at the end: so beside the keys up to
    `moment` there are those of the periods that contain it.
    """
    yield build_index_key(kind, None, 0), build_index_key(kind, moment + ONE_SECOND, 0)
    for precision in VAGUE_PRECISIONS:
        first = build_index_key(kind, sort_instant(moment, precision), 0)
        yield first, first + (1 << _ID_BITS)
