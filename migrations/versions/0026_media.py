"""media

Revision: 0026
Before: 0022

The media library, and the pictures of articles in it. Ranks of record types in the search index have moved, so it is built again.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text
from migrations.search_index import empty_search_index

revision = "0026"
down_revision = "0025"

TEXTS = {
    "content": (32, False),
    "media_type": (20, False),
    "blurhash": (28, False),
    "alt": (300, True),
    "alt_ru": (300, True),
    "credit": (300, True),
    "licence": (60, False),
    "source_url": (2000, True),
    "slug": (120, False),
}
"""Length, and whether it may be null, of each text column."""

INDEXES = (
    ("created_at", "id"),
    ("licence",),
    ("published", "created_at", "id"),
    ("taken_on",),
    ("updated_at", "id"),
)


def check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_media_{name}"))


def upgrade() -> None:
    op.create_table(
        "media",
        *(sa.Column(name, text(length), nullable=null) for name, (length, null) in TEXTS.items()),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("width", "height", "focal_x", "focal_y", "id", "version")
        ),
        sa.Column("renditions", sa.JSON(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        *(
            check(f"{name}_bounds", f"length({name}) BETWEEN 1 AND {length}")
            for name, (length, _) in TEXTS.items()
        ),
        *(
            check(
                f"{name}_bounds",
                f"{name} >= '1950-01-01 00:00:00' AND {name} < '2101-01-01 00:00:00'",
            )
            for name in ("created_at", "updated_at")
        ),
        check("size", "width > 0 AND height > 0"),
        check("focal_x_bounds", "focal_x BETWEEN 0 AND 100"),
        check("focal_y_bounds", "focal_y BETWEEN 0 AND 100"),
        check(
            "publishable",
            "NOT published OR (alt IS NOT NULL AND alt_ru IS NOT NULL AND licence <> 'unknown')",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("slug", name=op.f("uq_media_slug")),
        sa.UniqueConstraint("content", name=op.f("uq_media_content")),
        sqlite_autoincrement=True,
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_media_{'_'.join(columns)}"), "media", list(columns))
    op.execute(
        "ALTER TABLE articles ADD COLUMN image_media_id INTEGER "
        "CONSTRAINT fk_articles_image_media_id_media REFERENCES media (id)"
    )
    op.create_index(op.f("ix_articles_image_media_id"), "articles", ["image_media_id"])
    create_index_of_images("image_url IS NOT NULL OR image_media_id IS NOT NULL")
    empty_search_index()


def create_index_of_images(condition: str) -> None:
    """Create the index of articles with an image again."""
    op.drop_index("ix_articles_imaged", "articles")
    op.create_index(
        "ix_articles_imaged",
        "articles",
        ["published_sort_at", "id"],
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


def downgrade() -> None:
    create_index_of_images("image_url IS NOT NULL")
    op.drop_index(op.f("ix_articles_image_media_id"), "articles")
    op.drop_column("articles", "image_media_id")
    op.drop_table("media")
    for table in ("changes", "former_slugs", "origins"):
        op.execute(f"DELETE FROM {table} WHERE type = 'media'")  # noqa: S608 - ours
    empty_search_index()
