"""article languages

Revision: 0018
Before: 0017

Indexes for lists of a language in the order of titles, and for the totals of a language.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

TITLES = "ix_articles_language_title_key_id"
DATES = "ix_articles_language_published_sort_at_id"


def upgrade() -> None:
    op.drop_index(DATES, "articles")
    columns = ["language", "published_sort_at", "id", "published_at", "state"]
    op.create_index(f"{DATES}_published_at_state", "articles", columns)
    op.create_index(TITLES, "articles", ["language", "title_key", "id"])


def downgrade() -> None:
    op.drop_index(TITLES, "articles")
    op.drop_index(f"{DATES}_published_at_state", "articles")
    op.create_index(DATES, "articles", ["language", "published_sort_at", "id"])
