"""article titles

Revision: 0018
Before: 0017

Indexes for lists of a language or a source in the order of titles, and for totals of a language.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

FILTERS = ["language", "source_slug"]
DATES = "ix_articles_language_published_sort_at_id"


def upgrade() -> None:
    op.drop_index(DATES, "articles")
    columns = ["language", "published_sort_at", "id", "published_at", "state"]
    op.create_index(f"{DATES}_published_at_state", "articles", columns)
    for name in FILTERS:
        op.create_index(f"ix_articles_{name}_title_key_id", "articles", [name, "title_key", "id"])


def downgrade() -> None:
    for name in FILTERS:
        op.drop_index(f"ix_articles_{name}_title_key_id", "articles")
    op.drop_index(f"{DATES}_published_at_state", "articles")
    op.create_index(DATES, "articles", ["language", "published_sort_at", "id"])
