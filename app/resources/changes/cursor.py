"""Cursors of the change feed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.api.links import url_for_request
from app.api.lists.cursors import decode_cursor, encode_cursor
from app.domain.dates import now
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.http.problems import CursorMismatch, Gone

TOMBSTONE_RETENTION_PERIOD = timedelta(days=90)
"""Period for which the feed reports a deletion."""

_MAX_CURSOR_INTEGER = 2**62


@dataclass(frozen=True)
class ChangeCursor:
    """Position in the feed: after a change, and in the snapshot after a record.

    `as_of_date` is a day on which no later change existed; later changes are retained for longer
    than the cursor is valid. `restore_count` is the number of restorations of the archive at that
    time.
    """

    restore_count: int
    transaction_id: int
    seq: int
    as_of_date: date
    snapshot_position: tuple[int, int] | None = None
    """Index in `RecordType`, and last id of that type; None after the snapshot."""

    def encode(self, types: Collection[RecordType]) -> str:
        """Encode the position as a cursor of the feed of `types`."""
        return encode_cursor(
            _type_letters(types),
            self.restore_count,
            self.transaction_id,
            self.seq,
            self.as_of_date.isoformat(),
            *(self.snapshot_position or ()),
        )

    @classmethod
    def decode(cls, text: str, types: Collection[RecordType]) -> "ChangeCursor":
        """Decode a cursor of the feed of `types`.

        Raises InvalidCursor, CursorMismatch for a cursor of other types, and Gone for a cursor
        older than the retention of deletions.
        """
        letters, place = decode_cursor(text, cls._parse, "sync")
        if letters != _type_letters(types):
            raise CursorMismatch(
                tr(
                    "The cursor belongs to other types. Omit it.",
                    "Курсор от других видов записей. Уберите его.",
                )
            )
        if place.as_of_date < (now() - TOMBSTONE_RETENTION_PERIOD).date() - timedelta(days=1):
            raise build_restart_error(
                tr(
                    "Deletions since then are no longer recorded.",
                    "Сведений об удалениях с того времени больше нет.",
                )
            )
        return place

    @classmethod
    def _parse(
        cls,
        letters: str,
        restore_count: int,
        transaction_id: int,
        seq: int,
        day: str,
        *snapshot: int,
    ) -> tuple[str, "ChangeCursor"]:
        numbers = [restore_count, transaction_id, seq, *snapshot]
        if any(type(n) is not int or not 0 <= n <= _MAX_CURSOR_INTEGER for n in numbers):
            raise ValueError(numbers)
        if len(snapshot) not in {0, 2}:
            raise ValueError(snapshot)
        position = (snapshot[0], min(snapshot[1], 2**31 - 1)) if snapshot else None
        as_of = date.fromisoformat(day)
        return letters, cls(restore_count, transaction_id, seq, as_of, position)


def _type_letters(types: Collection[RecordType]) -> str:
    return "".join(sorted(kind[0] for kind in types))


def build_restart_error(reason: str) -> Gone:
    """Error for a cursor that is no longer valid, with the URL to start from."""
    start = url_for_request("changes")
    restart = tr(f"Start from {start}.", f"Начните с {start}.")
    return Gone(f"{reason} {restart}", headers={"Link": f'<{start}>; rel="start"'})


def utc_today() -> date:
    """Today in UTC. Cursors hold a day, not an instant, so that they seldom change."""
    return datetime.now(UTC).date()
