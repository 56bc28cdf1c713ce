"""open types

Revision: 0011
Before: 0010

The columns for record types lose their CHECKs, so that a new type changes no table. The columns
`search_text`, which no query reads, are dropped. The keys of the search index change: the index is
empty afterwards, and `zarya migrate` fills it from the records.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text
from migrations.search_index import empty_search_index

revision = "0011"
down_revision = "0010"

TYPED = ("changes", "former_slugs", "origins", "search_documents")
TYPES = "'mission', 'person', 'launch', 'article'"
SEARCHED = {
    "articles": (2000, "title_key"),
    "people": (4000, "name_key"),
    "launches": (1000, "slug"),
    "missions": (4000, "slug"),
}
"""Length of `search_text`, and the column that a downgrade fills it from."""


def upgrade() -> None:
    for table in TYPED:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_type_bounds")
    for table in SEARCHED:
        # SQLite 3.53 can drop constraints without copying the table.
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_search_text_bounds")
        op.drop_column(table, "search_text")
    empty_search_index()


def downgrade() -> None:
    empty_search_index()
    for table, (length, source) in SEARCHED.items():
        op.add_column(table, sa.Column("search_text", text(length), nullable=True))
        op.execute(f"UPDATE {table} SET search_text = {source}")  # noqa: S608 - ours
        op.execute(f"ALTER TABLE {table} ALTER COLUMN search_text SET NOT NULL")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_search_text_bounds "
            f"CHECK (length(search_text) BETWEEN 1 AND {length})"
        )
    for table in TYPED:
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_type_bounds CHECK (type IN ({TYPES}))"
        )
