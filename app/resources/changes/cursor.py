"""Change cursors: positions in the changes that clients send back to continue."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from app.api.links import url_for_request
from app.api.lists.cursors import decode_cursor, encode_cursor
from app.domain.clock import current_instant
from app.domain.dates import now
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.http.problems import CursorMismatch, Gone

TOMBSTONE_RETENTION_PERIOD = timedelta(days=90)
"""Period for which deletions stay in the changes, and so the lifetime of a cursor."""

_MAX_CURSOR_INTEGER = 2**62
_MAX_RECORD_ID = 2**31 - 1

_TYPES_BY_LETTER = {
    "a": RecordType.ARTICLE,
    "l": RecordType.LAUNCH,
    "m": RecordType.MISSION,
    "p": RecordType.PERSON,
}
"""Record types of the first form of cursors, which had a letter for each."""


@dataclass(frozen=True)
class ChangeCursor:
    """Position of a client: all changes up to one, and in the snapshot the records so far.

    `as_of_date` is a day on which these were all changes; changes after it are kept for longer
    than the cursor is valid. `restore_count` is the number of backups restored until then.
    """

    restore_count: int
    transaction_id: int
    seq: int
    as_of_date: date
    snapshot_position: tuple[int, int] | None = None
    """Index in `RecordType` and last record id of the snapshot; None after the snapshot."""

    def encode(self, types: Collection[RecordType]) -> str:
        """Encode the cursor for changes of `types`."""
        return encode_cursor(
            sorted(types),
            self.restore_count,
            self.transaction_id,
            self.seq,
            self.as_of_date.isoformat(),
            *(self.snapshot_position or ()),
        )

    @classmethod
    def decode(cls, text: str, types: Collection[RecordType]) -> "ChangeCursor":
        """Decode a cursor for changes of `types`.

        Raises InvalidCursor, CursorMismatch if it was made for other types, and Gone if it is
        older than the retention period.
        """
        cursor_types, cursor = decode_cursor(text, cls._parse, "sync")
        if cursor_types != set(types):
            raise CursorMismatch(
                tr(
                    "The cursor belongs to other `types`. Start again without it.",
                    "Курсор относится к другим `types`. Начните заново без него.",
                )
            )
        if cursor.as_of_date < (now() - TOMBSTONE_RETENTION_PERIOD).date() - timedelta(days=1):
            raise build_restart_error(
                tr(
                    "The cursor has expired: deletions since then are no longer kept.",
                    "Срок действия курсора истёк: сведения об удалениях с тех пор не хранятся.",
                )
            )
        return cursor

    @classmethod
    def _parse(
        cls,
        names: list[str] | str,
        restore_count: int,
        transaction_id: int,
        seq: int,
        day: str,
        *snapshot: int,
    ) -> tuple[set[str | None], "ChangeCursor"]:
        numbers = [restore_count, transaction_id, seq, *snapshot]
        if any(type(n) is not int or not 0 <= n <= _MAX_CURSOR_INTEGER for n in numbers):
            raise ValueError(numbers)
        if len(snapshot) not in {0, 2}:
            raise ValueError(snapshot)
        types = map(_TYPES_BY_LETTER.get, names) if isinstance(names, str) else names
        position = (snapshot[0], min(snapshot[1], _MAX_RECORD_ID)) if snapshot else None
        as_of_date = date.fromisoformat(day)
        return set(types), cls(restore_count, transaction_id, seq, as_of_date, position)


def build_restart_error(reason: str) -> Gone:
    """Build the error for a cursor that is no longer valid, with a link to start again."""
    start = url_for_request("changes")
    restart = tr(f"Start again from {start}.", f"Начните заново: {start}.")
    return Gone(f"{reason} {restart}", headers={"Link": f'<{start}>; rel="start"'})


def utc_today() -> date:
    """Present day in UTC. Cursors contain no finer time, so that they seldom change.

    Unlike `app.domain.dates.now`, it does not limit the lifetime of a cached response.
    """
    return current_instant().date()
