"""Places in the changes, and how clients carry them from one request to the next."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from app.api.links import url_for_request
from app.domain.dates import now
from app.domain.enums import RecordType
from app.domain.languages import tr
from app.http.problems import CursorMismatch, Gone, InvalidCursor

TOMBSTONE_RETENTION_PERIOD = timedelta(days=90)
"""How long a deletion can still be learnt of."""

_MAX_CURSOR_INTEGER = 2**62


@dataclass(frozen=True)
class ChangeCursor:
    """What somebody knows: all changes up to one of them, and in the snapshot, all records so far.

    `as_of_date` is a day on which that was all there was: changes after it have been kept for
    longer than the place holds. `restore_count` says how often the archive had been put back to a
    backup by then.
    """

    restore_count: int
    transaction_id: int
    seq: int
    as_of_date: date
    snapshot_position: tuple[int, int] | None = None
    """The type at hand, by its place in `RecordType`, and the last id of it; None afterwards."""

    def encode(self, types: Collection[RecordType]) -> str:
        """The place as a cursor of these types."""
        letters = "".join(sorted(kind[0] for kind in types))
        numbers = self.restore_count, self.transaction_id, self.seq
        given = [letters, *numbers, self.as_of_date.isoformat(), *(self.snapshot_position or ())]
        text = json.dumps(given)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, types: Collection[RecordType]) -> "ChangeCursor":
        """Parse what `encode` wrote, for the same types; refuse it where it is too old."""
        try:
            padded = text + "=" * (-len(text) % 4)
            given = json.loads(urlsafe_b64decode(padded.encode("ascii")))
            letters, restored, transaction_id, seq, known_on, *snapshot = given
            numbers = [restored, transaction_id, seq, *snapshot]
            if any(type(n) is not int or not 0 <= n <= _MAX_CURSOR_INTEGER for n in numbers):
                raise ValueError(numbers)
            if len(snapshot) not in {0, 2}:
                raise ValueError(snapshot)
            place = cls(restored, transaction_id, seq, date.fromisoformat(known_on))
            if snapshot:
                place = replace(place, snapshot_position=(snapshot[0], min(snapshot[1], 2**31 - 1)))
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidCursor(
                tr(
                    "Take the cursor from `next` or `sync` as it is, or leave it out to start "
                    "anew.",
                    "Возьмите курсор из `next` или `sync` как есть или начните заново без него.",
                )
            ) from error
        if letters != "".join(sorted(kind[0] for kind in types)):
            raise CursorMismatch(
                tr(
                    "It was made for other types; start without it.",
                    "Он сделан для других видов записей; начните без него.",
                )
            )
        if place.as_of_date < (now() - TOMBSTONE_RETENTION_PERIOD).date() - timedelta(days=1):
            raise build_restart_error(
                tr(
                    "Deletions since then are no longer on record.",
                    "Об удалениях с тех пор записей уже нет.",
                )
            )
        return place


def build_restart_error(why: str) -> Gone:
    """What tells that a cursor leads nowhere any more, and where to begin instead."""
    start = url_for_request("changes")
    anew = tr(f"Start anew from {start}.", f"Начните заново: {start}.")
    return Gone(f"{why} {anew}", headers={"Link": f'<{start}>; rel="start"'})


def utc_today() -> date:
    """The present day, in UTC. Places tell it, and no finer time, so that they seldom change."""
    return datetime.now(UTC).date()
