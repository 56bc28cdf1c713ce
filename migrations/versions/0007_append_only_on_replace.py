"""append only on replace

Revision: 0007
Before: 0004
"""

from migrations.triggers import drop_refusal_of_replacement, refuse_replacement

revision = "0007"
down_revision = "0004"


def upgrade() -> None:
    refuse_replacement("audit_entries")


def downgrade() -> None:
    drop_refusal_of_replacement("audit_entries")
