"""images

Revision: 0034
Before: 0033

Pictures of the library as images of missions, people, launches, spacecraft, sites and modules.
"""

from alembic import op

revision = "0034"
down_revision = "0033"

TABLES = ("launches", "missions", "modules", "people", "sites", "spacecraft")


def upgrade() -> None:
    for table in TABLES:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN image_media_id INTEGER "
            f"CONSTRAINT fk_{table}_image_media_id_media REFERENCES media (id)"
        )
        op.create_index(op.f(f"ix_{table}_image_media_id"), table, ["image_media_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(op.f(f"ix_{table}_image_media_id"), table)
        op.drop_column(table, "image_media_id")
