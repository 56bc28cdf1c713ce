"""makers

Revision: 0036
Before: 0035

Makers and operators of vehicles and spacecraft are agencies by id. By slug, they kept the former
one when an agency was renamed. A slug that no agency has or had becomes null.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import text

revision = "0036"
down_revision = "0035"

COLUMNS = {"vehicles": "maker", "spacecraft_types": "maker", "spacecraft": "operator"}


def upgrade() -> None:
    for table, name in COLUMNS.items():
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {name}_id INTEGER "
            f"CONSTRAINT fk_{table}_{name}_id_agencies REFERENCES agencies (id)"
        )
        op.execute(
            f"""
            UPDATE {table} SET {name}_id = coalesce(
                (SELECT id FROM agencies WHERE slug = {table}.{name}),
                (
                    SELECT record_id FROM former_slugs
                    WHERE type = 'agency' AND slug = {table}.{name}
                )
            )
            """  # noqa: S608 - ours
        )
        op.drop_index(op.f(f"ix_{table}_{name}"), table)
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}_bounds")
        op.drop_column(table, name)
        op.create_index(op.f(f"ix_{table}_{name}_id"), table, [f"{name}_id"])


def downgrade() -> None:
    for table, name in COLUMNS.items():
        bounds = sa.CheckConstraint(
            f"length({name}) BETWEEN 1 AND 120", op.f(f"ck_{table}_{name}_bounds")
        )
        op.add_column(table, sa.Column(name, text(120), bounds, nullable=True))
        op.execute(
            f"""
            UPDATE {table} SET {name} = (SELECT slug FROM agencies WHERE id = {table}.{name}_id)
            """  # noqa: S608 - ours
        )
        op.drop_index(op.f(f"ix_{table}_{name}_id"), table)
        op.drop_column(table, f"{name}_id")
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
