"""born on

Revision: 0015
Before: 0014

The date of birth of people. `zarya load` fills it in for the people of the embedded archive.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("people", sa.Column("born_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("people", "born_on")
