"""Tables that only grow: the database itself refuses to change or delete their rows."""

from alembic import op


def make_append_only(table: str) -> None:
    """Let the database refuse UPDATE and DELETE (and TRUNCATE, where there is one) of `table`."""
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


def drop_append_only(table: str) -> None:
    """Take back what `make_append_only` did to `table`, before it is dropped."""
    if op.get_context().dialect.name != "sqlite":
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP FUNCTION {table}_refuse()")
