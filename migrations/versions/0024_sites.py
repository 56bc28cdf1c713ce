"""sites

Revision: 0024
Before: 0022

Launch sites are records, with pads. Each pad that launches name as a text becomes a pad of their
site; a pad of a launch without a site is dropped. Pads and names of the embedded archive are filled
in by `zarya load`. Launches have links, a probability and the reason of a hold.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text
from migrations.search_index import empty_search_index

revision = "0024"
down_revision = "0023"

INSTANT_BOUNDS = "{0} >= '1950-01-01 00:00:00' AND {0} < '2101-01-01 00:00:00'"
TEXT_BOUNDS = "length({0}) BETWEEN 1 AND {1}"
COORDINATES = {"latitude": 90, "longitude": 180}

NEW_SITE_TEXTS = {"name_ru": 120, "name_key": 120, "time_zone": 64}
REQUIRED = ("name_key", "name_slugs", "created_at", "updated_at")
SEPARATORS = {"/": "-", " ": "-", ".": "-", "(": "", ")": "", ",": "", "…": ""}


PADS = {
    ("CC", "LC40"): "cape-canaveral-slc-40",
    ("CC", "SLC41"): "cape-canaveral-slc-41",
    ("CSG", "ELA3"): "guiana-space-centre-ela-3",
    ("GIK-5", "LC1"): "baikonur-site-1-5",
    ("GIK-5", "LC31"): "baikonur-site-31-6",
    ("GIK-5", "LC81/23"): "baikonur-site-81-23",
    ("GIK-5", "LC200/39"): "baikonur-site-200-39",
    ("KSC", "LC39A"): "kennedy-lc-39a",
    ("KSC", "LC39B"): "kennedy-lc-39b",
    ("MARS", "0A"): "wallops-pad-0a",
    ("TNSC", "Y2"): "tanegashima-yoshinobu-2",
}
"""Slugs of the pads of the embedded archive, by the codes of site and pad."""


def bounds(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}_bounds"))


def text_column(table: str, name: str, length: int, *, nullable: bool = True) -> sa.Column[str]:
    rule = TEXT_BOUNDS.format(name, length)
    return sa.Column(name, text(length), bounds(table, name, rule), nullable=nullable)


def coordinate(table: str, name: str) -> sa.Column[float]:
    limit = COORDINATES[name]
    rule = f"{name} BETWEEN -{limit} AND {limit}"
    return sa.Column(name, sa.Double(), bounds(table, name, rule), nullable=True)


def json_list(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default=sa.text("'[]'"))


def slug_of(expression: str) -> str:
    """SQL for a slug of a name in ASCII; other names get theirs when they are written again."""
    expression = f"lower({expression})"
    for separator, replacement in SEPARATORS.items():
        expression = f"replace({expression}, '{separator}', '{replacement}')"
    return expression


def upgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    make_sites_records(sqlite)
    create_pads(sqlite)
    add_launch_columns()
    empty_search_index()


def make_sites_records(sqlite: bool) -> None:
    table = "sites"
    for name, length in NEW_SITE_TEXTS.items():
        op.add_column(table, text_column(table, name, length))
    for name in ("aliases", "sources"):
        op.add_column(table, json_list(name))
    op.add_column(table, sa.Column("name_slugs", sa.JSON(), nullable=True))
    for name in COORDINATES:
        op.add_column(table, coordinate(table, name))
    for name in ("created_at", "updated_at"):
        rule = bounds(table, name, INSTANT_BOUNDS.format(name))
        op.add_column(table, sa.Column(name, instant(), rule, nullable=True))
    for name, type_, default in (
        ("version", sa.Integer(), "1"),
        ("edited", sa.Boolean(), "false"),
    ):
        op.add_column(
            table, sa.Column(name, type_, nullable=False, server_default=sa.text(default))
        )
    now = "CURRENT_TIMESTAMP || '.000000'" if sqlite else "now()"
    array = "json_array" if sqlite else "json_build_array"
    op.execute(
        f"UPDATE sites SET created_at = {now}, updated_at = {now}, name_key = lower(name), "  # noqa: S608 - ours
        f"name_slugs = {array}(slug, {slug_of('code')})"
    )
    for name in REQUIRED:
        op.execute(f"ALTER TABLE sites ALTER COLUMN {name} SET NOT NULL")
    op.execute("ALTER TABLE sites ALTER COLUMN code DROP NOT NULL")
    op.create_index(op.f("ix_sites_name_key_id"), table, ["name_key", "id"])
    op.execute(
        "INSERT INTO changes (type, record_id, changed_at) "  # noqa: S608 - ours
        f"SELECT 'site', id, {now} FROM sites ORDER BY id"
    )


def create_pads(sqlite: bool) -> None:
    table = "pads"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        text_column(table, "slug", 120, nullable=False),
        text_column(table, "code", 40),
        text_column(table, "name", 120, nullable=False),
        text_column(table, "name_ru", 120),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("name_slugs", sa.JSON(), nullable=False),
        coordinate(table, "latitude"),
        coordinate(table, "longitude"),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_pads_site_id_sites"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pads")),
        sa.UniqueConstraint("slug", name=op.f("uq_pads_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pads_site_id_ordinal"), table, ["site_id", "ordinal"])
    array, empty = ("json_array", "'[]'") if sqlite else ("json_build_array", "'[]'::json")
    known = " ".join(
        f"WHEN sites.code = '{site}' AND pad = '{pad}' THEN '{slug}'"
        for (site, pad), slug in PADS.items()
    )
    slug = f"CASE {known} ELSE substr(sites.slug, 1, 100) || '-pad-' || min(launches.id) END"
    op.execute(
        "INSERT INTO pads (site_id, ordinal, slug, code, name, aliases, name_slugs) "  # noqa: S608 - ours
        "SELECT site_id, row_number() OVER (PARTITION BY site_id ORDER BY pad), "
        f"{slug}, pad, pad, {empty}, {array}({slug}, {slug_of('pad')}) "
        "FROM launches JOIN sites ON sites.id = site_id WHERE pad IS NOT NULL "
        "GROUP BY site_id, sites.code, sites.slug, pad ORDER BY site_id, pad"
    )


def add_launch_columns() -> None:
    table = "launches"
    # With its foreign key: added later, SQLite would rebuild the table.
    op.execute(
        "ALTER TABLE launches ADD COLUMN pad_id INTEGER "
        "CONSTRAINT fk_launches_pad_id_pads REFERENCES pads (id)"
    )
    op.execute(
        "UPDATE launches SET pad_id = pads.id FROM pads "
        "WHERE pads.site_id = launches.site_id AND pads.code = launches.pad"
    )
    op.execute("ALTER TABLE launches DROP CONSTRAINT ck_launches_pad_bounds")
    op.drop_column(table, "pad")
    columns = ["pad_id", "launch_sort_at", "id"]
    op.create_index(op.f(f"ix_launches_{'_'.join(columns)}"), table, columns)
    probability = bounds(table, "probability", "probability_percent BETWEEN 0 AND 100")
    op.add_column(table, sa.Column("probability_percent", sa.Integer(), probability, nullable=True))
    op.add_column(table, text_column(table, "hold_reason", 1000))
    op.add_column(table, json_list("links"))


def downgrade() -> None:
    empty_search_index()
    for table in ("changes", "former_slugs", "origins"):
        op.execute(f"DELETE FROM {table} WHERE type = 'site'")  # noqa: S608 - ours
    table = "launches"
    for name in ("links", "hold_reason", "probability_percent"):
        op.drop_column(table, name)
    op.add_column(table, text_column(table, "pad", 40))
    op.execute(
        "UPDATE launches SET pad = coalesce(pads.code, substr(pads.name, 1, 40)) "
        "FROM pads WHERE pads.id = pad_id"
    )
    op.drop_index(op.f("ix_launches_pad_id_launch_sort_at_id"), table)
    op.drop_column(table, "pad_id")
    op.drop_table("pads")
    op.execute("UPDATE sites SET code = 'SITE-' || id WHERE code IS NULL")
    op.execute("ALTER TABLE sites ALTER COLUMN code SET NOT NULL")
    op.drop_index(op.f("ix_sites_name_key_id"), "sites")
    names = (*NEW_SITE_TEXTS, "aliases", "sources", "name_slugs", *COORDINATES)
    for name in (*names, "created_at", "updated_at", "version", "edited"):
        op.drop_column("sites", name)
