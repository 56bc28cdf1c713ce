"""search

Revision: 0008
Before: 0007

The index comes empty: `zarya migrate` fills it from the records, as `zarya reindex` does.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "type IN ('mission', 'person', 'launch', 'article')",
            name=op.f("ck_search_documents_type_bounds"),
        ),
        sa.PrimaryKeyConstraint("type", "record_id", name=op.f("pk_search_documents")),
        sa.UniqueConstraint("place", name=op.f("uq_search_documents_place")),
    )
    op.create_table(
        "search_words",
        sa.Column("word", text(80), nullable=False),
        sa.Column("backwards", text(80), nullable=False),
        *(
            sa.CheckConstraint(
                f"length({name}) BETWEEN 1 AND 80", name=op.f(f"ck_search_words_{name}_bounds")
            )
            for name in ("word", "backwards")
        ),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(op.f("ix_search_words_backwards"), "search_words", ["backwards"])
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5 (names, title, lead, body, content = '', "
            "contentless_delete = 1, prefix = '1 2 3', tokenize = 'ascii tokenchars _')"
        )
        return
    op.execute(
        "CREATE TABLE search_index (place bigint PRIMARY KEY, names tsvector NOT NULL, "
        "title tsvector NOT NULL, head tsvector NOT NULL, words tsvector NOT NULL)"
    )
    for vector in ("names", "title", "head", "words"):
        op.execute(f"CREATE INDEX ix_search_index_{vector} ON search_index USING gin ({vector})")


def downgrade() -> None:
    op.execute("DROP TABLE search_index")
    op.drop_table("search_words")
    op.drop_table("search_documents")
