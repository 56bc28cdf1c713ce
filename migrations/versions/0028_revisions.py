"""revisions

Revision: 0028
Before: 0027

Index of the entries of the audit log by record: the versions of a record are read from them.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

INDEX = "ix_audit_entries_type_record_id_id"


def upgrade() -> None:
    op.create_index(op.f(INDEX), "audit_entries", ["type", "record_id", "id"])


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "audit_entries")
