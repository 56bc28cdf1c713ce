"""preview links

Revision: 0029
Before: 0028

Links to the pages of articles that are not public.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0029"
down_revision = "0028"

TABLE = "preview_links"
INSTANT_BOUNDS = "{0} >= '1950-01-01 00:00:00' AND {0} < '2101-01-01 00:00:00'"
INSTANTS = ("created_at", "expires_at")


def bounds(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}_bounds"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", text(64), nullable=False),
        *(sa.Column(name, instant(), nullable=False) for name in INSTANTS),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f(f"fk_{TABLE}_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("token_sha256", name=op.f(f"uq_{TABLE}_token_sha256")),
        bounds("token_sha256", "length(token_sha256) BETWEEN 1 AND 64"),
        *(bounds(name, INSTANT_BOUNDS.format(name)) for name in INSTANTS),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{TABLE}_article_id_expires_at"), TABLE, ["article_id", "expires_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
