"""notes

Revision: notes
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "notes"
down_revision = "HEAD"


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("title", text(120), nullable=False),
        sa.Column("body", text(4000), nullable=False),
        sa.Column("written_at", instant(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        *(
            sa.CheckConstraint(
                f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'",
                name=op.f(f"ck_notes_{name}_bounds"),
            )
            for name in ("written_at", "created_at", "updated_at")
        ),
        *(
            sa.CheckConstraint(
                f"length({name}) BETWEEN 1 AND {length}", name=op.f(f"ck_notes_{name}_bounds")
            )
            for name, length in (("title", 120), ("body", 4000), ("slug", 120))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.UniqueConstraint("slug", name=op.f("uq_notes_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notes_written_at_id"), "notes", ["written_at", "id"])


def downgrade() -> None:
    op.drop_table("notes")
