"""Batches of articles: each item in a savepoint of its own, all in one transaction."""

from http import HTTPStatus
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.writes.records import lock_by_slug
from app.api.writes.request import WriteRequest, WriteResult
from app.db.models import Article, ArticleTag, stored_id
from app.domain.languages import tr
from app.http.problems import ApiError, NotFound, SlugRenamed, build_problem
from app.resources.article_batches.schemas import (
    ArticleBatch,
    ArticleBatchResult,
    BatchAction,
    BatchItemResult,
    BatchTags,
)
from app.resources.articles.commands import WRITER, publish_article


def run_batch(session: Session, write: WriteRequest, batch: ArticleBatch) -> WriteResult:
    """Run the actions of a batch. An action that is refused changes nothing and stops no other."""
    results = [_run_item(session, write, batch, *item) for item in batch.items()]
    refused = any(result.problem for result in results)
    status = HTTPStatus.MULTI_STATUS if refused else HTTPStatus.OK
    return WriteResult(status, ArticleBatchResult(items=results))


def _run_item(
    session: Session, write: WriteRequest, batch: ArticleBatch, action: BatchAction, slug: str
) -> BatchItemResult:
    """Run one action in a savepoint, which is rolled back if the action is refused."""
    error: ApiError
    try:
        with session.begin_nested():
            done = _act(session, write, batch, action, slug)
    except SlugRenamed as renamed:
        error = NotFound(
            tr(
                f"The article {slug!r} is now {renamed.new_slug!r}.",
                f"Статья {slug!r} теперь называется {renamed.new_slug!r}.",
            )
        )
    except ApiError as refusal:
        error = refusal
    else:
        return BatchItemResult(
            action=action, slug=slug, status=done.status, version=done.version, problem=None
        )
    problem = build_problem(UUID(write.client.request_id), error)
    return BatchItemResult(
        action=action, slug=slug, status=error.status, version=None, problem=problem
    )


def _act(
    session: Session, write: WriteRequest, batch: ArticleBatch, action: BatchAction, slug: str
) -> WriteResult:
    match action:
        case BatchAction.PUBLISH:
            return publish_article(session, write, slug)
        case BatchAction.DELETE:
            return WRITER.delete(session, write, slug)
        case BatchAction.TAG:
            return _change_tags(session, write, slug, batch.tag or BatchTags(articles=[]))


def _change_tags(
    session: Session, write: WriteRequest, slug: str, change: BatchTags
) -> WriteResult:
    article: Article = lock_by_slug(session, Article, slug)
    own = select(ArticleTag.tag).where(ArticleTag.article_id == stored_id(article))
    tags = (set(session.scalars(own)) | set(change.add)) - set(change.remove)
    return WRITER.patch(session, write, slug, {"tags": sorted(tags)})
