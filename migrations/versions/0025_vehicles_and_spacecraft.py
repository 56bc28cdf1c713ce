"""vehicles and spacecraft

Revision: 0025
Before: 0022

Vehicles, types of spacecraft and spacecraft become records. What a launch carried is a payload.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0025"
down_revision = "0022"

PRECISIONS = ("second", "minute", "hour", "day", "month", "quarter", "year")
SPACECRAFT_KINDS = ("SC", "CV", "module", "satellite", "other")
END_KINDS = ("landed", "splashdown", "deorbited", "lost")

PAYLOAD_COLUMNS = (
    "id, launch_id, ordinal, name, slug, kind, flight_ended_at, flight_ended_at_precision, "
    "flight_ended_sort_at, end_kind"
)
PAYLOAD_INDEXES = ("flight_ended_sort_at", "id"), ("kind", "launch_id"), ("slug", "launch_id")


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def text_bounds(table: str, **lengths: int) -> Iterator[sa.CheckConstraint]:
    for name, length in lengths.items():
        yield check(table, f"{name}_bounds", f"length({name}) BETWEEN 1 AND {length}")


def instant_bounds(table: str, *names: str) -> Iterator[sa.CheckConstraint]:
    for name in names:
        rule = f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'"
        yield check(table, f"{name}_bounds", rule)


def value_bounds(table: str, name: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return check(table, f"{name}_bounds", f"{name} IN ({quoted})")


def upgrade() -> None:
    move_payloads("spacecraft", "payloads")


def downgrade() -> None:
    move_payloads("payloads", "spacecraft")


def move_payloads(former: str, table: str) -> None:
    """Move the payloads of launches into a new table, whose name its constraints have."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        *flight_end_columns(table),
        *text_bounds(table, name=120, slug=120),
        value_bounds(table, "kind", SPACECRAFT_KINDS),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launches.id"],
            name=op.f(f"fk_{table}_launch_id_launches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("launch_id", "ordinal", name=op.f(f"uq_{table}_launch_id_ordinal")),
        sqlite_autoincrement=True,
    )
    columns = PAYLOAD_COLUMNS
    op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {former}")  # noqa: S608 - ours
    if op.get_context().dialect.name == "postgresql":
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        op.execute(f"SELECT setval({sequence}, coalesce(max(id), 1)) FROM {table}")  # noqa: S608 - ours
    op.drop_table(former)
    for names in PAYLOAD_INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names))


def flight_end_columns(table: str) -> Iterator[sa.Column[Any]]:
    """Columns with their CHECKs: SQLite drops no column that a CHECK of the table names."""
    for name in ("flight_ended_at", "flight_ended_sort_at"):
        yield sa.Column(name, instant(), *instant_bounds(table, name), nullable=True)
    for name, values in (("flight_ended_at_precision", PRECISIONS), ("end_kind", END_KINDS)):
        yield sa.Column(name, sa.String(24), value_bounds(table, name, values), nullable=True)
