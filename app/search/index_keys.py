"""Index keys: the 62-bit keys of documents in the full-text index, in the order of results.

A key is made of the rank of the record type, the record's time and its id. Results are read from
the end of the index, newest first, without looking up the records.
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement

from app.domain.dates import MIN_INSTANT
from app.domain.enums import RecordType

_RANKS = {kind.search_rank: kind for kind in RecordType}
_ID_BITS = 27
_EPOCH = MIN_INSTANT
_SECONDS_PER_RANK = 4_800_000_000
"""More than from `MIN_INSTANT` to `MAX_INSTANT`. Seven ranks fit into 62 bits beside the id.

62 bits are two integers of a pagination cursor.
"""


def build_index_key(kind: RecordType, at: datetime | None, record_id: int) -> int:
    """Build the index key of a record. Raises ValueError if a part does not fit into its bits."""
    seconds = 0 if at is None else int((at - _EPOCH).total_seconds())
    if not (0 <= seconds < _SECONDS_PER_RANK and 0 <= record_id < 1 << _ID_BITS):
        raise ValueError(f"no index key for the {kind} {record_id} of {at}")
    return (kind.search_rank * _SECONDS_PER_RANK + seconds) << _ID_BITS | record_id


def parse_index_key(key: int) -> tuple[RecordType, int]:
    """Get the type and the id of the record with an index key."""
    return _RANKS[(key >> _ID_BITS) // _SECONDS_PER_RANK], key & (1 << _ID_BITS) - 1


def record_id_expression(key: ColumnElement[int]) -> ColumnElement[int]:
    """SQL expression for the record id in an index key."""
    return key.op("&", return_type=BigInteger())((1 << _ID_BITS) - 1)


def index_key_range(kind: RecordType, until: datetime | None = None) -> tuple[int, int]:
    """Half-open range of the index keys of a record type, optionally of those up to `until`.

    Ranges of types next to each other in rank adjoin, so that one condition can cover them.
    """
    first = build_index_key(kind, None, 0)
    if until is None:
        next_rank = min((r for r in _RANKS if r > kind.search_rank), default=kind.search_rank + 1)
        return first, next_rank * _SECONDS_PER_RANK << _ID_BITS
    return first, build_index_key(kind, until + timedelta(seconds=1), 0)
