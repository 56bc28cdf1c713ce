"""Whether the index holds what the archive has: each record that may be found, at its place."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import literal, select

from app.db.database import Reader
from app.db.models import Article, ArticleState, Launch, Mission, Person, RecordType, SearchDocument
from app.db.models.search import place_of
from app.search.fulltext import every_place

_FOUND: Mapping[RecordType, Any] = {
    RecordType.MISSION: select(Mission.id, Mission.starts_at.label("at")),
    RecordType.PERSON: select(Person.id, literal(None).label("at")),
    RecordType.LAUNCH: select(Launch.id, Launch.launch_at.label("at")),
    RecordType.ARTICLE: select(Article.id, Article.published_at.label("at")).where(
        Article.state == ArticleState.PUBLISHED
    ),
}


def unindexed(reader: Reader) -> Iterator[str]:
    """What is wrong with the search index, a line each."""
    held = {
        (row["type"], row["record_id"]): row["place"]
        for row in reader.all(select(*SearchDocument.__table__.columns))
    }
    wanted = {
        (kind, row["id"]): place_of(kind, row["at"], row["id"])
        for kind, statement in _FOUND.items()
        for row in reader.all(statement)
    }
    wrong = [key for key, place in wanted.items() if held.get(key) != place]
    if wrong:
        yield f"{len(wrong)} records are not where the search index has them: zarya reindex"
    if surplus := held.keys() - wanted.keys():
        yield f"the search index has {len(surplus)} records that nobody may find: zarya reindex"
    there = {row["place"] for row in reader.all(select(every_place().c.place))}
    if there != set(held.values()):
        yield "the search index and its list of documents differ: zarya reindex"
