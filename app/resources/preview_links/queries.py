"""Queries of preview links."""

from sqlalchemy import select

from app.api.secret_tokens import hash_token
from app.api.slugs import raise_missing_record
from app.db.database import Reader
from app.db.models import Article, PreviewLink
from app.domain.dates import now
from app.domain.languages import tr
from app.http.problems import Gone, NotFound
from app.resources.articles.queries import get_article_preview
from app.resources.articles.schemas import ArticlePreview, ArticleStatus
from app.resources.preview_links.schemas import PreviewLinkRead, PreviewLinks


def list_preview_links(reader: Reader, slug: str) -> PreviewLinks:
    """The links of an article that have not expired. Raises NotFound, Gone or SlugRenamed."""
    article_id = reader.scalar(select(Article.id).where(Article.slug == slug))
    if article_id is None:
        raise_missing_record(reader, Article, slug)
    columns = PreviewLink.id, PreviewLink.created_at, PreviewLink.expires_at
    valid = PreviewLink.article_id == article_id, PreviewLink.expires_at > now()
    rows = reader.all(
        select(*columns).where(*valid).order_by(PreviewLink.expires_at, PreviewLink.id)
    )
    return PreviewLinks(items=[PreviewLinkRead.model_validate(row) for row in rows])


def get_previewed_article(reader: Reader, token: str) -> ArticlePreview:
    """The article of a link. Raises NotFound for an unknown token, Gone for an expired link."""
    row = reader.first(
        select(Article.slug, PreviewLink.expires_at)
        .join(Article, Article.id == PreviewLink.article_id)
        .where(PreviewLink.token_sha256 == hash_token(token))
    )
    if row is None:
        raise NotFound(
            tr(
                "There is no such preview: the link is incomplete, or was revoked.",
                "Такого предпросмотра нет: ссылка неполная или отозвана.",
            )
        )
    if row["expires_at"] <= now():
        raise Gone(
            tr(
                "The link has expired. Ask its author for a new one.",
                "Срок ссылки истёк. Попросите у автора новую.",
            )
        )
    article = get_article_preview(reader, row["slug"], names_drafts=False)
    if article.status is ArticleStatus.DELETED:
        raise Gone(tr("The article has been deleted.", "Статья удалена."))
    return article
