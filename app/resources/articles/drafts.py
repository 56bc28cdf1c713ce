"""List of the articles that are not public, with its filters."""

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, false, literal, or_, select

from app.api.lists.pagination import fetch_page
from app.api.lists.references import References, record_reference
from app.api.lists.sorting import build_orders
from app.db.conditions import article_is_public, slug_in
from app.db.database import Reader
from app.db.functions import PositionOf, has_row
from app.db.models import Article, ArticleMission, ImportOrigin, Mission
from app.domain.enums import ArticleState, RecordType
from app.domain.text import fold, slugify
from app.resources.articles.filters import REFERENCES as ARTICLE_REFERENCES
from app.resources.articles.queries import select_preview
from app.resources.articles.schemas import ArticleStatus, DraftPage, DraftQuery

SORTS = build_orders(Article.id, updated_at=(Article.updated_at,))
REFERENCES: References = {
    "language": replace(ARTICLE_REFERENCES["language"], where=()),
    "source": replace(ARTICLE_REFERENCES["source"], where=()),
    "mission": record_reference(Mission),
}
"""Names of all articles, public or not."""


def list_drafts(reader: Reader, query: DraftQuery) -> DraftPage:
    """List the articles that are not public, last updated first."""
    return fetch_page(
        reader,
        DraftPage,
        select_preview(),
        [_has_status(query.status), *_conditions(query)],
        SORTS,
        query,
        "drafts",
        default_sort="-updated_at",
        references=REFERENCES,
    )


def _has_status(statuses: list[ArticleStatus]) -> ColumnElement[bool]:
    by_status = {
        ArticleStatus.SCHEDULED: and_(
            Article.state == ArticleState.PUBLISHED, ~article_is_public()
        ),
        ArticleStatus.DRAFT: Article.state == ArticleState.DRAFT,
        ArticleStatus.UNPUBLISHED: Article.state == ArticleState.UNPUBLISHED,
        ArticleStatus.DELETED: Article.state == ArticleState.DELETED,
    }
    chosen = statuses or by_status
    return or_(false(), *(by_status[status] for status in by_status if status in chosen))


def _conditions(query: DraftQuery) -> list[ColumnElement[bool]]:
    """Conditions of the filters beside the status."""
    where = [_has_word(word) for word in query.q.split() if fold(word)] if query.q else []
    if query.language:
        where.append(Article.language.in_(query.language))
    if query.source:
        where.append(Article.source_slug.in_([slugify(name) for name in query.source]))
    if query.mission:
        missions = select(Mission.id).where(slug_in(Mission, query.mission))
        related = select(ArticleMission.article_id).where(ArticleMission.mission_id.in_(missions))
        where.append(Article.id.in_(related))
    if query.imported is not None:
        where.append(_IS_IMPORTED if query.imported else ~_IS_IMPORTED)
    return where


def _has_word(word: str) -> ColumnElement[bool]:
    """Condition: the title has `word` in any case or spelling, or the text in a usual case.

    Drafts are not in the search index.
    """
    spellings = {word, word.lower(), word.upper(), word.capitalize()}
    return or_(
        *(Article.title_key.contains(part, autoescape=True) for part in fold(word).split()),
        *(
            PositionOf(column, spelling) > 0
            for column in (Article.lead, Article.body)
            for spelling in sorted(spellings)
        ),
    )


_IS_IMPORTED = has_row(
    select(literal(1)).where(
        ImportOrigin.type == RecordType.ARTICLE,
        ImportOrigin.record_id == Article.id,
        ImportOrigin.owned,
    )
)
