"""Search results: title, text and date of the records behind index keys."""

from collections import defaultdict
from collections.abc import Iterable

from app.db.database import Reader, Row
from app.domain.enums import RecordType
from app.resources.registry import RECORD_RESOURCES
from app.search.index_keys import parse_index_key


def load_search_hits(reader: Reader, index_keys: Iterable[int]) -> dict[int, Row]:
    """Fields of search results by index key, with one statement for each record type."""
    keys_by_id: dict[RecordType, dict[int, int]] = defaultdict(dict)
    for key in index_keys:
        record_type, id_ = parse_index_key(key)
        keys_by_id[record_type][id_] = key
    hits: dict[int, Row] = {}
    for record_type, keys in keys_by_id.items():
        for id_, row in RECORD_RESOURCES[record_type].load_hits(reader, keys):
            hits[keys[id_]] = {"type": record_type, "language": None, "html_url": None} | row
    return hits
