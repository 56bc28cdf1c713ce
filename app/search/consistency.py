"""Consistency check of the search index against the records."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import SearchDocument
from app.search.documents import SearchSource
from app.search.fulltext import all_documents
from app.search.index_keys import build_index_key


def find_index_inconsistencies(reader: Reader, sources: Iterable[SearchSource]) -> Iterator[str]:
    """Descriptions of the differences between the index and the records, one each line."""
    actual = {
        (row["type"], row["record_id"]): row["place"]
        for row in reader.all(select(*SearchDocument.__table__.columns))
    }
    expected = {
        (source.record_type, row["id"]): build_index_key(
            source.record_type, row["sort_at"], row["id"]
        )
        for source in sources
        for row in reader.all(source.indexed)
    }
    wrong = [record for record, key in expected.items() if actual.get(record) != key]
    if wrong:
        yield f"{len(wrong)} records are missing or outdated in the search index: zarya reindex"
    if surplus := actual.keys() - expected.keys():
        yield f"{len(surplus)} records in the search index must not be found: zarya reindex"
    keys = {row["place"] for row in reader.all(select(all_documents().c.place))}
    if keys != set(actual.values()):
        yield "the search index and its list of documents differ: zarya reindex"
