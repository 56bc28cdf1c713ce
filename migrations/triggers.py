"""Triggers of append-only tables, which refuse to change or delete rows."""

from alembic import op


def make_append_only(table: str) -> None:
    """Create triggers that refuse UPDATE, DELETE and TRUNCATE of `table`."""
    refused = f"{table} is append-only"
    if op.get_context().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refused}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def refuse_replacement(table: str) -> None:
    """Create a trigger on SQLite that refuses INSERT OR REPLACE, which fires no DELETE trigger.

    PostgreSQL has no such statement; its ON CONFLICT DO UPDATE is an UPDATE.
    """
    if op.get_context().dialect.name == "sqlite":
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 - no input
        op.execute(
            f"CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table} WHEN {taken} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def drop_refusal_of_replacement(table: str) -> None:
    """Drop the trigger of `refuse_replacement`."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_refuse_replace")


def drop_append_only(table: str) -> None:
    """Drop the triggers of `make_append_only`, before `table` is dropped."""
    if op.get_context().dialect.name != "sqlite":
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP FUNCTION {table}_refuse()")
