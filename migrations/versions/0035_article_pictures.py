"""article pictures

Revision: 0035
Before: 0034

Pictures of the library in the texts of articles.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

TABLE = "article_pictures"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f(f"fk_{TABLE}_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f(f"fk_{TABLE}_media_id_media")
        ),
        sa.PrimaryKeyConstraint("article_id", "media_id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_media_id"), TABLE, ["media_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
