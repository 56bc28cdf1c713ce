"""restorations

Revision: 0009
Before: 0008
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "restorations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.CheckConstraint(
            "at >= '1950-01-01 00:00:00' AND at < '2101-01-01 00:00:00'",
            name=op.f("ck_restorations_at_bounds"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restorations")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("restorations")
