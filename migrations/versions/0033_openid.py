"""OpenID

Revision: 0033
Before: 0032

The people who sign in with OpenID, as keys that only sessions use.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text

revision = "0033"
down_revision = "0032"

COLUMNS = {"openid_issuer": 300, "openid_subject": 255}
INDEX = "ix_api_keys_openid_issuer_openid_subject"


def upgrade() -> None:
    for name, length in COLUMNS.items():
        rule = f"length({name}) BETWEEN 1 AND {length}"
        bounds = sa.CheckConstraint(rule, name=op.f(f"ck_api_keys_{name}_bounds"))
        op.add_column("api_keys", sa.Column(name, text(length), bounds, nullable=True))
    op.create_index(op.f(INDEX), "api_keys", list(COLUMNS), unique=True)


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "api_keys")
    for name in COLUMNS:
        op.drop_column("api_keys", name)
