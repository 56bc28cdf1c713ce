"""Schemas of batches of articles."""

from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from app.api.params import Slug
from app.api.patterns import ETAG_PATTERN
from app.api.read_models import ReadModel
from app.api.write_models import TagList, WriteModel, example_config
from app.domain.languages import tr
from app.http.problems import Problem

MAX_BATCH_ITEMS = 100


class BatchArticle(WriteModel):
    """Article of a batch, and the version that was read."""

    slug: Slug
    etag: Annotated[str, Field(pattern=ETAG_PATTERN, max_length=200)] | None = None
    """ETag of the version that you read: the action is refused with 412 if it has changed since."""


def _read_slug(article: Any) -> Any:
    return {"slug": article} if isinstance(article, str) else article


SlugOrBatchArticle = Annotated[
    BatchArticle, BeforeValidator(_read_slug, json_schema_input_type=Slug | BatchArticle)
]
BatchArticles = Annotated[list[SlugOrBatchArticle], Field(max_length=MAX_BATCH_ITEMS)]


class BatchAction(StrEnum):
    """Action on an article of a batch."""

    TAG = "tag"
    PUBLISH = "publish"
    DELETE = "delete"


class BatchTags(WriteModel):
    """Tags that articles of a batch get or lose."""

    articles: BatchArticles
    """Articles, by slug, or by slug and ETag."""
    add: TagList = []
    """Tags to add."""
    remove: TagList = []
    """Tags to remove."""


class BatchItem(NamedTuple):
    """Action of a batch on one article."""

    action: BatchAction
    slug: str
    etag: str | None
    """ETag of the version that the client has read, or None."""
    tags: BatchTags | None = None
    """Tags to change, if the action is `tag`."""


class ArticleBatch(WriteModel):
    """Articles to tag, then to publish, then to delete; at most 100 in all."""

    model_config = example_config(
        publish=["launch-progress-ms-11"],
        tag={"articles": ["launch-progress-ms-11"], "add": ["cargo"]},
    )

    tag: BatchTags | None = None
    """Tags to change."""
    publish: BatchArticles = []
    """Articles to publish, by slug, or by slug and ETag."""
    delete: BatchArticles = []
    """Articles to move to the trash, by slug, or by slug and ETag."""

    @model_validator(mode="after")
    def _check_items(self) -> Self:
        items = self.items()
        if not items or len(items) > MAX_BATCH_ITEMS:
            raise ValueError(
                tr(
                    f"A batch has 1 to {MAX_BATCH_ITEMS} items; this one has {len(items)}.",
                    f"В пакете от 1 до {MAX_BATCH_ITEMS} действий, а здесь {len(items)}.",
                )
            )
        # Of the actions on an article, only that on its tags goes with another one.
        if len({(each.action is BatchAction.TAG, each.slug) for each in items}) < len(items):
            raise ValueError(
                tr(
                    "An article can be named once for each action, and not both to be published "
                    "and to be deleted.",
                    "Статью можно назвать один раз для каждого действия, но не сразу и для "
                    "публикации, и для удаления.",
                )
            )
        return self

    def items(self) -> list[BatchItem]:
        """The actions, in order of execution."""
        to_tag = self.tag.articles if self.tag else []
        return [
            *(BatchItem(BatchAction.TAG, each.slug, each.etag, self.tag) for each in to_tag),
            *(BatchItem(BatchAction.PUBLISH, each.slug, each.etag) for each in self.publish),
            *(BatchItem(BatchAction.DELETE, each.slug, each.etag) for each in self.delete),
        ]


class BatchItemResult(ReadModel):
    """Result of one action on one article."""

    action: BatchAction
    slug: str
    status: int
    """HTTP status of the action, as if it was a request of its own."""
    version: int | None
    """Version of the article after the action; null if it was refused or the article is deleted."""
    problem: Problem | None
    """Why the action was refused, or null. The article is then as it was."""


class ArticleBatchResult(ReadModel):
    """Results of a batch."""

    items: list[BatchItemResult]
    """Results in order of execution: tagged, published, deleted articles."""
