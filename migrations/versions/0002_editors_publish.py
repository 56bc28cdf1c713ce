"""editors publish

Revision: 0002
Before: 0001
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text, transaction_id
from migrations.triggers import drop_append_only, make_append_only

revision = "0002"
down_revision = "0001"

ARTICLES = sa.Table(
    "articles",
    sa.MetaData(),
    sa.Column("title", text(300), nullable=False),
    sa.Column("lead", text(1000), nullable=False),
    sa.Column("body", text(100000), nullable=False),
    sa.Column("body_html", text(400000), nullable=False),
    sa.Column("language", text(8), nullable=False),
    sa.Column("published_at", instant(), nullable=False),
    sa.Column("published_at_precision", sa.String(24), nullable=False),
    sa.Column("published_until", instant(), nullable=False),
    sa.Column("source_name", text(120), nullable=False),
    sa.Column("source_slug", text(120), nullable=False),
    sa.Column("source_url", text(2000), nullable=True),
    sa.Column("image_url", text(2000), nullable=True),
    sa.Column("image_alt", text(300), nullable=True),
    sa.Column("image_credit", text(300), nullable=True),
    sa.Column("note", text(1000), nullable=True),
    sa.Column("translation_key", text(120), nullable=False),
    sa.Column("reading_minutes", sa.Integer(), nullable=False),
    sa.Column("title_key", text(300), nullable=False),
    sa.Column("search_text", text(2000), nullable=False),
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("slug", text(120), nullable=False),
    sa.Column("created_at", instant(), nullable=False),
    sa.Column("updated_at", instant(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.CheckConstraint(
        "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
        name="ck_articles_created_at_bounds",
    ),
    sa.CheckConstraint(
        "published_at >= '1950-01-01 00:00:00' AND published_at < '2101-01-01 00:00:00'",
        name="ck_articles_published_at_bounds",
    ),
    sa.CheckConstraint(
        "published_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
        name="ck_articles_published_at_precision_bounds",
    ),
    sa.CheckConstraint(
        "published_until >= '1950-01-01 00:00:00' AND published_until < '2101-01-01 00:00:00'",
        name="ck_articles_published_until_bounds",
    ),
    sa.CheckConstraint(
        "updated_at >= '1950-01-01 00:00:00' AND updated_at < '2101-01-01 00:00:00'",
        name="ck_articles_updated_at_bounds",
    ),
    sa.CheckConstraint("length(body) BETWEEN 1 AND 100000", name="ck_articles_body_bounds"),
    sa.CheckConstraint(
        "length(body_html) BETWEEN 1 AND 400000", name="ck_articles_body_html_bounds"
    ),
    sa.CheckConstraint("length(image_alt) BETWEEN 1 AND 300", name="ck_articles_image_alt_bounds"),
    sa.CheckConstraint(
        "length(image_credit) BETWEEN 1 AND 300", name="ck_articles_image_credit_bounds"
    ),
    sa.CheckConstraint("length(image_url) BETWEEN 1 AND 2000", name="ck_articles_image_url_bounds"),
    sa.CheckConstraint("length(language) BETWEEN 1 AND 8", name="ck_articles_language_bounds"),
    sa.CheckConstraint("length(lead) BETWEEN 1 AND 1000", name="ck_articles_lead_bounds"),
    sa.CheckConstraint("length(note) BETWEEN 1 AND 1000", name="ck_articles_note_bounds"),
    sa.CheckConstraint(
        "length(search_text) BETWEEN 1 AND 2000", name="ck_articles_search_text_bounds"
    ),
    sa.CheckConstraint("length(slug) BETWEEN 1 AND 120", name="ck_articles_slug_bounds"),
    sa.CheckConstraint(
        "length(source_name) BETWEEN 1 AND 120", name="ck_articles_source_name_bounds"
    ),
    sa.CheckConstraint(
        "length(source_slug) BETWEEN 1 AND 120", name="ck_articles_source_slug_bounds"
    ),
    sa.CheckConstraint(
        "length(source_url) BETWEEN 1 AND 2000", name="ck_articles_source_url_bounds"
    ),
    sa.CheckConstraint("length(title) BETWEEN 1 AND 300", name="ck_articles_title_bounds"),
    sa.CheckConstraint("length(title_key) BETWEEN 1 AND 300", name="ck_articles_title_key_bounds"),
    sa.CheckConstraint(
        "length(translation_key) BETWEEN 1 AND 120",
        name="ck_articles_translation_key_bounds",
    ),
    sa.PrimaryKeyConstraint("id", name="pk_articles"),
    sa.UniqueConstraint("slug", name="uq_articles_slug"),
    sa.UniqueConstraint("translation_key", "language", name="uq_articles_translation_key_language"),
    sa.Index("ix_articles_language_published_at_id", "language", "published_at", "id"),
    sa.Index("ix_articles_published_at_id", "published_at", "id"),
    sa.Index("ix_articles_published_until", "published_until"),
    sa.Index("ix_articles_source_slug_published_at_id", "source_slug", "published_at", "id"),
    sa.Index("ix_articles_title_key_id", "title_key", "id"),
    sa.Index("ix_articles_updated_at", "updated_at"),
    sqlite_autoincrement=True,
)
"""Table of the previous revision: SQLite alters it by copying, also in offline mode."""

RECORDS = ("articles", "launches", "missions", "people")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", text(8), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("secret_sha256", text(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=True),
        sa.Column("last_used_at", instant(), nullable=True),
        sa.Column("revoked_at", instant(), nullable=True),
        sa.CheckConstraint(
            "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
            name=op.f("ck_api_keys_created_at_bounds"),
        ),
        sa.CheckConstraint(
            "expires_at >= '1950-01-01 00:00:00' AND expires_at < '2101-01-01 00:00:00'",
            name=op.f("ck_api_keys_expires_at_bounds"),
        ),
        sa.CheckConstraint(
            "last_used_at >= '1950-01-01 00:00:00' AND last_used_at < '2101-01-01 00:00:00'",
            name=op.f("ck_api_keys_last_used_at_bounds"),
        ),
        sa.CheckConstraint(
            "revoked_at >= '1950-01-01 00:00:00' AND revoked_at < '2101-01-01 00:00:00'",
            name=op.f("ck_api_keys_revoked_at_bounds"),
        ),
        sa.CheckConstraint("length(id) BETWEEN 1 AND 8", name=op.f("ck_api_keys_id_bounds")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 120", name=op.f("ck_api_keys_name_bounds")),
        sa.CheckConstraint(
            "length(secret_sha256) BETWEEN 1 AND 64", name=op.f("ck_api_keys_secret_sha256_bounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_created_at_id"), "api_keys", ["created_at", "id"])

    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("actor", text(120), nullable=False),
        sa.Column("actor_name", text(120), nullable=False),
        sa.Column("action", text(40), nullable=False),
        sa.Column("type", text(24), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("slug", text(120), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("request_id", text(36), nullable=True),
        sa.CheckConstraint(
            "at >= '1950-01-01 00:00:00' AND at < '2101-01-01 00:00:00'",
            name=op.f("ck_audit_entries_at_bounds"),
        ),
        sa.CheckConstraint(
            "length(action) BETWEEN 1 AND 40", name=op.f("ck_audit_entries_action_bounds")
        ),
        sa.CheckConstraint(
            "length(actor) BETWEEN 1 AND 120", name=op.f("ck_audit_entries_actor_bounds")
        ),
        sa.CheckConstraint(
            "length(actor_name) BETWEEN 1 AND 120", name=op.f("ck_audit_entries_actor_name_bounds")
        ),
        sa.CheckConstraint(
            "length(request_id) BETWEEN 1 AND 36", name=op.f("ck_audit_entries_request_id_bounds")
        ),
        sa.CheckConstraint(
            "length(slug) BETWEEN 1 AND 120", name=op.f("ck_audit_entries_slug_bounds")
        ),
        sa.CheckConstraint(
            "length(type) BETWEEN 1 AND 24", name=op.f("ck_audit_entries_type_bounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_entries_actor_at_id"), "audit_entries", ["actor", "at", "id"])
    op.create_index(op.f("ix_audit_entries_at_id"), "audit_entries", ["at", "id"])
    op.create_index(
        op.f("ix_audit_entries_type_slug_at_id"), "audit_entries", ["type", "slug", "at", "id"]
    )
    make_append_only("audit_entries")

    op.create_table(
        "changes",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger(), server_default=transaction_id(), nullable=False
        ),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.CheckConstraint(
            "changed_at >= '1950-01-01 00:00:00' AND changed_at < '2101-01-01 00:00:00'",
            name=op.f("ck_changes_changed_at_bounds"),
        ),
        sa.CheckConstraint(
            "type IN ('mission', 'person', 'launch', 'article')",
            name=op.f("ck_changes_type_bounds"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_changed_at"), "changes", ["changed_at"])
    op.create_index(op.f("ix_changes_transaction_id_seq"), "changes", ["transaction_id", "seq"])

    op.create_table(
        "former_slugs",
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "type IN ('mission', 'person', 'launch', 'article')",
            name=op.f("ck_former_slugs_type_bounds"),
        ),
        sa.CheckConstraint(
            "length(slug) BETWEEN 1 AND 120", name=op.f("ck_former_slugs_slug_bounds")
        ),
        sa.PrimaryKeyConstraint("type", "slug", name=op.f("pk_former_slugs")),
    )
    op.create_index(op.f("ix_former_slugs_type_record_id"), "former_slugs", ["type", "record_id"])

    op.create_table(
        "kept_answers",
        sa.Column("caller", text(8), nullable=False),
        sa.Column("key", text(255), nullable=False),
        sa.Column("request_sha256", text(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", text(2000000), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.CheckConstraint(
            "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
            name=op.f("ck_kept_answers_created_at_bounds"),
        ),
        sa.CheckConstraint(
            'length("key") BETWEEN 1 AND 255', name=op.f("ck_kept_answers_key_bounds")
        ),
        sa.CheckConstraint(
            "length(body) BETWEEN 1 AND 2000000", name=op.f("ck_kept_answers_body_bounds")
        ),
        sa.CheckConstraint(
            "length(caller) BETWEEN 1 AND 8", name=op.f("ck_kept_answers_caller_bounds")
        ),
        sa.CheckConstraint(
            "length(request_sha256) BETWEEN 1 AND 64",
            name=op.f("ck_kept_answers_request_sha256_bounds"),
        ),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_kept_answers")),
    )
    op.create_index(op.f("ix_kept_answers_created_at"), "kept_answers", ["created_at"])

    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", text(2000), nullable=False),
        sa.Column("description", text(300), nullable=True),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("secret", text(80), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", text(300), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("told_seq", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", instant(), nullable=False),
        sa.Column("leased_until", instant(), nullable=True),
        sa.Column("last_attempt_at", instant(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", text(300), nullable=True),
        sa.CheckConstraint(
            "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
            name=op.f("ck_webhooks_created_at_bounds"),
        ),
        sa.CheckConstraint(
            "last_attempt_at >= '1950-01-01 00:00:00' AND last_attempt_at < '2101-01-01 00:00:00'",
            name=op.f("ck_webhooks_last_attempt_at_bounds"),
        ),
        sa.CheckConstraint(
            "leased_until >= '1950-01-01 00:00:00' AND leased_until < '2101-01-01 00:00:00'",
            name=op.f("ck_webhooks_leased_until_bounds"),
        ),
        sa.CheckConstraint(
            "next_attempt_at >= '1950-01-01 00:00:00' AND next_attempt_at < '2101-01-01 00:00:00'",
            name=op.f("ck_webhooks_next_attempt_at_bounds"),
        ),
        sa.CheckConstraint(
            "updated_at >= '1950-01-01 00:00:00' AND updated_at < '2101-01-01 00:00:00'",
            name=op.f("ck_webhooks_updated_at_bounds"),
        ),
        sa.CheckConstraint(
            "length(address) BETWEEN 1 AND 2000", name=op.f("ck_webhooks_address_bounds")
        ),
        sa.CheckConstraint(
            "length(description) BETWEEN 1 AND 300", name=op.f("ck_webhooks_description_bounds")
        ),
        sa.CheckConstraint(
            "length(disabled_reason) BETWEEN 1 AND 300",
            name=op.f("ck_webhooks_disabled_reason_bounds"),
        ),
        sa.CheckConstraint(
            "length(last_error) BETWEEN 1 AND 300", name=op.f("ck_webhooks_last_error_bounds")
        ),
        sa.CheckConstraint(
            "length(secret) BETWEEN 1 AND 80", name=op.f("ck_webhooks_secret_bounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_webhooks_enabled_next_attempt_at"), "webhooks", ["enabled", "next_attempt_at"]
    )

    op.create_table(
        "launch_slips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.String(24), nullable=False),
        sa.Column("from_at", instant(), nullable=False),
        sa.Column("from_at_precision", sa.String(24), nullable=False),
        sa.Column("to_status", sa.String(24), nullable=False),
        sa.Column("to_at", instant(), nullable=False),
        sa.Column("to_at_precision", sa.String(24), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.Column("reason", text(300), nullable=True),
        sa.CheckConstraint(
            "changed_at >= '1950-01-01 00:00:00' AND changed_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launch_slips_changed_at_bounds"),
        ),
        sa.CheckConstraint(
            "from_at >= '1950-01-01 00:00:00' AND from_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launch_slips_from_at_bounds"),
        ),
        sa.CheckConstraint(
            "from_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_launch_slips_from_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "from_status IN ('planned', 'in_flight', 'success', 'partial_failure', 'failure', 'cancelled')",
            name=op.f("ck_launch_slips_from_status_bounds"),
        ),
        sa.CheckConstraint(
            "to_at >= '1950-01-01 00:00:00' AND to_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launch_slips_to_at_bounds"),
        ),
        sa.CheckConstraint(
            "to_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_launch_slips_to_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "to_status IN ('planned', 'in_flight', 'success', 'partial_failure', 'failure', 'cancelled')",
            name=op.f("ck_launch_slips_to_status_bounds"),
        ),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 300", name=op.f("ck_launch_slips_reason_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launches.id"],
            name=op.f("fk_launch_slips_launch_id_launches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch_slips")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_launch_slips_launch_id"), "launch_slips", ["launch_id"])

    # The defaults remain: the previous version writes rows without these columns.
    with op.batch_alter_table("articles", copy_from=ARTICLES) as articles:
        articles.add_column(
            sa.Column("state", sa.String(24), nullable=False, server_default="published")
        )
        articles.add_column(
            sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        articles.alter_column("published_at", existing_type=instant(), nullable=True)
        articles.alter_column("published_at_precision", existing_type=sa.String(24), nullable=True)
        articles.alter_column("published_until", existing_type=instant(), nullable=True)
        articles.create_check_constraint(
            op.f("ck_articles_state_bounds"),
            "state IN ('draft', 'published', 'unpublished', 'deleted')",
        )
        articles.create_check_constraint(
            op.f("ck_articles_dated"), "state <> 'published' OR published_at IS NOT NULL"
        )
        articles.create_index(
            op.f("ix_articles_state_announced_published_at"),
            ["state", "announced", "published_at"],
        )
    for table in RECORDS:
        op.add_column(
            table, sa.Column("edited", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    for table in RECORDS:
        with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as records:
            records.drop_column("edited")
    op.execute("DELETE FROM articles WHERE published_at IS NULL")
    with op.batch_alter_table("articles", table_kwargs={"sqlite_autoincrement": True}) as articles:
        articles.drop_index(op.f("ix_articles_state_announced_published_at"))
        articles.drop_constraint(op.f("ck_articles_dated"), type_="check")
        articles.drop_constraint(op.f("ck_articles_state_bounds"), type_="check")
        articles.alter_column("published_until", existing_type=instant(), nullable=False)
        articles.alter_column("published_at_precision", existing_type=sa.String(24), nullable=False)
        articles.alter_column("published_at", existing_type=instant(), nullable=False)
        articles.drop_column("announced")
        articles.drop_column("state")
    for table in ("launch_slips", "webhooks", "kept_answers", "former_slugs", "changes"):
        op.drop_table(table)
    drop_append_only("audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("api_keys")
