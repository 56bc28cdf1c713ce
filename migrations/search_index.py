"""The search index in migrations."""

from alembic import op


def empty_search_index() -> None:
    """Delete all search documents; `zarya migrate` builds the index again."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    else:
        op.execute("TRUNCATE search_index")
    op.execute("DELETE FROM search_documents")
    op.execute("DELETE FROM search_words")
