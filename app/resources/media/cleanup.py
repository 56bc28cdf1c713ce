"""Deletion of pictures that have had no record for long."""

from collections.abc import Callable, Collection

from app.db.database import Database
from app.resources.media.current_store import current_store
from app.resources.media.queries import find_stored_contents


def remove_unused_pictures(database: Database, check_cancelled: Callable[[], None]) -> int:
    """Delete the stored pictures without a record. Returns their number.

    `check_cancelled` is called between batches, and may raise to end the work.
    """

    def find_used(digests: Collection[str]) -> Collection[str]:
        check_cancelled()
        with database.snapshot() as reader:
            return find_stored_contents(reader, digests)

    return current_store().remove_unused(find_used)
