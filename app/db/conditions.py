"""SQL conditions shared by resources."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.functions import ColumnExpression, current_time_param, hide_from_planner
from app.db.models import Article, Launch, Mission, MissionAlias, Person
from app.domain.clock import has_passed
from app.domain.enums import ArticleState


@cache
def article_is_public(article: type[Article] = Article) -> ColumnElement[bool]:
    """Condition: the article is published, and its publication time has come.

    The time of the next publication is tracked for the whole archive
    (`app.http.cache.generation`), not by each statement.
    """
    has_come = hide_from_planner(article.published_at) <= current_time_param()
    return and_(article.state == ArticleState.PUBLISHED, has_come)


def has_related(
    to: type[Launch] | type[Mission] | type[Person],
    slugs: Collection[str],
    through: InstrumentedAttribute[Any],
    owner: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Condition: a link row of `owner` leads by its key `through` to a row of `to` with a slug.

    An EXISTS, not a join, so that a row with two links is found once.
    """
    return select(through).join(to, to.id == through).where(owner, slug_in(to, slugs)).exists()


def slug_in(
    model: type[Launch] | type[Mission] | type[Person], slugs: Collection[str]
) -> ColumnElement[bool]:
    """Condition: the slug is one of `slugs`; for missions, the slug or an alias."""
    has_slug = model.slug.in_(slugs)
    if model is not Mission:
        return has_slug
    aliases = select(MissionAlias.mission_id).where(MissionAlias.slug.in_(slugs))
    return or_(has_slug, model.id.in_(aliases))


def still_running_on(end: ColumnExpression, day: datetime) -> ColumnElement[bool]:
    """Condition: `end` is after the start of `day`.

    An unknown end counts as now.
    """
    return or_(end > day, and_(end.is_(None), literal(has_passed(day))))
