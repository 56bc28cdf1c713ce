"""Authorisation of authors: keys that may write articles as long as these are not public."""

from sqlalchemy.orm import Session

from app.api.auth import ApiClient, missing_scope
from app.db.models import Article
from app.domain.enums import ArticleState, Scope
from app.domain.languages import tr

DRAFT_SCOPES = (Scope.ARTICLES_DRAFT, Scope.ARTICLES_WRITE)
"""Scopes of which one is needed to write articles that are not public."""

_DRAFT_STATES = frozenset({ArticleState.DRAFT, ArticleState.UNPUBLISHED})


def check_author(_session: Session, article: Article, client: ApiClient) -> None:
    """Check that `client` may change an article in its present state.

    Raises Forbidden if the article is published, scheduled or in the trash, and the key may only
    write drafts.
    """
    if Scope.ARTICLES_WRITE not in client.scopes and article.state not in _DRAFT_STATES:
        reason = tr(
            "Authors change articles that are neither published, nor scheduled, nor in the trash.",
            "Авторы меняют статьи, которые не опубликованы, не запланированы и не удалены.",
        )
        raise missing_scope(client, Scope.ARTICLES_WRITE, reason=reason)
