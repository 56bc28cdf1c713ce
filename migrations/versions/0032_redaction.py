"""redaction

Revision: 0032
Before: 0031

Values can be taken out of entries of the audit log, which are then marked. Triggers refuse every
other change of an entry.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

TABLE = "audit_entries"
KEPT = ("id", "at", "actor", "actor_name", "action", "type", "record_id", "slug", "request_id")
IS_NO_REDACTION = " OR ".join(
    ("NEW.redacted IS NULL", *(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT))
)
REFUSED = f"{TABLE} is append-only"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("redacted", sa.JSON()))
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {TABLE}_refuse_update")
        create_sqlite_trigger(f"WHEN {IS_NO_REDACTION} ")
        return
    create_postgresql_trigger("DELETE OR TRUNCATE")
    op.execute(
        f"CREATE TRIGGER {TABLE}_refuse_update BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"WHEN ({IS_NO_REDACTION}) EXECUTE FUNCTION {TABLE}_refuse()"
    )


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {TABLE}_refuse_update")
        create_sqlite_trigger()
    else:
        op.execute(f"DROP TRIGGER {TABLE}_refuse_update ON {TABLE}")
        create_postgresql_trigger("UPDATE OR DELETE OR TRUNCATE")
    op.drop_column(TABLE, "redacted")


def create_sqlite_trigger(condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_refuse_update BEFORE UPDATE ON {TABLE} {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    )


def create_postgresql_trigger(events: str) -> None:
    op.execute(f"DROP TRIGGER {TABLE}_append_only ON {TABLE}")
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE {events} ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()"
    )
