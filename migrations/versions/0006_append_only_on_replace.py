"""append only on replace

Revision: 0006
Before: 0005
"""

from migrations.triggers import drop_refusal_of_replacement, refuse_replacement

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    refuse_replacement("audit_entries")


def downgrade() -> None:
    drop_refusal_of_replacement("audit_entries")
