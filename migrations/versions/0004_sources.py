"""sources

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0004"
down_revision = "0003"

LENGTHS = {"name": 120, "address": 2000, "language": 3, "disabled_reason": 300, "etag": 300}
LENGTHS |= {"last_modified": 100, "last_error": 300}
INSTANTS = ("created_at", "updated_at", "next_at", "leased_until", "checked_at")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("address", text(2000), nullable=False),
        sa.Column("format", sa.String(24), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("language", text(3), nullable=True),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", text(300), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("etag", text(300), nullable=True),
        sa.Column("last_modified", text(100), nullable=True),
        sa.Column("next_at", instant(), nullable=False),
        sa.Column("leased_until", instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("checked_at", instant(), nullable=True),
        sa.Column("last_error", text(300), nullable=True),
        sa.Column("last_report", sa.JSON(), nullable=True),
        *(
            sa.CheckConstraint(
                f"length({name}) BETWEEN 1 AND {length}", name=op.f(f"ck_sources_{name}_bounds")
            )
            for name, length in LENGTHS.items()
        ),
        *(
            sa.CheckConstraint(
                f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'",
                name=op.f(f"ck_sources_{name}_bounds"),
            )
            for name in INSTANTS
        ),
        sa.CheckConstraint(
            "format IN ('feed', 'snapi', 'launch-library')", name=op.f("ck_sources_format_bounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("address", name=op.f("uq_sources_address")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sources_enabled_next_at"), "sources", ["enabled", "next_at"])


def downgrade() -> None:
    op.drop_table("sources")
