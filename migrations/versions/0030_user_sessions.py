"""user sessions and roles

Revision: 0030
Before: 0029

Sessions of people who have signed in with an API key, and the roles of keys.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0030"
down_revision = "0029"

TABLE = "user_sessions"
TEXTS = {"token_sha256": 64, "key_id": 8}
INSTANT_BOUNDS = "{0} >= '1950-01-01 00:00:00' AND {0} < '2101-01-01 00:00:00'"
INSTANTS = ("created_at", "expires_at", "idle_expires_at")


def bounds(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}_bounds"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, text(length), nullable=False) for name, length in TEXTS.items()),
        *(sa.Column(name, instant(), nullable=False) for name in INSTANTS),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
            name=op.f(f"fk_{TABLE}_key_id_api_keys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f(f"pk_{TABLE}")),
        *(bounds(name, f"length({name}) BETWEEN 1 AND {n}") for name, n in TEXTS.items()),
        *(bounds(name, INSTANT_BOUNDS.format(name)) for name in INSTANTS),
    )
    op.create_index(op.f(f"ix_{TABLE}_key_id"), TABLE, ["key_id"])
    rule = sa.CheckConstraint("length(role) BETWEEN 1 AND 24", name=op.f("ck_api_keys_role_bounds"))
    op.add_column("api_keys", sa.Column("role", text(24), rule, nullable=True))


def downgrade() -> None:
    op.drop_column("api_keys", "role")
    op.drop_table(TABLE)
