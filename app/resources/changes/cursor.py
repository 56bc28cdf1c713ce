"""Places in the changes, and how clients carry them from one request to the next."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from app.api.links import link
from app.db.models import RecordType
from app.domain.dates import now
from app.domain.languages import either
from app.http.problems import BadCursor, CursorMismatch, Gone

TOMBSTONES = timedelta(days=90)
"""How long a deletion can still be learnt of."""

LARGEST = 2**62


@dataclass(frozen=True)
class Place:
    """What somebody knows: all changes up to one of them, and in the snapshot, all records so far.

    `known_on` is a day on which that was all there was: changes after it have been kept for
    longer than the place holds. `restored` says how often the archive had been put back to a
    backup by then.
    """

    restored: int
    transaction_id: int
    seq: int
    known_on: date
    snapshot: tuple[int, int] | None = None
    """The type at hand, by its place in `RecordType`, and the last id of it; None afterwards."""

    def write(self, types: Collection[RecordType]) -> str:
        """The place as a cursor of these types."""
        letters = "".join(sorted(kind[0] for kind in types))
        numbers = self.restored, self.transaction_id, self.seq
        given = [letters, *numbers, self.known_on.isoformat(), *(self.snapshot or ())]
        text = json.dumps(given)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, types: Collection[RecordType]) -> "Place":
        """Parse what `write` wrote, for the same types; refuse it where it is too old."""
        try:
            padded = text + "=" * (-len(text) % 4)
            given = json.loads(urlsafe_b64decode(padded.encode("ascii")))
            letters, restored, transaction_id, seq, known_on, *snapshot = given
            numbers = [restored, transaction_id, seq, *snapshot]
            if any(type(n) is not int or not 0 <= n <= LARGEST for n in numbers):
                raise ValueError(numbers)
            if len(snapshot) not in {0, 2}:
                raise ValueError(snapshot)
            place = cls(restored, transaction_id, seq, date.fromisoformat(known_on))
            if snapshot:
                place = replace(place, snapshot=(snapshot[0], min(snapshot[1], 2**31 - 1)))
        except (ValueError, TypeError, RecursionError) as error:
            raise BadCursor(
                either(
                    "Take the cursor from `next` or `sync` as it is, or leave it out to start "
                    "anew.",
                    "Возьмите курсор из `next` или `sync` как есть или начните заново без него.",
                )
            ) from error
        if letters != "".join(sorted(kind[0] for kind in types)):
            raise CursorMismatch(
                either(
                    "It was made for other types; start without it.",
                    "Он сделан для других видов записей; начните без него.",
                )
            )
        if place.known_on < (now() - TOMBSTONES).date() - timedelta(days=1):
            raise start_anew(
                either(
                    "Deletions since then are no longer on record.",
                    "Об удалениях с тех пор записей уже нет.",
                )
            )
        return place


def start_anew(why: str) -> Gone:
    """What tells that a cursor leads nowhere any more, and where to begin instead."""
    start = link("changes")
    anew = either(f"Start anew from {start}.", f"Начните заново: {start}.")
    return Gone(f"{why} {anew}", headers={"Link": f'<{start}>; rel="start"'})


def today() -> date:
    """The present day, in UTC. Places tell it, and no finer time, so that they seldom change."""
    return datetime.now(UTC).date()
