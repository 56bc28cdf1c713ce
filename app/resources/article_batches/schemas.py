"""Schemas of batches of articles."""

from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from app.api.params import Slug
from app.api.read_models import ReadModel
from app.api.write_models import TagList, WriteModel, example_config
from app.domain.languages import tr
from app.http.problems import Problem

MAX_BATCH_ITEMS = 100

BatchSlugs = Annotated[list[Slug], Field(max_length=MAX_BATCH_ITEMS)]


class BatchAction(StrEnum):
    """Action on an article of a batch."""

    TAG = "tag"
    PUBLISH = "publish"
    DELETE = "delete"


class BatchTags(WriteModel):
    """Tags that articles of a batch get or lose."""

    articles: BatchSlugs
    """Articles, by slug."""
    add: TagList = []
    """Tags to add."""
    remove: TagList = []
    """Tags to remove."""


class BatchItem(NamedTuple):
    """Action of a batch on one article."""

    action: BatchAction
    slug: str
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
    publish: BatchSlugs = []
    """Articles to publish, by slug."""
    delete: BatchSlugs = []
    """Articles to move to the trash, by slug."""

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
        if len({(each.action, each.slug) for each in items}) < len(items) or set(
            self.publish
        ) & set(self.delete):
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
        tagged = [BatchItem(BatchAction.TAG, slug, self.tag) for slug in to_tag]
        published = [BatchItem(BatchAction.PUBLISH, slug) for slug in self.publish]
        return [*tagged, *published, *(BatchItem(BatchAction.DELETE, slug) for slug in self.delete)]


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
