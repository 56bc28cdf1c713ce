"""origins

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "origins",
        sa.Column("scheme", text(300), nullable=False),
        sa.Column("key", text(500), nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "length(scheme) BETWEEN 1 AND 300", name=op.f("ck_origins_scheme_bounds")
        ),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 500", name=op.f("ck_origins_key_bounds")),
        sa.CheckConstraint(
            "type IN ('mission', 'person', 'launch', 'article')",
            name=op.f("ck_origins_type_bounds"),
        ),
        sa.PrimaryKeyConstraint("scheme", "key", "type", name=op.f("pk_origins")),
    )
    op.create_index(op.f("ix_origins_type_record_id"), "origins", ["type", "record_id"])
    op.create_index(op.f("ix_articles_source_url"), "articles", ["source_url"])


def downgrade() -> None:
    op.drop_index(op.f("ix_articles_source_url"), "articles")
    op.drop_table("origins")
