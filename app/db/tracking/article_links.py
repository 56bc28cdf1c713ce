"""Copies of columns of articles in the tables of their links, by which filtered lists are read.

They are copied at commit, for the articles written, so that neither a savepoint rolled back nor
the order of the writes matters. Links that are deleted need no step.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, or_, select, union, update
from sqlalchemy.orm import Session

from app.db.database import Reader
from app.db.models import ARTICLE_LINKS, Article, ArticleLink
from app.db.models.articles import COPIED_COLUMNS
from app.db.timeouts import disable_timeouts
from app.db.tracking.steps import Writes, has_changed
from app.domain.batching import batched

LinkModel = type[ArticleLink]

_BATCH_ROWS = 500


def note_touched_links(session: Session, writes: Writes) -> None:
    """Record the articles with new link entities, or with new values of the copied columns.

    A new article has no older links; `app.resources.articles.commands` inserts links with copies.
    """
    new = session.new
    for entity in writes.saved:
        is_link = isinstance(entity, ArticleLink)
        is_known = isinstance(entity, Article) and entity not in new
        if is_link or (is_known and has_changed(entity, COPIED_COLUMNS)):
            writes.touched_links.add(getattr(entity, entity.record_key))


def update_touched_links(session: Session, writes: Writes) -> None:
    """Copy the columns of the recorded articles, or of all after a bulk write."""
    if writes.bulk_saved & {Article, *ARTICLE_LINKS}:
        rebuild_article_links(session)
        return
    copy_to_links(session, writes.touched_links)


def rebuild_article_links(session: Session) -> None:
    """Copy the columns of all articles."""
    disable_timeouts(session.connection())
    for link in ARTICLE_LINKS:
        session.connection().execute(_copy_statement(link))


def copy_to_links(session: Session, article_ids: Collection[int]) -> None:
    """Copy the columns of the articles `article_ids`."""
    connection = session.connection()
    for ids in batched(sorted(article_ids), _BATCH_ROWS):
        # Waits for the transactions that write them, and sees what those commit.
        locked = select(Article.id).where(Article.id.in_(ids)).order_by(Article.id)
        connection.execute(locked.with_for_update(read=True))
        for statement in _COPY_STATEMENTS:
            connection.execute(statement, [{"touched": id_} for id_ in ids])


def find_stale_links(reader: Reader) -> list[int]:
    """Find the articles with links whose copies differ from the article, by id."""
    stale = union(*(select(link.article_id).where(*_is_stale(link)) for link in ARTICLE_LINKS))
    ids = stale.subquery().c.article_id
    return [row["article_id"] for row in reader.all(select(ids).order_by(ids))]


def _is_stale(link: LinkModel) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    differences = (
        getattr(link, name).is_distinct_from(getattr(Article, name)) for name in COPIED_COLUMNS
    )
    return link.article_id == Article.id, or_(*differences)


def _copy_statement(link: LinkModel, *where: ColumnElement[bool]) -> Update:
    copies: dict[str, Any] = {name: getattr(Article, name) for name in COPIED_COLUMNS}
    return update(link).where(*_is_stale(link), *where).values(copies)


_COPY_STATEMENTS = [
    _copy_statement(link, Article.id == bindparam("touched")) for link in ARTICLE_LINKS
]
