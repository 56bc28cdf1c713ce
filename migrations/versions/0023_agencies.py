"""agencies

Revision: 0023
Before: 0022

Agencies as records, which people, flights, spacewalks and modules refer to; life dates, several
nationalities, links and totals of flights of people. `zarya load` fills in the facts of the
embedded archive.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text
from migrations.search_index import empty_search_index

revision = "0023"
down_revision = "0022"

NAME_LIMIT = 60
KINDS = ("government", "multinational", "commercial", "academic")
SEXES = ("female", "male")
PRECISIONS = ("second", "minute", "hour", "day", "month", "quarter", "year")
FLOWN = "('in_flight', 'success', 'partial_failure')"

INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "agencies": (("country",), ("kind",), ("name_key", "id"), ("parent_id",)),
    "agency_names": (("agency_id",),),
    "people": (
        ("agency_id",),
        ("born_on", "id"),
        ("flight_seconds", "id"),
        ("flights_count", "id"),
    ),
    "person_nationalities": (("country", "person_id"),),
    "flights": (("agency_id",),),
    "spacewalks": (("operator_id", "starts_sort_at", "id"),),
    "module_owners": (("agency_id", "module_id"),),
}
OLD_INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "people": (("agency_slug",),),
    "spacewalks": (("operator_slug", "starts_sort_at", "id"),),
}
REFERENCES = {"people": "agency", "flights": "agency", "spacewalks": "operator"}
"""Columns with the name of an agency, by table; each gets an id in place of it."""
SLUGS = {"people": "agency_slug", "spacewalks": "operator_slug"}


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def length_check(table: str, name: str, length: int) -> sa.CheckConstraint:
    return check(table, f"{name}_bounds", f"length({name}) BETWEEN 1 AND {length}")


def value_check(table: str, name: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return check(table, f"{name}_bounds", f"{name} IN ({quoted})")


def instant_check(table: str, name: str) -> sa.CheckConstraint:
    rule = f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'"
    return check(table, f"{name}_bounds", rule)


def index_name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def foreign_key(
    table: str, column: str, target: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    empty_search_index()
    create_agencies()
    insert_agencies()
    create_module_owners()
    for table, old_indexes in OLD_INDEXES.items():
        for columns in old_indexes:
            op.drop_index(index_name(table, columns), table)
    for table, column in REFERENCES.items():
        replace_name(table, column)
    for name in ("owners", "owner_slugs"):
        op.drop_column("modules", name)
    add_person_columns()
    create_nationalities()
    op.execute("DROP TABLE mentions")
    for table, indexes in INDEXES.items():
        for columns in indexes:
            op.create_index(index_name(table, columns), table, list(columns))


def create_agencies() -> None:
    table = "agencies"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("full_name", text(120), nullable=True),
        sa.Column("name_ru", text(120), nullable=True),
        sa.Column("name_native", text(120), nullable=True),
        sa.Column("abbreviation", text(20), nullable=True),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=True),
        sa.Column("country", text(2), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("founded_on_precision", sa.String(24), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("website", text(300), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("name_key", text(120), nullable=False),
        length_check(table, "slug", 120),
        instant_check(table, "created_at"),
        instant_check(table, "updated_at"),
        *(
            length_check(table, name, 120)
            for name in ("name", "full_name", "name_ru", "name_native", "name_key")
        ),
        length_check(table, "abbreviation", 20),
        length_check(table, "country", 2),
        length_check(table, "website", 300),
        value_check(table, "kind", KINDS),
        value_check(table, "founded_on_precision", PRECISIONS),
        foreign_key(table, "parent_id", "agencies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        sa.UniqueConstraint("slug", name=op.f("uq_agencies_slug")),
        sqlite_autoincrement=True,
    )
    table = "agency_names"
    op.create_table(
        table,
        sa.Column("key", text(120), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        length_check(table, "key", 120),
        foreign_key(table, "agency_id", "agencies", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_agency_names")),
    )


def run(sql: str, **parts: str) -> None:
    """Execute a statement, with `{name}` for each of `parts` and the expressions of the dialect."""
    op.execute(sql.format(**(SQLITE if is_sqlite() else POSTGRESQL), **parts))


SQLITE = {
    "now": "strftime('%Y-%m-%d %H:%M:%S', 'now') || '.000000'",
    "no_texts": "'[]'",
    "owners": "json_each(m.owners) o, json_each(m.owner_slugs) s WHERE o.key = s.key",
    "ordinal": "o.key + 1",
    "other_character": "GLOB '*[^a-z0-9-]*'",
    "texts": "(SELECT json_group_array({column}) FROM (SELECT a.{column} {owners_of_module}))",
    "seconds": "strftime('%s', f.landed_at) - strftime('%s', l.launch_at)",
}
POSTGRESQL = {
    "now": "date_trunc('second', now())",
    "no_texts": "CAST('[]' AS JSON)",
    "owners": "json_array_elements_text(m.owners) WITH ORDINALITY AS o (value, n), "
    "json_array_elements_text(m.owner_slugs) WITH ORDINALITY AS s (value, n) WHERE o.n = s.n",
    "ordinal": "o.n",
    "other_character": "~ '[^a-z0-9-]'",
    "texts": "(SELECT coalesce(json_agg({column}), '[]') "
    "FROM (SELECT a.{column} {owners_of_module}) AS ordered)",
    "seconds": "CAST(extract(epoch FROM f.landed_at - l.launch_at) AS INTEGER)",
}


def insert_agencies() -> None:
    """Insert an agency for each slug in use, found by it; fill the table of all names in use."""
    run("CREATE TEMPORARY TABLE mentions (key VARCHAR(120), name VARCHAR(60))")
    run(
        "INSERT INTO mentions SELECT agency_slug, agency FROM people WHERE agency IS NOT NULL "
        "UNION SELECT operator_slug, operator FROM spacewalks WHERE operator IS NOT NULL "
        "UNION SELECT s.value, o.value FROM modules m, {owners}"
    )
    # The agency of a flight had no slug; the number of the flight makes one of other scripts.
    slug = "lower(agency)"
    for character in " .,&()/_":
        slug = f"replace({slug}, '{character}', '-')"
    slug = f"trim(replace(replace({slug}, '---', '-'), '--', '-'), '-')"
    run(
        "INSERT INTO mentions "
        "SELECT CASE WHEN {slug} {other_character} THEN 'agency-' || id ELSE {slug} END, agency "
        "FROM (SELECT min(id) AS id, agency FROM flights WHERE agency IS NOT NULL "
        "AND agency NOT IN (SELECT name FROM mentions) GROUP BY agency) AS others",
        slug=slug,
    )
    run(
        "INSERT INTO agencies (slug, name, name_key, created_at, updated_at, version, edited, "
        "aliases, sources) SELECT key, min(name), lower(min(name)), {now}, {now}, 1, false, "
        "{no_texts}, {no_texts} FROM mentions GROUP BY key ORDER BY key"
    )
    run("INSERT INTO agency_names (key, agency_id) SELECT slug, id FROM agencies")
    run(
        "INSERT INTO changes (type, record_id, changed_at) "
        "SELECT 'agency', id, created_at FROM agencies ORDER BY id"
    )


def is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def create_module_owners() -> None:
    table = "module_owners"
    op.create_table(
        table,
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        foreign_key(table, "module_id", "modules", ondelete="CASCADE"),
        foreign_key(table, "agency_id", "agencies"),
        sa.PrimaryKeyConstraint("module_id", "ordinal", name=op.f("pk_module_owners")),
    )
    run(
        "INSERT INTO module_owners (module_id, ordinal, agency_id) "
        "SELECT m.id, {ordinal}, a.id FROM agencies a, modules m, {owners} AND a.slug = s.value"
    )


def replace_name(table: str, column: str) -> None:
    """Replace a column with names of agencies by one with their ids."""
    key = f"{column}_id"
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {key} INTEGER "
        f"CONSTRAINT fk_{table}_{key}_agencies REFERENCES agencies (id)"
    )
    run(
        "UPDATE {table} SET {key} = (SELECT min(a.id) FROM agencies a JOIN mentions n "
        "ON n.key = a.slug WHERE n.name = {table}.{column})",
        table=table,
        key=key,
        column=column,
    )
    for old in filter(None, (column, SLUGS.get(table))):
        drop_bounded(table, old)


def drop_bounded(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}_bounds")
    op.drop_column(table, column)


PERSON_TEXTS = {"birth_country": 2, "wikidata_id": 12, "biography": 5000, "biography_ru": 5000}
PERSON_CHOICES = {
    "born_on_precision": PRECISIONS,
    "died_on_precision": PRECISIONS,
    "sex": SEXES,
}


def add_person_columns() -> None:
    table = "people"
    for name, length in PERSON_TEXTS.items():
        bounds = length_check(table, name, length)
        op.add_column(table, sa.Column(name, text(length), bounds, nullable=True))
    for name, values in PERSON_CHOICES.items():
        bounds = value_check(table, name, values)
        op.add_column(table, sa.Column(name, sa.String(24), bounds, nullable=True))
    op.add_column(table, sa.Column("died_on", sa.Date(), nullable=True))
    no_articles = sa.text("'[]'")
    op.add_column(
        table, sa.Column("wikipedia", sa.JSON(), nullable=False, server_default=no_articles)
    )
    for name in ("flights_count", "flight_seconds"):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
        op.add_column(table, column)
    op.execute("UPDATE people SET born_on_precision = 'day' WHERE born_on IS NOT NULL")
    run(
        "UPDATE people SET flights_count = (SELECT count(*) {flown}), flight_seconds = (SELECT "
        "coalesce(sum(CASE WHEN f.landed_at > l.launch_at THEN {seconds} ELSE 0 END), 0) {flown})",
        flown="FROM flights f JOIN launches l ON l.id = f.launch_id "
        f"WHERE f.person_id = people.id AND l.status IN {FLOWN}",
    )


def create_nationalities() -> None:
    table = "person_nationalities"
    op.create_table(
        table,
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("country", text(2), nullable=False),
        length_check(table, "country", 2),
        foreign_key(table, "person_id", "people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "ordinal", name=op.f("pk_person_nationalities")),
    )
    op.execute(
        "INSERT INTO person_nationalities (person_id, ordinal, country) "
        "SELECT id, 1, nationality FROM people WHERE nationality IS NOT NULL"
    )


def downgrade() -> None:
    empty_search_index()
    for table in ("changes", "former_slugs", "origins"):
        op.execute(f"DELETE FROM {table} WHERE type = 'agency'")  # noqa: S608 - ours
    for table, indexes in INDEXES.items():
        for columns in indexes:
            op.drop_index(index_name(table, columns), table)
    restore_module_owners()
    for table, column in REFERENCES.items():
        restore_name(table, column)
    table = "people"
    for name in (*PERSON_TEXTS, *PERSON_CHOICES):
        op.drop_column(table, name)
    for name in ("died_on", "wikipedia", "flights_count", "flight_seconds"):
        op.drop_column(table, name)
    for table in ("person_nationalities", "module_owners", "agency_names", "agencies"):
        op.drop_table(table)
    for table, indexes in OLD_INDEXES.items():
        for columns in indexes:
            op.create_index(index_name(table, columns), table, list(columns))


def restore_module_owners() -> None:
    empty = sa.text("'[]'")
    for name in ("owners", "owner_slugs"):
        column = sa.Column(name, sa.JSON(), nullable=False, server_default=empty)
        op.add_column("modules", column)
    for key, source in (("owners", "name"), ("owner_slugs", "slug")):
        texts = (SQLITE if is_sqlite() else POSTGRESQL)["texts"].format(
            column=source,
            owners_of_module="FROM module_owners o JOIN agencies a ON a.id = o.agency_id "
            "WHERE o.module_id = modules.id ORDER BY o.ordinal",
        )
        op.execute(f"UPDATE modules SET {key} = {texts}")  # noqa: S608 - ours


def restore_name(table: str, column: str) -> None:
    key = f"{column}_id"
    for name in filter(None, (column, SLUGS.get(table))):
        bounds = length_check(table, name, NAME_LIMIT)
        op.add_column(table, sa.Column(name, text(NAME_LIMIT), bounds, nullable=True))
        source = f"substr({'name' if name == column else 'slug'}, 1, {NAME_LIMIT})"
        op.execute(
            f"UPDATE {table} SET {name} = "  # noqa: S608 - ours
            f"(SELECT {source} FROM agencies WHERE agencies.id = {table}.{key})"
        )
    if not is_sqlite():
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_{key}_agencies")
    op.drop_column(table, key)
