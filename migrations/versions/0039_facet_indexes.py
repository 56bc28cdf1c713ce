"""facet indexes

Revision: 0039
Before: 0038

Indexes with all columns by which facets count stays and articles.
"""

from alembic import op

revision = "0039"
down_revision = "0038"

_OF_DEPARTURES = "stays", "departed_sort_at", "id"
_OF_SOURCES = "articles", "source_slug", "published_sort_at", "id"
_OLD_INDEXES = _OF_DEPARTURES, _OF_SOURCES
_NEW_INDEXES = (
    ("stays", "arrival_kind", "arrived_sort_at", "id"),
    (*_OF_DEPARTURES, "arrived_at", "departed_at"),
    (*_OF_SOURCES, "published_at", "state"),
)


def _replace_indexes(old: tuple[tuple[str, ...], ...], new: tuple[tuple[str, ...], ...]) -> None:
    for table, *columns in old:
        op.drop_index(op.f("_".join(["ix", table, *columns])), table)
    for table, *columns in new:
        op.create_index(op.f("_".join(["ix", table, *columns])), table, columns)


def upgrade() -> None:
    _replace_indexes(_OLD_INDEXES, _NEW_INDEXES)


def downgrade() -> None:
    _replace_indexes(_NEW_INDEXES, _OLD_INDEXES)
