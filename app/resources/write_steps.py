"""The steps that run with every write, in order, and the factory of databases that run them."""

from app.db.database import Database
from app.db.tracking.article_links import note_touched_links, update_touched_links
from app.db.tracking.changes import record_changes, record_referrers_of_deleted
from app.db.tracking.day_counts import note_touched_days, update_touched_days
from app.db.tracking.launch_history import record_launch_slips
from app.db.tracking.person_totals import note_touched_totals, update_touched_totals
from app.db.tracking.search import note_stale_documents
from app.db.tracking.steps import WriteSteps, compute_columns
from app.resources.registry import SEARCH_INDEXER

WRITE_STEPS = WriteSteps(
    before_flush=(
        compute_columns,  # derived columns of each row inserted or updated
        record_referrers_of_deleted,  # `changes`: records that show a deleted one, locked first
        note_touched_totals,  # for `update_touched_totals`
    ),
    after_flush=(
        record_changes,  # `changes`, `former_slugs`: each public record saved, renamed or deleted
        record_launch_slips,  # `launch_slips`: each new time or status of a launch
        note_touched_links,  # for `update_touched_links`
        note_touched_days,  # for `update_touched_days`
        note_stale_documents,  # for `SEARCH_INDEXER`
    ),
    before_commit=(
        SEARCH_INDEXER.update,  # `search_index` and its tables: documents with text that changed
        update_touched_links,  # `article_tags` and other links: copies of columns of articles
        update_touched_totals,  # `people`: totals of flights and spacewalks, computed again
        update_touched_days,  # `article_days`: days of articles, locked in order, recounted
    ),
)


def build_database(url: str, read_threads: int = 1, replica_url: str = "") -> Database:
    """Open the database at `url`, with tracked writes."""
    return Database(url, read_threads, replica_url, write_steps=WRITE_STEPS)
