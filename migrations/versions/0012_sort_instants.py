"""sort instants

Revision: 0012
Before: 0011

The ends of the periods of vague dates become sort keys: an exact date sorts by itself, a vague one
at the end of its period, after everything in it. Indexes of lists have the sort keys. The keys of
the search index follow them: the index is empty afterwards, and `zarya migrate` fills it.
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant
from migrations.search_index import empty_search_index

revision = "0012"
down_revision = "0011"

DATES = {"articles": "published", "launches": "launch", "missions": "starts"}
"""Date of each table: `published` has columns `published_at` and `published_at_precision`."""
NULLABLE = ("articles",)
"""Tables with records without a date: drafts."""

MICROSECONDS = {
    "second": 1_000_000, "minute": 6, "hour": 5, "day": 4, "month": 3, "quarter": 2, "year": 1,
}  # fmt: skip
"""Time from the sort key to the end of the period, by precision."""

Indexes = dict[str, dict[str, list[str]]]

OLD_INDEXES: Indexes = {
    "articles": {
        "ix_articles_published_at_id_state": ["published_at", "id", "state"],
        "ix_articles_language_published_at_id": ["language", "published_at", "id"],
        "ix_articles_source_slug_published_at_id": ["source_slug", "published_at", "id"],
        "ix_articles_imaged": ["published_at", "id"],
        "ix_articles_published_until": ["published_until"],
    },
    "launches": {
        "ix_launches_launch_at_id": ["launch_at", "id"],
        "ix_launches_status_launch_at_id": ["status", "launch_at", "id"],
        "ix_launches_vehicle_id_launch_at_id": ["vehicle_id", "launch_at", "id"],
        "ix_launches_site_id_launch_at_id": ["site_id", "launch_at", "id"],
        "ix_launches_launch_until": ["launch_until"],
    },
    "missions": {"ix_missions_starts_at_id": ["starts_at", "id"]},
}
NEW_INDEXES: Indexes = {
    "articles": {
        "ix_articles_published_at": ["published_at"],
        "ix_articles_published_sort_at_id_published_at_state": [
            "published_sort_at",
            "id",
            "published_at",
            "state",
        ],
        "ix_articles_language_published_sort_at_id": ["language", "published_sort_at", "id"],
        "ix_articles_source_slug_published_sort_at_id": ["source_slug", "published_sort_at", "id"],
        "ix_articles_imaged": ["published_sort_at", "id"],
    },
    "launches": {
        "ix_launches_launch_at": ["launch_at"],
        "ix_launches_launch_sort_at_id": ["launch_sort_at", "id"],
        "ix_launches_status_launch_sort_at_id": ["status", "launch_sort_at", "id"],
        "ix_launches_vehicle_id_launch_sort_at_id": ["vehicle_id", "launch_sort_at", "id"],
        "ix_launches_site_id_launch_sort_at_id": ["site_id", "launch_sort_at", "id"],
    },
    "missions": {"ix_missions_starts_sort_at_number": ["starts_sort_at", "number"]},
}
PARTIAL_INDEXES = {"ix_articles_imaged": sa.text("image_url IS NOT NULL")}


def upgrade() -> None:
    drop_indexes(OLD_INDEXES)
    for table, date in DATES.items():
        replace_column(table, date, f"{date}_until", f"{date}_sort_at", sort_key)
    create_indexes(NEW_INDEXES)
    empty_search_index()


def downgrade() -> None:
    empty_search_index()
    drop_indexes(NEW_INDEXES)
    for table, date in DATES.items():
        replace_column(table, date, f"{date}_sort_at", f"{date}_until", end_of_period)
    create_indexes(OLD_INDEXES)


def replace_column(
    table: str, date: str, old: str, new: str, compute: Callable[[str, str], str]
) -> None:
    """Replace the column `old` by `new`, computed from it and the distance in microseconds."""
    dialect = op.get_context().dialect
    # With its CHECK: added later, SQLite 3.53 would refuse the nulls of drafts.
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {new} {instant().compile(dialect=dialect)} "
        f"CONSTRAINT ck_{table}_{new}_bounds "
        f"CHECK ({new} >= '1950-01-01 00:00:00' AND {new} < '2101-01-01 00:00:00')"
    )
    cases = [f"WHEN '{precision}' THEN {n}" for precision, n in MICROSECONDS.items()]
    distance = f"CASE {date}_at_precision {' '.join(cases)} END"
    op.execute(f"UPDATE {table} SET {new} = {compute(old, distance)}")  # noqa: S608 - ours
    if table not in NULLABLE:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL")
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{old}_bounds")
    op.drop_column(table, old)


def sort_key(end: str, distance: str) -> str:
    if op.get_context().dialect.name == "postgresql":
        return f"{end} - ({distance}) * interval '1 microsecond'"
    # SQLite counts time in milliseconds.
    second = f"strftime('%Y-%m-%d %H:%M:%S', {end}, '-1 second')"
    return f"{second} || printf('.%06d', 1000000 - ({distance}))"


def end_of_period(key: str, distance: str) -> str:
    if op.get_context().dialect.name == "postgresql":
        return f"{key} + ({distance}) * interval '1 microsecond'"
    return f"strftime('%Y-%m-%d %H:%M:%S', substr({key}, 1, 19), '+1 second') || '.000000'"


def drop_indexes(indexes: Indexes) -> None:
    for table, names in indexes.items():
        for name in names:
            op.drop_index(name, table)


def create_indexes(indexes: Indexes) -> None:
    for table, names in indexes.items():
        for name, columns in names.items():
            where = PARTIAL_INDEXES.get(name)
            op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
