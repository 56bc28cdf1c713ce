"""Descriptions of the records that refer to a record, for the refusal to delete it."""

from sqlalchemy import Select, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.api.auth import ApiClient
from app.db.conditions import article_is_public
from app.db.models import Article
from app.domain.enums import Scope
from app.domain.languages import Bilingual

_SCOPES_THAT_SEE_DRAFTS = {Scope.DRAFTS_READ, Scope.ARTICLES_DRAFT, Scope.ARTICLES_WRITE}

_MAX_READ_REFERRERS = 10
"""Referrers of one kind that are read."""


def describe_referrers(session: Session, kind: Bilingual, slugs: Select[str]) -> list[str]:
    """Describe the first records of one kind by their slugs, in the current language."""
    limited = slugs.limit(_MAX_READ_REFERRERS)
    return [f"{kind} {slug}" for slug in session.scalars(limited)]


def describe_referring_articles(
    session: Session, link: InstrumentedAttribute[int], record_id: int, caller: ApiClient
) -> list[str]:
    """Describe the articles linked to a record; only those visible to `caller` by slug."""
    visible = article_is_public() if caller.scopes.isdisjoint(_SCOPES_THAT_SEE_DRAFTS) else true()
    table = link.class_
    rows = session.execute(
        select(Article.slug, visible.label("visible"))
        .join(table, table.article_id == Article.id)
        .where(link == record_id)
        .order_by(Article.id)
    )
    return [
        f"the article {row.slug}" if row.visible else "an article that is not published"
        for row in rows
    ]
