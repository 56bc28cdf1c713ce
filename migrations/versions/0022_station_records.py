"""station records

Revision: 0022
Before: 0021

Modules with their ports and attachments, stays of ships at ports, ends of flights, and spacewalks,
with totals for each person.
"""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text
from migrations.search_index import empty_search_index

revision = "0022"
down_revision = "0021"

PRECISIONS = ("second", "minute", "hour", "day", "month", "quarter", "year")
MODULE_KINDS = (
    "module",
    "node",
    "airlock",
    "adapter",
    "truss",
    "platform",
    "robotics",
    "instrument",
)
DIRECTIONS = ("forward", "aft", "port", "starboard", "zenith", "nadir")

INDEXES = {
    "modules": (("attached_sort_at", "id"), ("kind",), ("launch_id",), ("name_key", "id")),
    "module_attachments": (
        ("attached_sort_at", "id"),
        ("attached_to_id",),
        ("detached_sort_at", "id"),
        ("port_id",),
    ),
    "ports": (("module_id", "ordinal"),),
    "stays": (
        ("arrived_sort_at", "id"),
        ("departed_sort_at", "id"),
        ("departed_until",),
        ("launch_id", "arrived_sort_at", "id"),
        ("port_id", "arrived_sort_at", "id"),
        ("port_id", "departed_sort_at", "id"),
    ),
    "spacewalks": (
        ("airlock_id",),
        ("duration_sort_seconds", "id"),
        ("mission_id", "starts_sort_at", "id"),
        ("operator_slug", "starts_sort_at", "id"),
        ("starts_sort_at", "id"),
    ),
    "spacewalk_members": (("person_id", "spacewalk_id"),),
    "people": (("spacewalk_seconds", "id"), ("spacewalks_count", "id")),
    "spacecraft": (("flight_ended_sort_at", "id"),),
    "missions": (("ends_sort_at", "number"),),
    "crew_assignments": (("role", "from_sort_at", "id"),),
}

SORT_KEYS = {"missions": "ends_sort_at", "crew_assignments": "from_sort_at"}
MICROSECONDS = {
    "second": 1_000_000, "minute": 6, "hour": 5, "day": 4, "month": 3, "quarter": 2, "year": 1,
}  # fmt: skip
"""Time from the sort key to the end of the period, by precision."""
NEVER = "2100-12-31 23:59:59.999999"
"""Sort key of an end that has not come."""

FLIGHT_END_COLUMNS = (
    "flight_ended_at",
    "flight_ended_at_precision",
    "flight_ended_sort_at",
    "end_kind",
)
END_KINDS = ("landed", "splashdown", "deorbited", "lost")


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def text_bounds(table: str, **lengths: int) -> Iterator[sa.CheckConstraint]:
    for name, length in lengths.items():
        yield check(table, f"{name}_bounds", f"length({name}) BETWEEN 1 AND {length}")


def instant_bounds(table: str, *names: str) -> Iterator[sa.CheckConstraint]:
    for name in names:
        rule = f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'"
        yield check(table, f"{name}_bounds", rule)


def value_bounds(table: str, name: str, values: Iterable[str]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return check(table, f"{name}_bounds", f"{name} IN ({quoted})")


def record_columns(table: str) -> Iterator[sa.schema.SchemaItem]:
    """Columns of a record, with their constraints."""
    yield sa.Column("id", sa.Integer(), nullable=False)
    yield sa.Column("slug", text(120), nullable=False)
    yield sa.Column("created_at", instant(), nullable=False)
    yield sa.Column("updated_at", instant(), nullable=False)
    yield sa.Column("version", sa.Integer(), nullable=False)
    yield sa.Column("edited", sa.Boolean(), nullable=False)
    yield from text_bounds(table, slug=120)
    yield from instant_bounds(table, "created_at", "updated_at")
    yield sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))
    yield sa.UniqueConstraint("slug", name=op.f(f"uq_{table}_slug"))


def dated(table: str, name: str, *, nullable: bool = False) -> Iterator[sa.schema.SchemaItem]:
    """Columns of an instant with a precision."""
    precision = f"{name}_precision"
    yield sa.Column(name, instant(), nullable=nullable)
    yield sa.Column(precision, sa.String(24), nullable=nullable)
    yield from instant_bounds(table, name)
    yield value_bounds(table, precision, PRECISIONS)


def derived(table: str, name: str, *, nullable: bool = False) -> Iterator[sa.schema.SchemaItem]:
    """Column of an instant that is derived from another one."""
    yield sa.Column(name, instant(), nullable=nullable)
    yield from instant_bounds(table, name)


def reference(
    table: str, name: str, target: str, *, nullable: bool = False, ondelete: str | None = None
) -> Iterator[sa.schema.SchemaItem]:
    """Column with a foreign key."""
    yield sa.Column(name, sa.Integer(), nullable=nullable)
    key = op.f(f"fk_{table}_{name}_{target}")
    yield sa.ForeignKeyConstraint([name], [f"{target}.id"], name=key, ondelete=ondelete)


def upgrade() -> None:
    create_modules()
    create_stays()
    create_spacewalks()
    add_columns()
    for table, indexes in INDEXES.items():
        for columns in indexes:
            op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def create_modules() -> None:
    table = "modules"
    op.create_table(
        table,
        *record_columns(table),
        sa.Column("name", text(120), nullable=False),
        sa.Column("name_ru", text(120), nullable=True),
        sa.Column("name_key", text(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("owners", sa.JSON(), nullable=False),
        sa.Column("owner_slugs", sa.JSON(), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=True),
        sa.Column("diameter_m", sa.Double(), nullable=True),
        sa.Column("mass_kg", sa.Integer(), nullable=True),
        sa.Column("assembly_flight", text(12), nullable=True),
        *reference(table, "launch_id", "launches", nullable=True, ondelete="SET NULL"),
        *derived(table, "attached_sort_at"),
        sa.Column("sources", sa.JSON(), nullable=False),
        value_bounds(table, "kind", MODULE_KINDS),
        *text_bounds(table, name=120, name_ru=120, name_key=120, assembly_flight=12),
        sqlite_autoincrement=True,
    )
    table = "ports"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *reference(table, "module_id", "modules", ondelete="CASCADE"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("direction", sa.String(24), nullable=False),
        sa.Column("in_service_from", sa.Date(), nullable=True),
        sa.Column("in_service_until", sa.Date(), nullable=True),
        value_bounds(table, "direction", DIRECTIONS),
        *text_bounds(table, slug=120),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ports")),
        sa.UniqueConstraint("slug", name=op.f("uq_ports_slug")),
        sqlite_autoincrement=True,
    )
    table = "module_attachments"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *reference(table, "module_id", "modules", ondelete="CASCADE"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        *reference(table, "attached_to_id", "modules", nullable=True, ondelete="SET NULL"),
        *reference(table, "port_id", "ports", nullable=True, ondelete="SET NULL"),
        *dated(table, "attached_at"),
        sa.Column("attached_at_uncertain", sa.Boolean(), nullable=False),
        *derived(table, "attached_sort_at"),
        *dated(table, "detached_at", nullable=True),
        sa.Column("detached_at_uncertain", sa.Boolean(), nullable=False),
        *derived(table, "detached_sort_at"),
        *derived(table, "detached_until", nullable=True),
        check(table, "interval", "detached_at IS NULL OR detached_at >= attached_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_attachments")),
        sa.UniqueConstraint(
            "module_id", "ordinal", name=op.f("uq_module_attachments_module_id_ordinal")
        ),
        sqlite_autoincrement=True,
    )


def create_stays() -> None:
    table = "stays"
    op.create_table(
        table,
        *record_columns(table),
        *reference(table, "launch_id", "launches", ondelete="CASCADE"),
        *reference(table, "port_id", "ports"),
        *dated(table, "arrived_at"),
        sa.Column("arrived_at_uncertain", sa.Boolean(), nullable=False),
        *derived(table, "arrived_sort_at"),
        sa.Column("arrival_kind", sa.String(24), nullable=False),
        *dated(table, "departed_at", nullable=True),
        sa.Column("departed_at_uncertain", sa.Boolean(), nullable=False),
        *derived(table, "departed_sort_at"),
        *derived(table, "departed_until", nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        value_bounds(table, "arrival_kind", ("docking", "berthing", "capture")),
        check(table, "interval", "departed_until > arrived_at"),
        sqlite_autoincrement=True,
    )


def create_spacewalks() -> None:
    table = "spacewalks"
    op.create_table(
        table,
        *record_columns(table),
        sa.Column("number", sa.Integer(), nullable=True),
        *dated(table, "starts_at"),
        sa.Column("starts_at_uncertain", sa.Boolean(), nullable=False),
        *derived(table, "starts_sort_at"),
        *dated(table, "ends_at", nullable=True),
        *derived(table, "ends_until", nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("duration_sort_seconds", sa.Integer(), nullable=False),
        sa.Column("operator", text(60), nullable=True),
        sa.Column("operator_slug", text(60), nullable=True),
        *reference(table, "airlock_id", "modules", nullable=True, ondelete="SET NULL"),
        *reference(table, "mission_id", "missions", nullable=True, ondelete="SET NULL"),
        sa.Column("purpose", text(1000), nullable=True),
        sa.Column("purpose_ru", text(1000), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        *text_bounds(table, operator=60, operator_slug=60, purpose=1000, purpose_ru=1000),
        check(table, "number_bounds", "number BETWEEN 1 AND 9999"),
        check(table, "duration_bounds", "duration_seconds BETWEEN 1 AND 86400"),
        check(table, "interval", "ends_at IS NULL OR ends_at >= starts_at"),
        sa.UniqueConstraint("number", name=op.f("uq_spacewalks_number")),
        sqlite_autoincrement=True,
    )
    table = "spacewalk_members"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *reference(table, "spacewalk_id", "spacewalks", ondelete="CASCADE"),
        *reference(table, "person_id", "people", ondelete="CASCADE"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        value_bounds(table, "role", ("ev1", "ev2", "ev3")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spacewalk_members")),
        sa.UniqueConstraint(
            "spacewalk_id", "person_id", name=op.f("uq_spacewalk_members_spacewalk_id_person_id")
        ),
        sqlite_autoincrement=True,
    )


def add_columns() -> None:
    for name in ("spacewalks_count", "spacewalk_seconds"):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
        op.add_column("people", column)
    table = "spacecraft"
    for name in ("flight_ended_at", "flight_ended_sort_at"):
        op.add_column(
            table, sa.Column(name, instant(), *instant_bounds(table, name), nullable=True)
        )
    for name, values in (("flight_ended_at_precision", PRECISIONS), ("end_kind", END_KINDS)):
        bounds = value_bounds(table, name, values)
        op.add_column(table, sa.Column(name, sa.String(24), bounds, nullable=True))

    add_sort_keys()


def add_sort_keys() -> None:
    """Sort keys of the ends of missions, and of the first days of roles."""
    for table, name in SORT_KEYS.items():
        column = sa.Column(name, instant(), *instant_bounds(table, name), nullable=True)
        op.add_column(table, column)
    case = " ".join(f"WHEN '{name}' THEN {n}" for name, n in MICROSECONDS.items())
    distance = f"(CASE ends_at_precision {case} END)"
    if op.get_context().dialect.name == "postgresql":
        end = f"ends_until - {distance} * interval '1 microsecond'"
        first_day = "(from_on + time '23:59:59.999996') AT TIME ZONE 'UTC'"
    else:
        end = "strftime('%Y-%m-%d %H:%M:%S', ends_until, '-1 second')"
        end += f" || printf('.%06d', 1000000 - {distance})"
        first_day = "from_on || ' 23:59:59.999996'"
    op.execute(f"UPDATE missions SET ends_sort_at = coalesce({end}, '{NEVER}')")  # noqa: S608 - ours
    op.execute("ALTER TABLE missions ALTER COLUMN ends_sort_at SET NOT NULL")
    op.execute(f"UPDATE crew_assignments SET from_sort_at = {first_day}")  # noqa: S608 - ours


def downgrade() -> None:
    empty_search_index()
    for table in ("changes", "former_slugs", "origins"):
        op.execute(f"DELETE FROM {table} WHERE type IN ('module', 'stay', 'spacewalk')")  # noqa: S608 - ours
    for table, name in SORT_KEYS.items():
        for columns in INDEXES[table]:
            op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
        op.drop_column(table, name)
    for table in ("spacecraft", "people"):
        for columns in INDEXES[table]:
            op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
    for name in FLIGHT_END_COLUMNS:
        op.drop_column("spacecraft", name)
    for name in ("spacewalk_seconds", "spacewalks_count"):
        op.drop_column("people", name)
    tables = "stays", "spacewalk_members", "spacewalks", "module_attachments", "ports", "modules"
    for table in tables:
        op.drop_table(table)
