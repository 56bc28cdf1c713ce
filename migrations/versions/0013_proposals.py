"""proposals

Revision: 0013
Before: 0012

Origins remember records that an import recognised, beside those that it created.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "origins", sa.Column("owned", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("origins", sa.Column("schedule", sa.JSON(), nullable=True))
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("scheme", text(300), nullable=False),
        sa.Column("key", text(500), nullable=False),
        sa.Column("title", text(300), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("publish", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("evidence", text(300), nullable=False),
        sa.Column("candidate_ids", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.CheckConstraint(
                f"length({name}) BETWEEN 1 AND {length}",
                name=op.f(f"ck_proposals_{name}_bounds"),
            )
            for name, length in (
                ("scheme", 300), ("key", 500), ("title", 300), ("evidence", 300),
            )
        ),
        *(
            sa.CheckConstraint(
                f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'",
                name=op.f(f"ck_proposals_{name}_bounds"),
            )
            for name in ("created_at", "updated_at")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'merged', 'separate')", name=op.f("ck_proposals_status_bounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("scheme", "key", "type", name=op.f("uq_proposals_scheme_key_type")),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index(op.f("ix_proposals_status_id"), "proposals", ["status", "id"])
    op.create_index(op.f("ix_proposals_type_status_id"), "proposals", ["type", "status", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM origins WHERE NOT owned")
    op.drop_table("proposals")
    op.drop_column("origins", "schedule")
    op.drop_column("origins", "owned")
