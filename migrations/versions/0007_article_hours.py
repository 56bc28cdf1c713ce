"""article hours, and the indexes that articles are listed by

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0007"
down_revision = "0006"

PARTIAL = {
    "ix_articles_dayed": (["published_at", "id"], "published_at_precision = 'day'"),
    "ix_articles_imaged": (["published_at", "id"], "image_url IS NOT NULL"),
    "ix_articles_due": (["published_at"], "announced IS FALSE"),
}
PRECISIONS = "'second', 'minute', 'hour', 'day', 'month', 'quarter', 'year'"
COUNTED = """
    INSERT INTO article_hours (at, precision, language, count)
    SELECT {hour}, CASE published_at_precision WHEN 'day' THEN 'day' ELSE 'hour' END, language,
        count(*)
    FROM articles
    WHERE state = 'published' AND published_at_precision IN ('second', 'minute', 'hour', 'day')
    GROUP BY 1, 2, 3
"""
HOURS = {
    "sqlite": "substr(published_at, 1, 13) || ':00:00.000000'",
    "postgresql": "date_trunc('hour', published_at, 'UTC')",
}


def upgrade() -> None:
    op.create_table(
        "article_hours",
        sa.Column("precision", sa.String(24), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("language", text(8), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "at >= '1950-01-01 00:00:00' AND at < '2101-01-01 00:00:00'",
            name=op.f("ck_article_hours_at_bounds"),
        ),
        sa.CheckConstraint(
            f"precision IN ({PRECISIONS})", name=op.f("ck_article_hours_precision_bounds")
        ),
        sa.CheckConstraint(
            "length(language) BETWEEN 1 AND 8", name=op.f("ck_article_hours_language_bounds")
        ),
        sa.PrimaryKeyConstraint("precision", "at", "language", name=op.f("pk_article_hours")),
    )
    op.drop_index(op.f("ix_articles_published_at_id"), "articles")
    op.create_index(
        op.f("ix_articles_published_at_id_state"), "articles", ["published_at", "id", "state"]
    )
    # With `state` as its first column, the planner chose it for every list and sorted all articles.
    op.drop_index(op.f("ix_articles_state_announced_published_at"), "articles")
    for name, (columns, condition) in PARTIAL.items():
        op.create_index(
            name,
            "articles",
            columns,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.execute(COUNTED.format(hour=HOURS[op.get_context().dialect.name]))


def downgrade() -> None:
    for name in (*PARTIAL, op.f("ix_articles_published_at_id_state")):
        op.drop_index(name, "articles")
    op.create_index(op.f("ix_articles_published_at_id"), "articles", ["published_at", "id"])
    op.create_index(
        op.f("ix_articles_state_announced_published_at"),
        "articles",
        ["state", "announced", "published_at"],
    )
    op.drop_table("article_hours")
