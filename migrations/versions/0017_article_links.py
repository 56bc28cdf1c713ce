"""article links

Revision: 0017
Before: 0016

The links of articles have copies of the columns by which lists of articles are sorted, filtered
and counted by day, with an index in each order of lists.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0017"
down_revision = "0016"

LINKS = {
    "article_tags": "tag",
    "article_missions": "mission_id",
    "article_people": "person_id",
    "article_launches": "launch_id",
}
FORMER_INDEXES = {
    "article_tags": ["tag", "article_id"],
    "article_missions": ["mission_id"],
    "article_people": ["person_id"],
    "article_launches": ["launch_id"],
}
_INSTANT = "{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'"
_PRECISIONS = "'second', 'minute', 'hour', 'day', 'month', 'quarter', 'year'"
CALENDAR_COLUMNS = ["published_at", "published_at_precision", "language", "state"]
COPIES: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
    "published_sort_at": (instant(), _INSTANT),
    "title_key": (text(300), "length({name}) BETWEEN 1 AND 300"),
    "published_at": (instant(), _INSTANT),
    "published_at_precision": (sa.String(24), f"{{name}} IN ({_PRECISIONS})"),
    "language": (text(8), "length({name}) BETWEEN 1 AND 8"),
    "state": (sa.String(24), "{name} IN ('draft', 'published', 'unpublished', 'deleted')"),
}
"""Copied columns: type and CHECK."""


def upgrade() -> None:
    dialect = op.get_context().dialect
    for table, link in LINKS.items():
        drop_former_index(table)
        for name, (type_, check) in COPIES.items():
            # With its CHECK: added later, SQLite would rebuild the table.
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {name} {type_.compile(dialect=dialect)} "
                f"CONSTRAINT ck_{table}_{name}_bounds CHECK ({check.format(name=name)})"
            )
        copies = ", ".join(f"{name} = articles.{name}" for name in COPIES)
        op.execute(f"UPDATE {table} SET {copies} FROM articles WHERE articles.id = article_id")  # noqa: S608 - ours
        dates = [link, "published_sort_at", "article_id", *CALENDAR_COLUMNS]
        op.create_index(f"ix_{table}_dates", table, dates)
        op.create_index(f"ix_{table}_titles", table, [link, "title_key", "article_id"])


def downgrade() -> None:
    for table in LINKS:
        op.drop_index(f"ix_{table}_titles", table)
        op.drop_index(f"ix_{table}_dates", table)
        for name in COPIES:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}_bounds")
            op.drop_column(table, name)
        columns = FORMER_INDEXES[table]
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def drop_former_index(table: str) -> None:
    op.drop_index(f"ix_{table}_{'_'.join(FORMER_INDEXES[table])}", table)
