"""trash

Revision: 0031
Before: 0030

Index of the deletions in the audit log: the trash is read from them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

INDEX = "ix_audit_entries_deletions"
IS_DELETION = sa.text("action = 'delete'")


def upgrade() -> None:
    op.create_index(
        INDEX,
        "audit_entries",
        ["at", "id"],
        sqlite_where=IS_DELETION,
        postgresql_where=IS_DELETION,
    )


def downgrade() -> None:
    op.drop_index(INDEX, "audit_entries")
