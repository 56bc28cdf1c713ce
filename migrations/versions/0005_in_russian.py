"""in Russian

Revision: 0005
Before: 0004
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text

revision = "0005"
down_revision = "0004"

COLUMNS = [
    ("missions", "summary_ru", 2000),
    ("mission_tasks", "text_ru", 500),
    ("launches", "outcome_note_ru", 1000),
]


def upgrade() -> None:
    # A CHECK of the column itself is added and dropped with it: SQLite need not copy the table.
    for table, name, length in COLUMNS:
        bounds = sa.CheckConstraint(
            f"length({name}) BETWEEN 1 AND {length}", name=op.f(f"ck_{table}_{name}_bounds")
        )
        op.add_column(table, sa.Column(name, text(length), bounds, nullable=True))


def downgrade() -> None:
    for table, name, _ in COLUMNS:
        op.drop_column(table, name)
