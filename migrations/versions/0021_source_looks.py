"""source looks

Revision: 0021
Before: 0020

Sources are read page by page, within a budget of requests per host, and may cover kinds of facts,
whose horizon a complete look moves.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0021"
down_revision = "0020"

INSTANT_BOUNDS = "{0} >= '1950-01-01 00:00:00' AND {0} < '2101-01-01 00:00:00'"
TEXT_BOUNDS = "length({0}) BETWEEN 1 AND {1}"


def bounds(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}_bounds"))


def upgrade() -> None:
    op.add_column("sources", sa.Column("requests_per_hour", sa.Integer(), nullable=True))
    op.add_column(
        "sources", sa.Column("covers", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    page_bounds = bounds("sources", "next_page", TEXT_BOUNDS.format("next_page", 2000))
    op.add_column("sources", sa.Column("next_page", text(2000), page_bounds, nullable=True))
    for name in ("look_started_at", "looked_at"):
        time_bounds = bounds("sources", name, INSTANT_BOUNDS.format(name))
        op.add_column("sources", sa.Column(name, instant(), time_bounds, nullable=True))
    op.create_table(
        "source_hosts",
        sa.Column("host", text(255), nullable=False),
        sa.Column("requested_at", sa.JSON(), nullable=False),
        sa.Column("blocked_until", instant(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_source_hosts")),
        bounds("source_hosts", "host", TEXT_BOUNDS.format("host", 255)),
        bounds("source_hosts", "blocked_until", INSTANT_BOUNDS.format("blocked_until")),
    )


def downgrade() -> None:
    op.drop_table("source_hosts")
    for name in ("looked_at", "look_started_at", "next_page", "covers", "requests_per_hour"):
        op.drop_column("sources", name)
