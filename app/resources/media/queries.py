"""Queries of media."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import ColumnElement, false, select, true

from app.api.embeds.media import select_picture
from app.api.lists.pagination import ListQuery, fetch_page
from app.api.lists.sorting import build_orders
from app.api.slugs import get_by_slug
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Media
from app.domain.enums import RecordType
from app.resources.media.schemas import (
    MediaFilters,
    MediaPage,
    MediaPreview,
    MediaQuery,
    MediaRead,
    UnpublishedMediaPage,
)
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Media.id, created_at=(Media.created_at,))
UNPUBLISHED_SORTS = build_orders(Media.id, updated_at=(Media.updated_at,))


def media_is_public() -> ColumnElement[bool]:
    """Condition: the picture is published."""
    return Media.published == true()


def conditions(
    filters: MediaFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of the filters of media."""
    where: list[ColumnElement[bool]] = []
    if filters.q:
        where.append(Media.id.in_(select_matching_ids(RecordType.MEDIA, filters.q, corrections)))
    if filters.licence:
        where.append(Media.licence == filters.licence)
    if filters.taken_on_gte:
        where.append(Media.taken_on >= filters.taken_on_gte)
    if filters.taken_on_lt:
        where.append(Media.taken_on < filters.taken_on_lt)
    return where


def list_media(reader: Reader, query: MediaQuery) -> MediaPage:
    """List the published pictures that match."""
    where = conditions(query, find_corrections(reader, query.q) if query.q else NO_CORRECTIONS)
    return fetch_page(reader, MediaPage, _select_public(), where, SORTS, query, "media")


def list_unpublished_media(reader: Reader, query: ListQuery) -> UnpublishedMediaPage:
    """List the pictures that are not published, last updated first."""
    return fetch_page(
        reader,
        UnpublishedMediaPage,
        _select_previews(),
        [Media.published == false()],
        UNPUBLISHED_SORTS,
        query,
        "unpublished-media",
        default_sort="-updated_at",
    )


def get_media(reader: Reader, slug: str) -> MediaRead:
    """Get the published picture `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Media, _select_public(), MediaRead, slug)


def get_media_preview(reader: Reader, slug: str) -> MediaPreview:
    """Get the picture `slug`, published or not. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Media, _select_previews(), MediaPreview, slug)


def find_stored_contents(reader: Reader, digests: Collection[str]) -> set[str]:
    """Those of `digests` that a record has."""
    rows = reader.all(select(Media.content).where(Media.content.in_(digests)))
    return {row["content"] for row in rows}


@cache
def _select_public() -> AnySelect:
    return _select_media().where(media_is_public())


@cache
def _select_previews() -> AnySelect:
    return _select_media().add_columns(Media.published)


@cache
def _select_media() -> AnySelect:
    return select_picture().add_columns(
        Media.id,
        Media.slug,
        Media.source_url,
        Media.taken_on,
        Media.created_at,
        Media.updated_at,
        Media.version,
    )
