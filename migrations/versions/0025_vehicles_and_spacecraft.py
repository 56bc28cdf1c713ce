"""vehicles and spacecraft

Revision: 0025
Before: 0022

Vehicles, types of spacecraft and spacecraft become records. What a launch carried is a payload.
"""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from migrations.columns import instant, text
from migrations.search_index import empty_search_index

revision = "0025"
down_revision = "0024"

PRECISIONS = ("second", "minute", "hour", "day", "month", "quarter", "year")
SPACECRAFT_KINDS = ("SC", "CV", "module", "satellite", "other")
INSTANT_BOUNDS = "{0} >= '1950-01-01 00:00:00' AND {0} < '2101-01-01 00:00:00'"
REQUIRED_COLUMNS = "name_key", "sources", "created_at", "updated_at", "version", "edited"
FACT_COLUMNS = "variant", "maker", "stages", "height_m", "diameter_m", "mass_kg"
VEHICLE_TEXTS = {"slug": 120, "name_key": 80, "variant": 40, "maker": 120}
END_KINDS = ("landed", "splashdown", "deorbited", "lost")

PAYLOAD_COLUMNS = (
    "id, launch_id, ordinal, name, slug, kind, flight_ended_at, flight_ended_at_precision, "
    "flight_ended_sort_at, end_kind"
)
SPACECRAFT_INDEXES = {
    "spacecraft_types": (("kind",), ("maker",), ("name_key", "id")),
    "spacecraft": (("name_key", "id"), ("operator",), ("type_id", "name_key", "id")),
}
PAYLOAD_INDEXES = ("flight_ended_sort_at", "id"), ("kind", "launch_id"), ("slug", "launch_id")


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def text_bounds(table: str, **lengths: int) -> Iterator[sa.CheckConstraint]:
    for name, length in lengths.items():
        yield check(table, f"{name}_bounds", f"length({name}) BETWEEN 1 AND {length}")


def instant_bounds(table: str, *names: str) -> Iterator[sa.CheckConstraint]:
    for name in names:
        yield check(table, f"{name}_bounds", INSTANT_BOUNDS.format(name))


def value_bounds(table: str, name: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return check(table, f"{name}_bounds", f"{name} IN ({quoted})")


def upgrade() -> None:
    empty_search_index()
    make_vehicles_records()
    move_payloads("spacecraft", "payloads")
    create_spacecraft()


def downgrade() -> None:
    empty_search_index()
    for table in ("changes", "former_slugs", "origins"):
        types = "'vehicle', 'spacecraft', 'spacecraft_type'"
        op.execute(f"DELETE FROM {table} WHERE type IN ({types})")  # noqa: S608 - ours
    op.drop_index(op.f("ix_payloads_spacecraft_id_launch_id"), "payloads")
    op.drop_column("payloads", "spacecraft_id")
    op.drop_table("spacecraft")
    op.drop_table("spacecraft_types")
    move_payloads("payloads", "spacecraft")
    make_vehicles_rows()


def make_vehicles_records() -> None:
    """Add the columns of a record to the vehicles, and what is known of them."""
    table, known = "vehicles", former_vehicles()
    for column in new_vehicle_columns():
        op.add_column(table, column)
    for column in new_vehicle_columns():
        known.append_column(column)
    fill_vehicles()
    options = {"sqlite_autoincrement": True}
    with op.batch_alter_table(table, copy_from=known, table_kwargs=options) as vehicles:
        vehicles.drop_constraint(op.f("ck_vehicles_slug_bounds"), type_="check")
        vehicles.alter_column("slug", existing_type=text(80), type_=text(120))
        for name in REQUIRED_COLUMNS:
            vehicles.alter_column(name, nullable=False)
        vehicles.create_unique_constraint(op.f("uq_vehicles_name_key"), ["name_key"])
        for name, length in VEHICLE_TEXTS.items():
            rule = f"length({name}) BETWEEN 1 AND {length}"
            vehicles.create_check_constraint(op.f(f"ck_vehicles_{name}_bounds"), rule)
        for name in ("created_at", "updated_at"):
            vehicles.create_check_constraint(
                op.f(f"ck_vehicles_{name}_bounds"), INSTANT_BOUNDS.format(name)
            )
    op.create_index(op.f("ix_vehicles_maker"), table, ["maker"])
    op.create_index(op.f("ix_vehicles_name_key_id"), table, ["name_key", "id"])
    op.create_index(op.f("ix_launches_vehicle_id_status"), "launches", ["vehicle_id", "status"])


def new_vehicle_columns() -> Iterator[sa.Column[Any]]:
    yield sa.Column("name_key", text(80), nullable=True)
    for name, length in (("variant", 40), ("maker", 120)):
        yield sa.Column(name, text(length), nullable=True)
    for name in ("stages", "mass_kg"):
        yield sa.Column(name, sa.Integer(), nullable=True)
    for name in ("height_m", "diameter_m"):
        yield sa.Column(name, sa.Double(), nullable=True)
    yield sa.Column("sources", sa.JSON(), nullable=True)
    for name in ("created_at", "updated_at"):
        yield sa.Column(name, instant(), nullable=True)
    yield sa.Column("version", sa.Integer(), nullable=True)
    yield sa.Column("edited", sa.Boolean(), nullable=True)


def former_vehicles() -> sa.Table:
    """Table of the previous revision: SQLite alters it by copying, also in offline mode."""
    names = "slug", "name", "family", "family_slug"
    return sa.Table(
        "vehicles",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, text(80), nullable=False) for name in names),
        *text_bounds("vehicles", **dict.fromkeys(names, 80)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("slug", name=op.f("uq_vehicles_slug")),
        sa.Index(op.f("ix_vehicles_family_slug"), "family_slug"),
    )


def fill_vehicles() -> None:
    """Fill the columns of a record, and record a change of each vehicle.

    Printed SQL, which cannot fold names, has only their lower case.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    vehicles = sa.table(
        "vehicles",
        sa.column("id", sa.Integer()),
        sa.column("name", sa.String()),
        sa.column("name_key", sa.String()),
        sa.column("sources", sa.JSON()),
        sa.column("created_at", instant()),
        sa.column("updated_at", instant()),
        sa.column("version", sa.Integer()),
        sa.column("edited", sa.Boolean()),
    )
    record = {
        "name_key": sa.func.substr(sa.func.lower(vehicles.c.name), 1, 80),
        "sources": sa.text("'[]'"),
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "edited": False,
    }
    op.execute(sa.update(vehicles).values(record))
    if not context.is_offline_mode():
        connection = op.get_bind()
        for id_, name in connection.execute(sa.select(vehicles.c.id, vehicles.c.name)).all():
            key = sa.update(vehicles).where(vehicles.c.id == id_).values(name_key=fold(name)[:80])
            connection.execute(key)
    changes = sa.table("changes", *map(sa.column, ("type", "record_id", "changed_at")))
    change = sa.select(sa.literal("vehicle"), vehicles.c.id, vehicles.c.created_at)
    names = ["type", "record_id", "changed_at"]
    op.execute(sa.insert(changes).from_select(names, change.order_by(vehicles.c.id)))


def fold(text: str) -> str:
    """Fold `text` as version 0.1.0 does: no case, no diacritics, single spaces."""
    cased = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    apart = unicodedata.normalize("NFKD", cased.replace("\0", "").replace("й", "\0"))
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(plain.replace("\0", "й").split())


def make_vehicles_rows() -> None:
    """Drop the columns of a record; slugs get their former length."""
    op.drop_index(op.f("ix_launches_vehicle_id_status"), "launches")
    for name in ("maker", "name_key_id"):
        op.drop_index(op.f(f"ix_vehicles_{name}"), "vehicles")
    op.execute("UPDATE vehicles SET slug = 'vehicle-' || id WHERE length(slug) > 80")
    with op.batch_alter_table("vehicles", table_kwargs={"sqlite_autoincrement": True}) as vehicles:
        vehicles.drop_constraint(op.f("uq_vehicles_name_key"), type_="unique")
        for name in (*VEHICLE_TEXTS, "created_at", "updated_at"):
            vehicles.drop_constraint(op.f(f"ck_vehicles_{name}_bounds"), type_="check")
        for name in (*REQUIRED_COLUMNS, *FACT_COLUMNS):
            vehicles.drop_column(name)
        vehicles.alter_column("slug", existing_type=text(120), type_=text(80))
        vehicles.create_check_constraint(
            op.f("ck_vehicles_slug_bounds"), "length(slug) BETWEEN 1 AND 80"
        )


def record_columns(table: str) -> Iterator[sa.schema.SchemaItem]:
    """Columns of a record with a name, and their constraints."""
    yield sa.Column("id", sa.Integer(), nullable=False)
    yield sa.Column("slug", text(120), nullable=False)
    for name in ("name", "name_key"):
        yield sa.Column(name, text(120), nullable=False)
    yield sa.Column("sources", sa.JSON(), nullable=False)
    for name in ("created_at", "updated_at"):
        yield sa.Column(name, instant(), nullable=False)
    yield sa.Column("version", sa.Integer(), nullable=False)
    yield sa.Column("edited", sa.Boolean(), nullable=False)
    yield from text_bounds(table, slug=120, name=120, name_key=120)
    yield from instant_bounds(table, "created_at", "updated_at")
    yield sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))
    yield sa.UniqueConstraint("slug", name=op.f(f"uq_{table}_slug"))


def create_spacecraft() -> None:
    table = "spacecraft_types"
    op.create_table(
        table,
        *record_columns(table),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("maker", text(120), nullable=True),
        sa.Column("crewed", sa.Boolean(), nullable=False),
        sa.Column("crew_capacity", sa.Integer(), nullable=True),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("diameter_m", sa.Double(), nullable=True),
        value_bounds(table, "kind", SPACECRAFT_KINDS),
        *text_bounds(table, maker=120),
        sqlite_autoincrement=True,
    )
    table = "spacecraft"
    key = op.f("fk_spacecraft_type_id_spacecraft_types")
    op.create_table(
        table,
        *record_columns(table),
        sa.Column("type_id", sa.Integer(), nullable=False),
        sa.Column("operator", text(120), nullable=True),
        sa.Column("serial", text(40), nullable=True),
        *text_bounds(table, operator=120, serial=40),
        sa.ForeignKeyConstraint(["type_id"], ["spacecraft_types.id"], name=key),
        sqlite_autoincrement=True,
    )
    for table, indexes in SPACECRAFT_INDEXES.items():
        for names in indexes:
            op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names))
    # With its foreign key: added later, SQLite would rebuild the table.
    op.execute(
        "ALTER TABLE payloads ADD COLUMN spacecraft_id INTEGER "
        "CONSTRAINT fk_payloads_spacecraft_id_spacecraft REFERENCES spacecraft (id)"
    )
    columns = ["spacecraft_id", "launch_id"]
    op.create_index(op.f(f"ix_payloads_{'_'.join(columns)}"), "payloads", columns)


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
