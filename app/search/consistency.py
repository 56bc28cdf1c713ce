"""Whether the index holds what the archive has: each record that may be found, at its place."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import literal, select

from app.db.database import Reader
from app.db.models import Article, Launch, Mission, Person, SearchDocument
from app.domain.enums import ArticleState, RecordType
from app.search.fulltext import all_documents
from app.search.index_keys import build_index_key

_INDEXABLE_RECORDS: Mapping[RecordType, Any] = {
    RecordType.MISSION: select(Mission.id, Mission.starts_at.label("at")),
    RecordType.PERSON: select(Person.id, literal(None).label("at")),
    RecordType.LAUNCH: select(Launch.id, Launch.launch_at.label("at")),
    RecordType.ARTICLE: select(Article.id, Article.published_at.label("at")).where(
        Article.state == ArticleState.PUBLISHED
    ),
}


def find_index_inconsistencies(reader: Reader) -> Iterator[str]:
    """What is wrong with the search index, a line each."""
    held = {
        (row["type"], row["record_id"]): row["place"]
        for row in reader.all(select(*SearchDocument.__table__.columns))
    }
    wanted = {
        (kind, row["id"]): build_index_key(kind, row["at"], row["id"])
        for kind, statement in _INDEXABLE_RECORDS.items()
        for row in reader.all(statement)
    }
    wrong = [key for key, place in wanted.items() if held.get(key) != place]
    if wrong:
        yield f"{len(wrong)} records are not where the search index has them: zarya reindex"
    if surplus := held.keys() - wanted.keys():
        yield f"the search index has {len(surplus)} records that nobody may find: zarya reindex"
    there = {row["place"] for row in reader.all(select(all_documents().c.place))}
    if there != set(held.values()):
        yield "the search index and its list of documents differ: zarya reindex"
