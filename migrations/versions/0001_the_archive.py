"""the archive

Revision: 0001
Before:
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "articles",
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
            name=op.f("ck_articles_created_at_bounds"),
        ),
        sa.CheckConstraint(
            "published_at >= '1950-01-01 00:00:00' AND published_at < '2101-01-01 00:00:00'",
            name=op.f("ck_articles_published_at_bounds"),
        ),
        sa.CheckConstraint(
            "published_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_articles_published_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "published_until >= '1950-01-01 00:00:00' AND published_until < '2101-01-01 00:00:00'",
            name=op.f("ck_articles_published_until_bounds"),
        ),
        sa.CheckConstraint(
            "updated_at >= '1950-01-01 00:00:00' AND updated_at < '2101-01-01 00:00:00'",
            name=op.f("ck_articles_updated_at_bounds"),
        ),
        sa.CheckConstraint(
            "length(body) BETWEEN 1 AND 100000", name=op.f("ck_articles_body_bounds")
        ),
        sa.CheckConstraint(
            "length(body_html) BETWEEN 1 AND 400000", name=op.f("ck_articles_body_html_bounds")
        ),
        sa.CheckConstraint(
            "length(image_alt) BETWEEN 1 AND 300", name=op.f("ck_articles_image_alt_bounds")
        ),
        sa.CheckConstraint(
            "length(image_credit) BETWEEN 1 AND 300", name=op.f("ck_articles_image_credit_bounds")
        ),
        sa.CheckConstraint(
            "length(image_url) BETWEEN 1 AND 2000", name=op.f("ck_articles_image_url_bounds")
        ),
        sa.CheckConstraint(
            "length(language) BETWEEN 1 AND 8", name=op.f("ck_articles_language_bounds")
        ),
        sa.CheckConstraint("length(lead) BETWEEN 1 AND 1000", name=op.f("ck_articles_lead_bounds")),
        sa.CheckConstraint("length(note) BETWEEN 1 AND 1000", name=op.f("ck_articles_note_bounds")),
        sa.CheckConstraint(
            "length(search_text) BETWEEN 1 AND 2000", name=op.f("ck_articles_search_text_bounds")
        ),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 120", name=op.f("ck_articles_slug_bounds")),
        sa.CheckConstraint(
            "length(source_name) BETWEEN 1 AND 120", name=op.f("ck_articles_source_name_bounds")
        ),
        sa.CheckConstraint(
            "length(source_slug) BETWEEN 1 AND 120", name=op.f("ck_articles_source_slug_bounds")
        ),
        sa.CheckConstraint(
            "length(source_url) BETWEEN 1 AND 2000", name=op.f("ck_articles_source_url_bounds")
        ),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 300", name=op.f("ck_articles_title_bounds")
        ),
        sa.CheckConstraint(
            "length(title_key) BETWEEN 1 AND 300", name=op.f("ck_articles_title_key_bounds")
        ),
        sa.CheckConstraint(
            "length(translation_key) BETWEEN 1 AND 120",
            name=op.f("ck_articles_translation_key_bounds"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("slug", name=op.f("uq_articles_slug")),
        sa.UniqueConstraint(
            "translation_key", "language", name=op.f("uq_articles_translation_key_language")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_articles_language_published_at_id"),
        "articles",
        ["language", "published_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_articles_published_at_id"), "articles", ["published_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_articles_published_until"), "articles", ["published_until"], unique=False
    )
    op.create_index(
        op.f("ix_articles_source_slug_published_at_id"),
        "articles",
        ["source_slug", "published_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_articles_title_key_id"), "articles", ["title_key", "id"], unique=False)
    op.create_index(op.f("ix_articles_updated_at"), "articles", ["updated_at"], unique=False)
    op.create_table(
        "people",
        sa.Column("name", text(120), nullable=False),
        sa.Column("name_ru", text(120), nullable=True),
        sa.Column("name_native", text(120), nullable=True),
        sa.Column("agency", text(60), nullable=True),
        sa.Column("agency_slug", text(60), nullable=True),
        sa.Column("nationality", text(2), nullable=True),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("name_key", text(120), nullable=False),
        sa.Column("search_text", text(4000), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
            name=op.f("ck_people_created_at_bounds"),
        ),
        sa.CheckConstraint(
            "updated_at >= '1950-01-01 00:00:00' AND updated_at < '2101-01-01 00:00:00'",
            name=op.f("ck_people_updated_at_bounds"),
        ),
        sa.CheckConstraint("length(agency) BETWEEN 1 AND 60", name=op.f("ck_people_agency_bounds")),
        sa.CheckConstraint(
            "length(agency_slug) BETWEEN 1 AND 60", name=op.f("ck_people_agency_slug_bounds")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 120", name=op.f("ck_people_name_bounds")),
        sa.CheckConstraint(
            "length(name_key) BETWEEN 1 AND 120", name=op.f("ck_people_name_key_bounds")
        ),
        sa.CheckConstraint(
            "length(name_native) BETWEEN 1 AND 120", name=op.f("ck_people_name_native_bounds")
        ),
        sa.CheckConstraint(
            "length(name_ru) BETWEEN 1 AND 120", name=op.f("ck_people_name_ru_bounds")
        ),
        sa.CheckConstraint(
            "length(nationality) BETWEEN 1 AND 2", name=op.f("ck_people_nationality_bounds")
        ),
        sa.CheckConstraint(
            "length(search_text) BETWEEN 1 AND 4000", name=op.f("ck_people_search_text_bounds")
        ),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 120", name=op.f("ck_people_slug_bounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("slug", name=op.f("uq_people_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_people_agency_slug"), "people", ["agency_slug"], unique=False)
    op.create_index(op.f("ix_people_name_key_id"), "people", ["name_key", "id"], unique=False)
    op.create_index(op.f("ix_people_nationality"), "people", ["nationality"], unique=False)
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", text(12), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("country", text(2), nullable=False),
        sa.CheckConstraint("length(code) BETWEEN 1 AND 12", name=op.f("ck_sites_code_bounds")),
        sa.CheckConstraint("length(country) BETWEEN 1 AND 2", name=op.f("ck_sites_country_bounds")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 120", name=op.f("ck_sites_name_bounds")),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 120", name=op.f("ck_sites_slug_bounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("code", name=op.f("uq_sites_code")),
        sa.UniqueConstraint("slug", name=op.f("uq_sites_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sites_country"), "sites", ["country"], unique=False)
    op.create_table(
        "vehicles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", text(80), nullable=False),
        sa.Column("name", text(80), nullable=False),
        sa.Column("family", text(80), nullable=False),
        sa.Column("family_slug", text(80), nullable=False),
        sa.CheckConstraint(
            "length(family) BETWEEN 1 AND 80", name=op.f("ck_vehicles_family_bounds")
        ),
        sa.CheckConstraint(
            "length(family_slug) BETWEEN 1 AND 80", name=op.f("ck_vehicles_family_slug_bounds")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_vehicles_name_bounds")),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 80", name=op.f("ck_vehicles_slug_bounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("slug", name=op.f("uq_vehicles_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_vehicles_family_slug"), "vehicles", ["family_slug"], unique=False)
    op.create_table(
        "article_people",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_people_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_article_people_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "person_id", name=op.f("pk_article_people")),
    )
    op.create_index(
        op.f("ix_article_people_person_id"), "article_people", ["person_id"], unique=False
    )
    op.create_table(
        "article_tags",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("tag", text(60), nullable=False),
        sa.CheckConstraint("length(tag) BETWEEN 1 AND 60", name=op.f("ck_article_tags_tag_bounds")),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_tags_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "tag", name=op.f("pk_article_tags")),
    )
    op.create_index(
        op.f("ix_article_tags_tag_article_id"), "article_tags", ["tag", "article_id"], unique=False
    )
    op.create_table(
        "launches",
        sa.Column("cospar_id", text(12), nullable=True),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("launch_at", instant(), nullable=False),
        sa.Column("launch_at_precision", sa.String(24), nullable=False),
        sa.Column("launch_until", instant(), nullable=False),
        sa.Column("launch_at_uncertain", sa.Boolean(), nullable=False),
        sa.Column("window_starts_at", instant(), nullable=True),
        sa.Column("window_ends_at", instant(), nullable=True),
        sa.Column("vehicle_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("pad", text(40), nullable=True),
        sa.Column("crewed", sa.Boolean(), nullable=False),
        sa.Column("outcome_note", text(1000), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("search_text", text(1000), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launches_created_at_bounds"),
        ),
        sa.CheckConstraint(
            "launch_at >= '1950-01-01 00:00:00' AND launch_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launches_launch_at_bounds"),
        ),
        sa.CheckConstraint(
            "launch_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_launches_launch_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "launch_until >= '1950-01-01 00:00:00' AND launch_until < '2101-01-01 00:00:00'",
            name=op.f("ck_launches_launch_until_bounds"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'in_flight', 'success', 'partial_failure', 'failure', 'cancelled')",
            name=op.f("ck_launches_status_bounds"),
        ),
        sa.CheckConstraint(
            "updated_at >= '1950-01-01 00:00:00' AND updated_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launches_updated_at_bounds"),
        ),
        sa.CheckConstraint(
            "window_ends_at >= '1950-01-01 00:00:00' AND window_ends_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launches_window_ends_at_bounds"),
        ),
        sa.CheckConstraint(
            "window_starts_at >= '1950-01-01 00:00:00' AND window_starts_at < '2101-01-01 00:00:00'",
            name=op.f("ck_launches_window_starts_at_bounds"),
        ),
        sa.CheckConstraint(
            "length(cospar_id) BETWEEN 1 AND 12", name=op.f("ck_launches_cospar_id_bounds")
        ),
        sa.CheckConstraint(
            "length(outcome_note) BETWEEN 1 AND 1000", name=op.f("ck_launches_outcome_note_bounds")
        ),
        sa.CheckConstraint("length(pad) BETWEEN 1 AND 40", name=op.f("ck_launches_pad_bounds")),
        sa.CheckConstraint(
            "length(search_text) BETWEEN 1 AND 1000", name=op.f("ck_launches_search_text_bounds")
        ),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 120", name=op.f("ck_launches_slug_bounds")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_launches_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_launches_vehicle_id_vehicles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launches")),
        sa.UniqueConstraint("cospar_id", name=op.f("uq_launches_cospar_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_launches_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_launches_launch_at_id"), "launches", ["launch_at", "id"], unique=False)
    op.create_index(op.f("ix_launches_launch_until"), "launches", ["launch_until"], unique=False)
    op.create_index(
        op.f("ix_launches_site_id_launch_at_id"),
        "launches",
        ["site_id", "launch_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_launches_status_launch_at_id"),
        "launches",
        ["status", "launch_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_launches_vehicle_id_launch_at_id"),
        "launches",
        ["vehicle_id", "launch_at", "id"],
        unique=False,
    )
    op.create_table(
        "missions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("station", text(40), nullable=False),
        sa.Column("starts_at", instant(), nullable=False),
        sa.Column("starts_at_precision", sa.String(24), nullable=False),
        sa.Column("starts_until", instant(), nullable=False),
        sa.Column("ends_at", instant(), nullable=True),
        sa.Column("ends_at_precision", sa.String(24), nullable=True),
        sa.Column("ends_until", instant(), nullable=True),
        sa.Column("summary", text(2000), nullable=False),
        sa.Column("alternative_names", sa.JSON(), nullable=False),
        sa.Column("featured_article_id", sa.Integer(), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("search_text", text(4000), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "created_at >= '1950-01-01 00:00:00' AND created_at < '2101-01-01 00:00:00'",
            name=op.f("ck_missions_created_at_bounds"),
        ),
        sa.CheckConstraint(
            "ends_at >= '1950-01-01 00:00:00' AND ends_at < '2101-01-01 00:00:00'",
            name=op.f("ck_missions_ends_at_bounds"),
        ),
        sa.CheckConstraint(
            "ends_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_missions_ends_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "ends_until >= '1950-01-01 00:00:00' AND ends_until < '2101-01-01 00:00:00'",
            name=op.f("ck_missions_ends_until_bounds"),
        ),
        sa.CheckConstraint(
            "starts_at >= '1950-01-01 00:00:00' AND starts_at < '2101-01-01 00:00:00'",
            name=op.f("ck_missions_starts_at_bounds"),
        ),
        sa.CheckConstraint(
            "starts_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_missions_starts_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "starts_until >= '1950-01-01 00:00:00' AND starts_until < '2101-01-01 00:00:00'",
            name=op.f("ck_missions_starts_until_bounds"),
        ),
        sa.CheckConstraint(
            "updated_at >= '1950-01-01 00:00:00' AND updated_at < '2101-01-01 00:00:00'",
            name=op.f("ck_missions_updated_at_bounds"),
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at >= starts_at", name=op.f("ck_missions_ends_after_start")
        ),
        sa.CheckConstraint(
            "length(search_text) BETWEEN 1 AND 4000", name=op.f("ck_missions_search_text_bounds")
        ),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 120", name=op.f("ck_missions_slug_bounds")),
        sa.CheckConstraint(
            "length(station) BETWEEN 1 AND 40", name=op.f("ck_missions_station_bounds")
        ),
        sa.CheckConstraint(
            "length(summary) BETWEEN 1 AND 2000", name=op.f("ck_missions_summary_bounds")
        ),
        sa.CheckConstraint("number BETWEEN 1 AND 9999", name=op.f("ck_missions_number_bounds")),
        sa.ForeignKeyConstraint(
            ["featured_article_id"],
            ["articles.id"],
            name=op.f("fk_missions_featured_article_id_articles"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missions")),
        sa.UniqueConstraint("number", name=op.f("uq_missions_number")),
        sa.UniqueConstraint("slug", name=op.f("uq_missions_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_missions_ends_until"), "missions", ["ends_until"], unique=False)
    op.create_index(
        op.f("ix_missions_featured_article_id"), "missions", ["featured_article_id"], unique=False
    )
    op.create_index(op.f("ix_missions_starts_at_id"), "missions", ["starts_at", "id"], unique=False)
    op.create_table(
        "article_launches",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_launches_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launches.id"],
            name=op.f("fk_article_launches_launch_id_launches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "launch_id", name=op.f("pk_article_launches")),
    )
    op.create_index(
        op.f("ix_article_launches_launch_id"), "article_launches", ["launch_id"], unique=False
    )
    op.create_table(
        "article_missions",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_missions_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["missions.id"],
            name=op.f("fk_article_missions_mission_id_missions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "mission_id", name=op.f("pk_article_missions")),
    )
    op.create_index(
        op.f("ix_article_missions_mission_id"), "article_missions", ["mission_id"], unique=False
    )
    op.create_table(
        "flights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("landed_with_id", sa.Integer(), nullable=True),
        sa.Column("landed_at", instant(), nullable=True),
        sa.Column("landed_at_precision", sa.String(24), nullable=True),
        sa.Column("landed_until", instant(), nullable=True),
        sa.CheckConstraint(
            "landed_at >= '1950-01-01 00:00:00' AND landed_at < '2101-01-01 00:00:00'",
            name=op.f("ck_flights_landed_at_bounds"),
        ),
        sa.CheckConstraint(
            "landed_at_precision IN ('second', 'minute', 'hour', 'day', 'month', 'quarter', 'year')",
            name=op.f("ck_flights_landed_at_precision_bounds"),
        ),
        sa.CheckConstraint(
            "landed_until >= '1950-01-01 00:00:00' AND landed_until < '2101-01-01 00:00:00'",
            name=op.f("ck_flights_landed_until_bounds"),
        ),
        sa.CheckConstraint(
            "role IN ('commander', 'pilot', 'flight_engineer', 'mission_specialist', 'spaceflight_participant')",
            name=op.f("ck_flights_role_bounds"),
        ),
        sa.ForeignKeyConstraint(
            ["landed_with_id"],
            ["launches.id"],
            name=op.f("fk_flights_landed_with_id_launches"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launches.id"],
            name=op.f("fk_flights_launch_id_launches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_flights_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flights")),
        sa.UniqueConstraint("person_id", "launch_id", name=op.f("uq_flights_person_id_launch_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_flights_landed_until"), "flights", ["landed_until"], unique=False)
    op.create_index(op.f("ix_flights_landed_with_id"), "flights", ["landed_with_id"], unique=False)
    op.create_index(
        op.f("ix_flights_launch_id_ordinal"), "flights", ["launch_id", "ordinal"], unique=False
    )
    op.create_table(
        "mission_aliases",
        sa.Column("slug", text(120), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(slug) BETWEEN 1 AND 120", name=op.f("ck_mission_aliases_slug_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["missions.id"],
            name=op.f("fk_mission_aliases_mission_id_missions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_mission_aliases")),
    )
    op.create_index(
        op.f("ix_mission_aliases_mission_id"), "mission_aliases", ["mission_id"], unique=False
    )
    op.create_table(
        "mission_launches",
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "relation IN ('crew_arrival', 'crew_departure', 'cargo', 'module')",
            name=op.f("ck_mission_launches_relation_bounds"),
        ),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launches.id"],
            name=op.f("fk_mission_launches_launch_id_launches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["missions.id"],
            name=op.f("fk_mission_launches_mission_id_missions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "mission_id", "launch_id", "relation", name=op.f("pk_mission_launches")
        ),
    )
    op.create_index(
        op.f("ix_mission_launches_launch_id"), "mission_launches", ["launch_id"], unique=False
    )
    op.create_table(
        "mission_tasks",
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", text(500), nullable=False),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 500", name=op.f("ck_mission_tasks_text_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["missions.id"],
            name=op.f("fk_mission_tasks_mission_id_missions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mission_id", "position", name=op.f("pk_mission_tasks")),
    )
    op.create_table(
        "spacecraft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("slug", text(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "kind IN ('SC', 'CV', 'module', 'satellite', 'other')",
            name=op.f("ck_spacecraft_kind_bounds"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 120", name=op.f("ck_spacecraft_name_bounds")
        ),
        sa.CheckConstraint(
            "length(slug) BETWEEN 1 AND 120", name=op.f("ck_spacecraft_slug_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["launch_id"],
            ["launches.id"],
            name=op.f("fk_spacecraft_launch_id_launches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spacecraft")),
        sa.UniqueConstraint("launch_id", "ordinal", name=op.f("uq_spacecraft_launch_id_ordinal")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_spacecraft_kind_launch_id"), "spacecraft", ["kind", "launch_id"], unique=False
    )
    op.create_index(
        op.f("ix_spacecraft_slug_launch_id"), "spacecraft", ["slug", "launch_id"], unique=False
    )
    op.create_table(
        "crew_assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("flight_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("position", text(12), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("credited_as", text(120), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role IN ('commander', 'flight_engineer')", name=op.f("ck_crew_assignments_role_bounds")
        ),
        sa.CheckConstraint(
            "length(credited_as) BETWEEN 1 AND 120",
            name=op.f("ck_crew_assignments_credited_as_bounds"),
        ),
        sa.CheckConstraint(
            "length(position) BETWEEN 1 AND 12", name=op.f("ck_crew_assignments_position_bounds")
        ),
        sa.CheckConstraint(
            "to_on IS NULL OR from_on IS NULL OR to_on >= from_on",
            name=op.f("ck_crew_assignments_interval"),
        ),
        sa.ForeignKeyConstraint(
            ["flight_id"],
            ["flights.id"],
            name=op.f("fk_crew_assignments_flight_id_flights"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["missions.id"],
            name=op.f("fk_crew_assignments_mission_id_missions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_crew_assignments_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew_assignments")),
        sa.UniqueConstraint(
            "mission_id", "ordinal", name=op.f("uq_crew_assignments_mission_id_ordinal")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_crew_assignments_flight_id"), "crew_assignments", ["flight_id"], unique=False
    )
    op.create_index(
        op.f("ix_crew_assignments_person_id_mission_id"),
        "crew_assignments",
        ["person_id", "mission_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_crew_assignments_role_mission_id"),
        "crew_assignments",
        ["role", "mission_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_crew_assignments_role_mission_id"), table_name="crew_assignments")
    op.drop_index(op.f("ix_crew_assignments_person_id_mission_id"), table_name="crew_assignments")
    op.drop_index(op.f("ix_crew_assignments_flight_id"), table_name="crew_assignments")
    op.drop_table("crew_assignments")
    op.drop_index(op.f("ix_spacecraft_slug_launch_id"), table_name="spacecraft")
    op.drop_index(op.f("ix_spacecraft_kind_launch_id"), table_name="spacecraft")
    op.drop_table("spacecraft")
    op.drop_table("mission_tasks")
    op.drop_index(op.f("ix_mission_launches_launch_id"), table_name="mission_launches")
    op.drop_table("mission_launches")
    op.drop_index(op.f("ix_mission_aliases_mission_id"), table_name="mission_aliases")
    op.drop_table("mission_aliases")
    op.drop_index(op.f("ix_flights_launch_id_ordinal"), table_name="flights")
    op.drop_index(op.f("ix_flights_landed_with_id"), table_name="flights")
    op.drop_index(op.f("ix_flights_landed_until"), table_name="flights")
    op.drop_table("flights")
    op.drop_index(op.f("ix_article_missions_mission_id"), table_name="article_missions")
    op.drop_table("article_missions")
    op.drop_index(op.f("ix_article_launches_launch_id"), table_name="article_launches")
    op.drop_table("article_launches")
    op.drop_index(op.f("ix_missions_starts_at_id"), table_name="missions")
    op.drop_index(op.f("ix_missions_featured_article_id"), table_name="missions")
    op.drop_index(op.f("ix_missions_ends_until"), table_name="missions")
    op.drop_table("missions")
    op.drop_index(op.f("ix_launches_vehicle_id_launch_at_id"), table_name="launches")
    op.drop_index(op.f("ix_launches_status_launch_at_id"), table_name="launches")
    op.drop_index(op.f("ix_launches_site_id_launch_at_id"), table_name="launches")
    op.drop_index(op.f("ix_launches_launch_until"), table_name="launches")
    op.drop_index(op.f("ix_launches_launch_at_id"), table_name="launches")
    op.drop_table("launches")
    op.drop_index(op.f("ix_article_tags_tag_article_id"), table_name="article_tags")
    op.drop_table("article_tags")
    op.drop_index(op.f("ix_article_people_person_id"), table_name="article_people")
    op.drop_table("article_people")
    op.drop_index(op.f("ix_vehicles_family_slug"), table_name="vehicles")
    op.drop_table("vehicles")
    op.drop_index(op.f("ix_sites_country"), table_name="sites")
    op.drop_table("sites")
    op.drop_index(op.f("ix_people_nationality"), table_name="people")
    op.drop_index(op.f("ix_people_name_key_id"), table_name="people")
    op.drop_index(op.f("ix_people_agency_slug"), table_name="people")
    op.drop_table("people")
    op.drop_index(op.f("ix_articles_updated_at"), table_name="articles")
    op.drop_index(op.f("ix_articles_title_key_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_source_slug_published_at_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_published_until"), table_name="articles")
    op.drop_index(op.f("ix_articles_published_at_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_language_published_at_id"), table_name="articles")
    op.drop_table("articles")
