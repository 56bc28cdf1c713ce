"""Batches of articles: each item in a savepoint of its own, all in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.writes.records import lock_by_slug
from app.api.writes.request import WriteRequest, WriteResult, parse_if_match
from app.db.models import Article, ArticleTag, stored_id
from app.domain.languages import tr
from app.http.problems import ApiError, NotFound, SlugRenamed, build_problem
from app.resources.article_batches.schemas import (
    ArticleBatch,
    ArticleBatchResult,
    BatchAction,
    BatchItem,
    BatchItemResult,
    BatchTags,
)
from app.resources.articles.commands import WRITER, publish_article


def run_batch(session: Session, write: WriteRequest, batch: ArticleBatch) -> WriteResult:
    """Run the actions of a batch. An action that is refused changes nothing and stops no other."""
    own_versions: dict[str, dict[str, int]] = {}  # by slug, then by the ETag that matched
    results = []
    for item in batch.items():
        result = _run_item(session, _with_precondition(write, item, own_versions), item)
        if item.etag is not None and result.version is not None:
            own_versions[item.slug] = {item.etag: result.version}
        results.append(result)
    refused = any(result.problem for result in results)
    status = HTTPStatus.MULTI_STATUS if refused else HTTPStatus.OK
    return WriteResult(status, ArticleBatchResult(items=results))


def _with_precondition(
    write: WriteRequest, item: BatchItem, own_versions: Mapping[str, Mapping[str, int]]
) -> WriteRequest:
    """`write` with the version of the item's ETag, or that which the batch itself has made."""
    if item.etag is None:
        return write
    own = own_versions.get(item.slug, {}).get(item.etag, 0)
    versions = {*(parse_if_match(item.etag) or ()), own}
    return replace(write, if_match_versions=versions)


def _run_item(session: Session, write: WriteRequest, item: BatchItem) -> BatchItemResult:
    """Run one action in a savepoint, which is rolled back if the action is refused."""
    action, slug = item.action, item.slug
    error: ApiError
    try:
        with session.begin_nested():
            done = _run_action(session, write, item)
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


def _run_action(session: Session, write: WriteRequest, item: BatchItem) -> WriteResult:
    if item.tags:
        return _change_tags(session, write, item.slug, item.tags)
    if item.action is BatchAction.PUBLISH:
        return publish_article(session, write, item.slug)
    return WRITER.delete(session, write, item.slug)


def _change_tags(
    session: Session, write: WriteRequest, slug: str, change: BatchTags
) -> WriteResult:
    article: Article = lock_by_slug(session, Article, slug)
    own = select(ArticleTag.tag).where(ArticleTag.article_id == stored_id(article))
    tags = (set(session.scalars(own)) | set(change.add)) - set(change.remove)
    return WRITER.patch(session, write, slug, {"tags": sorted(tags)})
