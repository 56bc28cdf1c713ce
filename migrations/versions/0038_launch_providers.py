"""launch providers

Revision: 0038
Before: 0037

The agency that launches, as a foreign key.
"""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE launches ADD COLUMN provider_id INTEGER "
        "CONSTRAINT fk_launches_provider_id_agencies REFERENCES agencies (id)"
    )
    op.create_index(
        op.f("ix_launches_provider_id_launch_sort_at_id"),
        "launches",
        ["provider_id", "launch_sort_at", "id"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_launches_provider_id_launch_sort_at_id"), "launches")
    op.drop_column("launches", "provider_id")
