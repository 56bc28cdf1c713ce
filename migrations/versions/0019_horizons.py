"""horizons

Revision: 0019
Before: 0018

The times until which facts are known, by kind.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant

revision = "0019"
down_revision = "0018"

KINDS = ("crews", "launches", "dockings", "spacewalks", "news")


def upgrade() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "horizons",
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("known_until", instant(), nullable=False),
        sa.Column("moved_at", instant(), nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_horizons_kind_bounds")),
        *(
            sa.CheckConstraint(
                f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'",
                name=op.f(f"ck_horizons_{name}_bounds"),
            )
            for name in ("known_until", "moved_at")
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_horizons")),
    )


def downgrade() -> None:
    op.drop_table("horizons")
