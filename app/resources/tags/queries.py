"""Query of the tags, by the index of their links to articles."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import ColumnElement, Integer, Subquery, bindparam, func, literal_column, select
from sqlalchemy.orm import aliased

from app.api.links import url_for_request
from app.db.conditions import article_is_public
from app.db.database import Reader, Row
from app.db.functions import (
    AnySelect,
    ColumnExpression,
    json_object_subquery,
    select_distinct_values,
)
from app.db.models import ArticleTag
from app.domain.text import slugify
from app.resources.tags.schemas import TagQuery, TagRead, Tags, TagSort

MAX_TAG_COUNT = 200
_MAX_SEARCHED_TAG_COUNT = 1_000
MAX_ARTICLE_COUNT = 1_000
"""Articles of a tag that are counted, so that the answer costs the same in a large archive."""


def list_tags(reader: Reader, query: TagQuery) -> Tags:
    """List the tags of public articles that match."""
    part = slugify(query.q) if query.q else ""
    rows = reader.all(_select_tags(), start="", number=_MAX_SEARCHED_TAG_COUNT, part=part)
    items = [TagRead.model_validate(_build_tag(row)) for row in rows]
    match query.sort:
        case TagSort.MOST_USED:
            items.sort(key=lambda each: -each.count)
        case TagSort.LAST_USED:
            items.sort(key=lambda each: each.last_published_at, reverse=True)
    return Tags(items=items)


def _build_tag(row: Row) -> Mapping[str, object]:
    """Fields of a `TagRead`."""
    times = {
        f"{edge}_published_at{suffix}": row[edge][f"published_at{suffix}"]
        for edge in ("first", "last")
        for suffix in ("", "_precision")
    }
    return times | {
        "tag": row["tag"],
        "count": min(row["count"], MAX_ARTICLE_COUNT),
        "count_is_minimum": row["count"] > MAX_ARTICLE_COUNT,
        "url": url_for_request("articles", tag=row["tag"]),
    }


@cache
def _select_tags() -> AnySelect:
    """Columns of the first tags that contain `part`, by name, among the first `number` ones."""
    tags = select_distinct_values(ArticleTag.tag, (article_is_public(ArticleTag),)).subquery()
    matches = select(tags.c.value).where(tags.c.value.contains(bindparam("part")))
    found = matches.order_by(tags.c.value).limit(MAX_TAG_COUNT).subquery()
    link = aliased(ArticleTag)
    order = link.published_sort_at, link.article_id
    return select(
        found.c.value.label("tag"),
        _count_articles(found).label("count"),
        _select_use(found, link, *order).label("first"),
        _select_use(found, link, *(key.desc() for key in order)).label("last"),
    ).order_by(found.c.value)


def _count_articles(tags: Subquery) -> ColumnElement[int]:
    """Number of articles of a tag, up to one more than `MAX_ARTICLE_COUNT`."""
    link = aliased(ArticleTag)
    links = (
        select(literal_column("1", Integer))
        .where(link.tag == tags.c.value, article_is_public(link))
        .limit(MAX_ARTICLE_COUNT + 1)
        .correlate(tags)
        .subquery()
    )
    return select(func.count()).select_from(links).correlate(tags).scalar_subquery()


def _select_use(
    tags: Subquery, link: type[ArticleTag], *order: ColumnExpression
) -> ColumnElement[object]:
    """Time of the first article of a tag in `order`."""
    articles = select(link.published_at, link.published_at_precision)
    used = articles.where(link.tag == tags.c.value, article_is_public(link))
    return json_object_subquery(used.order_by(*order).limit(1).correlate(tags))
