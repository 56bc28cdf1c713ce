"""article days

Revision: 0010
Before: 0009
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0010"
down_revision = "0009"

COUNTS = ["dayed", *(f"before_{hour:02}" for hour in range(1, 25))]
DAY = {
    "sqlite": "substr(at, 1, 10) || ' 00:00:00.000000'",
    "postgresql": "date_trunc('day', at, 'UTC')",
}
HOUR = {
    "sqlite": "CAST(substr(at, 12, 2) AS INTEGER)",
    "postgresql": "extract(hour FROM at AT TIME ZONE 'UTC')",
}
BY_THE_HOUR = {
    "sqlite": "substr(published_at, 1, 13) || ':00:00.000000'",
    "postgresql": "date_trunc('hour', published_at, 'UTC')",
}
PRECISIONS = "'second', 'minute', 'hour', 'day', 'month', 'quarter', 'year'"


def upgrade() -> None:
    op.create_table(
        "article_days",
        sa.Column("at", instant(), nullable=False),
        sa.Column("language", text(8), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTS),
        sa.CheckConstraint(
            "at >= '1950-01-01 00:00:00' AND at < '2101-01-01 00:00:00'",
            name=op.f("ck_article_days_at_bounds"),
        ),
        sa.CheckConstraint(
            "length(language) BETWEEN 1 AND 8", name=op.f("ck_article_days_language_bounds")
        ),
        sa.PrimaryKeyConstraint("at", "language", name=op.f("pk_article_days")),
    )
    op.create_index(op.f("ix_article_days_language_at"), "article_days", ["language", "at"])
    dialect = op.get_context().dialect.name
    conditions = ["precision = 'day'"] + [
        f"precision = 'hour' AND {HOUR[dialect]} < {hour}" for hour in range(1, 25)
    ]
    counts = [f"sum(CASE WHEN {condition} THEN count ELSE 0 END)" for condition in conditions]
    op.execute(
        f"""
        INSERT INTO article_days (at, language, {", ".join(COUNTS)})
        SELECT {DAY[dialect]}, language, {", ".join(counts)}
        FROM article_hours
        GROUP BY 1, 2
        HAVING sum(count) > 0
        """  # noqa: S608 - ours
    )
    op.drop_table("article_hours")


def downgrade() -> None:
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
    op.execute(
        f"""
        INSERT INTO article_hours (at, precision, language, count)
        SELECT {BY_THE_HOUR[op.get_context().dialect.name]},
            CASE published_at_precision WHEN 'day' THEN 'day' ELSE 'hour' END, language, count(*)
        FROM articles
        WHERE state = 'published'
            AND published_at_precision IN ('second', 'minute', 'hour', 'day')
        GROUP BY 1, 2, 3
        """  # noqa: S608 - ours
    )
    op.drop_table("article_days")
