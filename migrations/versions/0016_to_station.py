"""to station

Revision: 0016
Before: 0015

Launches say whether they go to the station. Of the launches that imports created, those of
satellites and other payloads that no mission refers to go elsewhere; all others go to the station.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column(
        "launches", sa.Column("to_station", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.execute(
        """
        UPDATE launches SET to_station = false
        WHERE id IN (SELECT record_id FROM origins WHERE type = 'launch' AND owned)
            AND id IN (
                SELECT launch_id FROM spacecraft
                WHERE ordinal = 1 AND kind IN ('satellite', 'other')
            )
            AND id NOT IN (SELECT launch_id FROM mission_launches)
        """
    )


def downgrade() -> None:
    op.drop_column("launches", "to_station")
