"""webhook deliveries

Revision: 0027
Before: 0022

The last attempts to deliver messages to each webhook, and messages to send once on request.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0027"
down_revision = "0026"

TABLE = "webhook_deliveries"
INSTANT_BOUNDS = "{0} >= '1950-01-01 00:00:00' AND {0} < '2101-01-01 00:00:00'"
TEXTS = {
    "message_id": 80,
    "message_type": 60,
    "request_url": 2000,
    "request_body": 20_000,
    "response_body": 2000,
    "error": 300,
}
INSTANTS = ("created_at", "attempted_at", "next_attempt_at")


def bounds(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}_bounds"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("message_id", text(80), nullable=False),
        sa.Column("message_type", text(60), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("attempted_at", instant(), nullable=True),
        sa.Column("next_attempt_at", instant(), nullable=True),
        sa.Column("request_url", text(2000), nullable=True),
        sa.Column("request_headers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("request_body", text(20_000), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("response_body", text(2000), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("error", text(300), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f(f"fk_{TABLE}_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        *(bounds(name, f"length({name}) BETWEEN 1 AND {size}") for name, size in TEXTS.items()),
        *(bounds(name, INSTANT_BOUNDS.format(name)) for name in INSTANTS),
        sqlite_autoincrement=True,
    )
    columns = ["webhook_id", "attempted_at", "id"]
    op.create_index(op.f(f"ix_{TABLE}_webhook_id_attempted_at_id"), TABLE, columns)


def downgrade() -> None:
    op.drop_table(TABLE)
