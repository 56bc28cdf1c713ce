"""flight agencies

Revision: 0020
Before: 0018

The agency that a person flew for, where it is not the agency of the person. `zarya load` fills it in
for the flights of the embedded archive.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    bounds = sa.CheckConstraint(
        "length(agency) BETWEEN 1 AND 60", name=op.f("ck_flights_agency_bounds")
    )
    op.add_column("flights", sa.Column("agency", text(60), bounds, nullable=True))


def downgrade() -> None:
    op.drop_column("flights", "agency")
