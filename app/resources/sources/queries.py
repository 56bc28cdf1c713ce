"""Queries of sources."""

from functools import cache

from sqlalchemy import and_, case, or_, select

from app.api.lists.pagination import ListQuery, fetch_page
from app.api.lists.sorting import build_orders
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import FeedSource
from app.domain.languages import tr
from app.http.problems import NotFound
from app.resources.sources.schemas import SourcePage, SourceRead

SORTS = build_orders(FeedSource.id, id=())


@cache
def _select_sources() -> AnySelect:
    columns = [column for column in FeedSource.__table__.columns if column.name != "next_at"]
    next_at = case((FeedSource.enabled, FeedSource.next_at)).label("next_at")
    return select(*columns, next_at, FeedSource.address.label("feed_url"))


def list_sources(reader: Reader, query: ListQuery) -> SourcePage:
    """A page of all sources, by id."""
    return fetch_page(
        reader, SourcePage, _select_sources(), (), SORTS, query, "sources", default_sort="id"
    )


def list_all_sources(reader: Reader) -> list[SourceRead]:
    """All sources, by id."""
    rows = reader.all(_select_sources().order_by(FeedSource.id))
    return [SourceRead.model_validate(row) for row in rows]


def list_failing_sources(reader: Reader) -> list[SourceRead]:
    """Enabled sources whose last poll failed, and sources that were disabled after failures."""
    failed = and_(FeedSource.enabled, FeedSource.last_error.is_not(None))
    condition = or_(failed, FeedSource.disabled_reason.is_not(None))
    rows = reader.all(_select_sources().where(condition).order_by(FeedSource.id))
    return [SourceRead.model_validate(row) for row in rows]


def get_source(reader: Reader, id_: int) -> SourceRead:
    """The source `id_`. Raises NotFound."""
    row = reader.first(_select_sources().where(FeedSource.id == id_))
    if row is None:
        raise source_not_found(id_)
    return SourceRead.model_validate(row)


def source_not_found(id_: int) -> NotFound:
    """The error for an unknown id."""
    return NotFound(
        tr(
            f"There is no source {id_}. See /v1/sources.",
            f"Нет источника {id_}. См. /v1/sources.",
        )
    )
