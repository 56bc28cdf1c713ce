"""Writes of preview links."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, write_audit_entry
from app.api.auth import ApiClient
from app.api.links import page_url
from app.api.secret_tokens import generate_token, hash_token
from app.api.writes.records import lock_by_slug
from app.api.writes.request import WriteRequest, WriteResult
from app.db.models import Article, PreviewLink, stored_id
from app.domain.dates import now
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.http.problems import Conflict, NotFound
from app.resources.articles.authorisation import check_author
from app.resources.articles.commands import check_not_deleted
from app.resources.preview_links.schemas import (
    PreviewLinkCreated,
    PreviewLinkRead,
    PreviewLinkWrite,
)

_MAX_LINK_COUNT = 50
"""Links of an article that are valid at the same time."""

_EXPIRED_RETENTION_PERIOD = timedelta(days=30)
"""Minimum time for which an expired link is answered with 410; older links are deleted when a new
one is created."""


def create_preview_link(
    session: Session, write: WriteRequest, slug: str, document: PreviewLinkWrite
) -> WriteResult:
    """Create a link to the page of an article.

    Raises NotFound, Gone or SlugRenamed for a wrong slug, Gone if the article is in the trash,
    Forbidden if the client may not change it, and Conflict if it has too many links.
    """
    article: Article = lock_by_slug(session, Article, slug)
    check_author(session, article, write.client)
    check_not_deleted(article)
    session.execute(
        delete(PreviewLink).where(PreviewLink.expires_at < now() - _EXPIRED_RETENTION_PERIOD)
    )
    valid = PreviewLink.article_id == stored_id(article), PreviewLink.expires_at > now()
    if (session.scalar(select(func.count()).where(*valid)) or 0) >= _MAX_LINK_COUNT:
        raise Conflict(
            tr(
                f"The article has {_MAX_LINK_COUNT} valid links. Revoke one first.",
                f"У статьи уже {_MAX_LINK_COUNT} действующих ссылок. Сначала отзовите одну.",
            )
        )
    token = generate_token()
    link = PreviewLink(
        article_id=article.id,
        token_sha256=hash_token(token),
        expires_at=now() + timedelta(hours=document.expires_in_hours),
    )
    session.add(link)
    session.flush()
    _write_audit_entry(session, write.client, Action.CREATE, article, None, _describe(link))
    url = page_url("preview", token)
    body = PreviewLinkCreated(**dict(_read(link)), url=url)
    return WriteResult(HTTPStatus.CREATED, body, location=url)


def revoke_preview_link(session: Session, client: ApiClient, slug: str, id_: int) -> None:
    """Revoke a link of an article, effective from the next request.

    Raises NotFound, also for a link of another article, Gone or SlugRenamed, and Forbidden if the
    client may not change the article.
    """
    article: Article = lock_by_slug(session, Article, slug)
    check_author(session, article, client)
    link = session.get(PreviewLink, id_)
    if link is None or link.article_id != article.id:
        raise NotFound(
            tr(
                f"The article {slug!r} has no preview link {id_}.",
                f"У статьи {slug!r} нет ссылки {id_}.",
            )
        )
    _write_audit_entry(session, client, Action.REVOKE, article, _describe(link), None)
    session.delete(link)


def _read(link: PreviewLink) -> PreviewLinkRead:
    return PreviewLinkRead(
        id=stored_id(link), created_at=link.created_at, expires_at=link.expires_at
    )


def _describe(link: PreviewLink) -> dict[str, Any]:
    return _read(link).model_dump(mode="json")


def _write_audit_entry(
    session: Session, actor: Actor, action: Action, article: Article, before: Any, after: Any
) -> None:
    id_ = (before or after)["id"]
    target = AuditTarget.PREVIEW_LINK
    write_audit_entry(session, actor, action, target, id_, article.slug, before, after)
