"""Descriptions of the records that refer to a record, for the refusal to delete it."""

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.api.auth import ApiClient
from app.db.conditions import article_is_public
from app.db.models import Article, IllustratedRecord
from app.domain.enums import ArticleState, Scope
from app.domain.languages import Bilingual, tr

_SCOPES_THAT_SEE_DRAFTS = {Scope.DRAFTS_READ, Scope.ARTICLES_DRAFT, Scope.ARTICLES_WRITE}

CREW_OF = Bilingual("the crew of", "экипаж")
"""Words before the slug of a mission or launch that refers to a record by its crew."""

_MAX_READ_REFERRERS = 10
"""Referrers of one kind that are read."""


def describe_referrers(session: Session, kind: Bilingual, slugs: Select[str]) -> list[str]:
    """Describe the first records of one kind by their slugs, in the current language."""
    limited = slugs.limit(_MAX_READ_REFERRERS)
    return [f"{kind} {slug}" for slug in session.scalars(limited)]


def describe_referring_articles(
    session: Session, link: InstrumentedAttribute[int], record_id: int, caller: ApiClient
) -> list[str]:
    """Describe the first articles linked to a record; only those visible to `caller` by slug."""
    linked = select(link.class_.article_id).where(link == record_id)
    return describe_articles(session, Article.id.in_(linked), caller)


def describe_articles(
    session: Session, where: ColumnElement[bool], caller: ApiClient | None
) -> list[str]:
    """Describe the first articles that match; only those visible to `caller` by slug.

    None is a caller without a key, who sees public articles. An article in the trash keeps its
    links: it cannot be changed before it is restored, and it is described so.
    """
    sees_all = caller is not None and not caller.scopes.isdisjoint(_SCOPES_THAT_SEE_DRAFTS)
    visible = true() if sees_all else article_is_public()
    rows = session.execute(
        select(Article.slug, Article.state, visible.label("visible"))
        .where(where)
        .order_by(Article.id)
        .limit(_MAX_READ_REFERRERS)
    )
    return [
        _describe_article(row.slug, row.state)
        if row.visible
        else tr("an article that is not published", "неопубликованная статья")
        for row in rows
    ]


def _describe_article(slug: str, state: ArticleState) -> str:
    description = f"{Article.label.before_slug} {slug}"
    if state != ArticleState.DELETED:
        return description
    return description + tr(
        " (in the trash: restore it to remove the reference)",
        " (в корзине: восстановите её, чтобы убрать ссылку)",
    )


def describe_illustrated_records(session: Session, media_id: int) -> list[str]:
    """Describe the first records, other than articles, whose image is the picture `media_id`."""
    return [
        description
        for model in IllustratedRecord.__subclasses__()
        if model is not Article
        for description in describe_referrers(
            session,
            model.label.before_slug,
            select(model.slug).where(model.image_media_id == media_id).order_by(model.id),
        )
    ]
