"""Deletion of pictures that have had no record for long."""

from collections.abc import Collection

from app.config import current_settings
from app.db.database import Database
from app.resources.media.queries import find_stored_contents
from app.resources.media.store import PictureStore


def remove_unused_pictures(database: Database) -> int:
    """Delete the files of these pictures. Returns the number of pictures."""

    def find_used(digests: Collection[str]) -> Collection[str]:
        with database.snapshot() as reader:
            return find_stored_contents(reader, digests)

    return PictureStore.from_settings(current_settings()).remove_unused(find_used)
