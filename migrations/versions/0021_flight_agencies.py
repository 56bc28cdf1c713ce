"""flight agencies

Revision: 0021
Before: 0018

The agency that a person flew for, where it is not the agency of the person. `zarya load` fills it in
for the flights of the embedded archive.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("flights", sa.Column("agency", sa.String(60), nullable=True))


def downgrade() -> None:
    op.drop_column("flights", "agency")
