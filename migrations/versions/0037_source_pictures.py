"""source pictures

Revision: 0037
Before: 0036

Whether the pictures of the entries of a source are fetched; null: if the source is trusted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("sources", sa.Column("pictures", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("sources", "pictures")
