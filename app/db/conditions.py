"""SQL conditions shared by several resources."""

from collections.abc import Collection
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.functions import (
    AnySelect,
    ColumnExpression,
    current_time_param,
    hide_from_planner,
    select_json_values,
)
from app.db.horizon import is_within_horizon
from app.db.models import (
    Agency,
    AgencyName,
    Article,
    ArticleLink,
    IllustratedRecord,
    Launch,
    Mission,
    MissionAlias,
    Person,
    Site,
    VersionedRecord,
    mission_number,
)
from app.domain.clock import current_second, has_passed
from app.domain.enums import ArticleState, HorizonKind


@lru_cache(maxsize=256)
def select_ids(
    id_: InstrumentedAttribute[int], where: tuple[ColumnElement[bool], ...]
) -> AnySelect:
    """Select the ids `id_` of rows that fulfil all of `where`; cached by identity of its items."""
    return select(id_).where(*where)


@cache
def article_is_public(
    article: type[Article] | type[ArticleLink] = Article,
) -> ColumnElement[bool]:
    """Condition: the article is published, and its publication time has come.

    The time of the next publication is tracked for the whole archive
    (`app.http.cache.generation`), not by each statement.
    """
    has_come = hide_from_planner(article.published_at) <= current_time_param()
    return and_(article.state == ArticleState.PUBLISHED, has_come)


RelatedModel = type[Launch] | type[Mission] | type[Person]

Slugs = Collection[str] | BindParameter[Any]
"""Slugs, or a parameter for them."""


def has_related(
    model: RelatedModel,
    slugs: Slugs,
    foreign_key: InstrumentedAttribute[Any],
    owner: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Condition: a record of `model` with one of `slugs` is related through `foreign_key`.

    `owner` joins the table of `foreign_key` to the outer statement. An EXISTS subquery, because a
    join would repeat rows with several related records.
    """
    related = select(foreign_key).join(model, model.id == foreign_key)
    return related.where(owner, slug_in(model, slugs)).exists()


def slug_in(model: RelatedModel, slugs: Slugs) -> ColumnElement[bool]:
    """Condition: the slug of `model` is one of `slugs`; for missions also an alias or a number.

    The values of a parameter for slugs are `slug_values`.
    """
    own = model.slug.in_(slugs)
    if model is not Mission:
        return own
    aliases = select(MissionAlias.mission_id).where(MissionAlias.slug.in_(slugs))
    numbers: Any = (
        bindparam(f"{slugs.key}_number")
        if isinstance(slugs, BindParameter)
        else _mission_numbers(slugs)
    )
    return or_(own, Mission.id.in_(aliases), Mission.number.in_(numbers))


def slug_values(model: RelatedModel, name: str, slugs: Collection[str]) -> dict[str, list[Any]]:
    """Values of the parameters of `slug_in(model, bindparam(name))`."""
    values: dict[str, list[Any]] = {name: list(slugs)}
    return values | ({f"{name}_number": _mission_numbers(slugs)} if model is Mission else {})


def _mission_numbers(slugs: Collection[str]) -> list[int]:
    return [number for slug in slugs if (number := mission_number(slug)) is not None]


def select_agency_ids(keys: Slugs) -> AnySelect:
    """Select the ids of the agencies with one of `keys`, each the `agency_key` of a name."""
    return select(AgencyName.agency_id).where(AgencyName.key.in_(keys))


SITE_NAMES = select_json_values(Site.id, Site.name_slugs)
"""Slugs of all names of each site."""


def has_name(model: type[VersionedRecord], name: str) -> ColumnElement[bool] | None:
    """Condition: a record of `model` has the name whose slug is `name`; None if they have none.

    For missions, agencies and sites, which have other names than their slug.
    """
    if model is Mission:
        return slug_in(Mission, [name])
    if model is Agency:
        return Agency.id.in_(select_agency_ids([name]))
    if model is Site:
        names = SITE_NAMES.subquery()
        return Site.id.in_(select(names.c.id).where(names.c.value == name))
    return None


def still_running_on(
    end: ColumnExpression, day: datetime, kind: HorizonKind
) -> ColumnElement[bool]:
    """Condition: a period with the exclusive end `end` had not ended by the start of `day`.

    A period without an end lasts until now. Nothing is so behind an outdated horizon of `kind`.
    """
    running = or_(end > day, and_(end.is_(None), literal(has_passed(day))))
    return and_(running, is_within_horizon(kind, day, current_second()))


@cache
def has_image(model: type[IllustratedRecord], wanted: bool) -> ColumnElement[bool]:
    """Condition: the record of `model` has an image, or has none; one object for each choice."""
    column = model.image_media_id
    return column.is_not(None) if wanted else column.is_(None)
