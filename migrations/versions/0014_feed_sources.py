"""feed sources

Revision: 0014
Before: 0013

Ids of feed entries belong to the address that the feed was requested from, which the audit log
has. Until now the scheme of global ids was `web`, and that of others what the feed calls itself.
The origins of files are deleted, since nothing says which feed they were: a file is recognised by
the links of its articles.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

CREATED = {
    "sqlite": """
        SELECT after ->> '$.from' AS address, after ->> '$.format' AS format, value AS created
        FROM audit_entries, json_each(audit_entries.after, '$.created')
        WHERE action = 'import'
        """,
    "postgresql": """
        SELECT after ->> 'from' AS address, after ->> 'format' AS format, value AS created
        FROM audit_entries, json_array_elements_text(after -> 'created')
        WHERE action = 'import'
        """,
}
IS_FORMER = "type = 'article' AND scheme NOT IN ('snapi', 'ndjson')"
IS_PRESENT = "type = 'article' AND (scheme LIKE 'feed %' OR scheme LIKE 'file %')"
FORMER_SCHEME = """
    CASE WHEN lower(key) LIKE 'http:%' OR lower(key) LIKE 'https:%'
        OR lower(key) LIKE 'urn:%' OR lower(key) LIKE 'tag:%'
    THEN 'web' ELSE substr(scheme, 6) END
    """


def upgrade() -> None:
    op.execute(
        f"""
        WITH entries AS ({CREATED[op.get_context().dialect.name]}),
        slugs AS (
            SELECT slug, id FROM articles
            UNION SELECT slug, record_id FROM former_slugs WHERE type = 'article'
        ),
        fetched AS (
            SELECT id, min(address) AS address
            FROM entries JOIN slugs ON slug = substr(created, 9)
            WHERE format = 'feed' AND created LIKE 'article %' AND length(address) <= 295
                AND (address LIKE 'http://%' OR address LIKE 'https://%')
            GROUP BY id
        ),
        latest AS (
            SELECT max(record_id) AS id, key, address
            FROM origins JOIN fetched ON id = record_id
            WHERE {IS_FORMER}
            GROUP BY key, address
        )
        UPDATE origins SET scheme = 'feed ' || address
        FROM latest
        WHERE {IS_FORMER} AND id = record_id AND latest.key = origins.key
        """  # noqa: S608 - ours
    )
    op.execute(f"DELETE FROM origins WHERE {IS_FORMER} AND scheme NOT LIKE 'feed %'")  # noqa: S608 - ours


def downgrade() -> None:
    op.execute(
        f"""
        DELETE FROM origins
        WHERE {IS_PRESENT} AND (scheme, key) NOT IN (
            SELECT min(scheme), key FROM origins WHERE {IS_PRESENT} GROUP BY key, {FORMER_SCHEME}
        )
        """  # noqa: S608 - ours
    )
    op.execute(f"UPDATE origins SET scheme = {FORMER_SCHEME} WHERE {IS_PRESENT}")  # noqa: S608 - ours
