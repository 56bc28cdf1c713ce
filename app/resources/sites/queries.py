"""Queries of launch sites."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select

from app.api.embeds.media import select_image
from app.api.embeds.sites import SITE_COUNTRY, select_pad_ref, select_site_ref
from app.api.lists.facets import ColumnFacet, Facet, Matches, count_facets, match_records
from app.api.lists.pagination import fetch_page
from app.api.lists.references import References
from app.api.lists.sorting import build_orders
from app.api.params import View
from app.api.slugs import get_by_slug
from app.db.conditions import has_image
from app.db.database import Reader
from app.db.functions import AnySelect, json_array_subquery
from app.db.models import Launch, Pad, Site
from app.domain.enums import RecordType
from app.resources.sites.schemas import (
    LaunchSiteFullPage,
    LaunchSitePage,
    LaunchSiteRead,
    SiteFacet,
    SiteFilters,
    SiteQuery,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Site.id, name=(Site.name_key,))
FACETS: Mapping[StrEnum, Facet] = {
    SiteFacet.COUNTRY: ColumnFacet(Site.country),
}
REFERENCES: References = {"country": SITE_COUNTRY}

_IN_COUNTRY = Site.country.in_(bindparam("country"))


def conditions(
    filters: SiteFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`; `corrections` are other spellings of the words of `q`.

    The values of their parameters are those of `parameter_values`.
    """
    where: list[ColumnElement[bool]] = [_IN_COUNTRY] if filters.country else []
    if filters.has_image is not None:
        where.append(has_image(Site, filters.has_image))
    if filters.q:
        where.append(Site.id.in_(select_matching_ids(RecordType.SITE, filters.q, corrections)))
    return where


def parameter_values(filters: SiteFilters) -> dict[str, Any]:
    """Values of the parameters in the conditions of `filters`."""
    return {"country": filters.country} if filters.country else {}


def _count_launches(where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count(Launch.id)).where(where).scalar_subquery()


@cache
def _select_summary() -> AnySelect:
    return select_site_ref().add_columns(
        Site.id,
        Site.code,
        Site.country,
        Site.latitude,
        Site.longitude,
        Site.time_zone,
        _count_launches(Launch.site_id == Site.id).label("launches_count"),
        select_image(Site.image_media_id),
        Site.updated_at,
        Site.version,
    )


@cache
def _select_full() -> AnySelect:
    pads = (
        select_pad_ref()
        .add_columns(Pad.aliases, _count_launches(Launch.pad_id == Pad.id).label("launches_count"))
        .where(Pad.site_id == Site.id)
    )
    return _select_summary().add_columns(
        Site.aliases,
        json_array_subquery(pads, Pad.ordinal).label("pads"),
        Site.sources,
        Site.created_at,
    )


def list_sites(reader: Reader, query: SiteQuery) -> LaunchSiteFullPage | LaunchSitePage:
    """List the launch sites that match."""
    is_full = query.view is View.FULL
    corrections = find_corrections(reader, query.q) if query.q else NO_CORRECTIONS

    def select_matches(others: SiteQuery) -> Matches:
        return match_records(Site.id, conditions(others, corrections), parameter_values(others))

    page: type[LaunchSiteFullPage] | type[LaunchSitePage] = (
        LaunchSiteFullPage if is_full else LaunchSitePage
    )
    return fetch_page(
        reader,
        page,
        _select_full() if is_full else _select_summary(),
        conditions(query, corrections),
        SORTS,
        query,
        "sites",
        values=parameter_values(query),
        is_reusable=not query.q,
        references=REFERENCES,
        count_facets=partial(count_facets, reader, FACETS, query, select_matches, "sites"),
    )


def get_site(reader: Reader, slug: str) -> LaunchSiteRead:
    """Get the launch site `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Site, _select_full(), LaunchSiteRead, slug)
