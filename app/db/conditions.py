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
    """Whether `owner` holds for a row whose key `through` leads to one of the `slugs` of `to`.

    By EXISTS, never by a join: what is linked twice is still found once.
    """
    return select(through).join(to, to.id == through).where(owner, slug_in(to, slugs)).exists()


def slug_in(
    what: type[Launch] | type[Mission] | type[Person], slugs: Collection[str]
) -> ColumnElement[bool]:
    """Whether `what` goes by one of `slugs`; a mission by another of its names too."""
    own = what.slug.in_(slugs)
    if what is not Mission:
        return own
    aliases = select(MissionAlias.mission_id).where(MissionAlias.slug.in_(slugs))
    return or_(own, what.id.in_(aliases))


def still_running_on(end: ColumnExpression, day: datetime) -> ColumnElement[bool]:
    """Whether what ends at `end` had not ended by the start of `day`.

    What has no end yet goes on to now: nobody knows the future.
    """
    return or_(end > day, and_(end.is_(None), literal(has_passed(day))))
