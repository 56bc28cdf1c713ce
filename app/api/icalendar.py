"""Calendars for others to subscribe to, in the form of RFC 5545.

Written by hand: icalendar takes thirteen times as long, and reads what we write in the tests.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

from fastapi import Response

from app.domain.dates import CLOCKED, Precision, period_end

MOST = 10_000
"""How many events a calendar holds at the most: it has no pages, and is made in memory."""

POLLED = "PT1H"
"""How often clients are asked to look again."""

_HEAD = "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zarya//Zarya//EN", "CALSCALE:GREGORIAN"
_SOMETHING = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""What a calendar without events holds: the form knows none without any component."""

_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class Standing(StrEnum):
    """How sure an event is."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


def standing(precision: Precision, done: bool, uncertain: bool = False) -> Standing:
    """How sure the time of something is, before or after it is `done`.

    What lies ahead is sure when its minute is known, what is over when its day is.
    """
    timed = precision in {Precision.SECOND, Precision.MINUTE}
    sure = timed or (done and precision in {Precision.HOUR, Precision.DAY})
    return Standing.CONFIRMED if sure and not uncertain else Standing.TENTATIVE


@dataclass(frozen=True)
class Event:
    """Something that takes place in the period of `precision` that begins at `starts_at`."""

    uid: str
    sequence: int
    """Rises with each change of its time."""
    changed_at: datetime
    starts_at: datetime
    precision: Precision
    ends_at: datetime | None
    """The end of the time in which it may take place, where one is known."""
    standing: Standing
    summary: str
    url: str
    location: str = ""
    description: str = ""


class Calendar(Response):
    """The answer that holds a calendar."""

    media_type = "text/calendar"


@dataclass(frozen=True)
class WrittenCalendar:
    """A calendar ready to be sent."""

    address: str
    content: bytes
    changed_at: datetime | None

    def answer(self) -> Calendar:
        """What it is sent as."""
        headers = {"Content-Location": self.address}
        if self.changed_at:
            headers["Last-Modified"] = format_datetime(self.changed_at, usegmt=True)
        return Calendar(self.content, headers=headers)


def written(name: str, address: str, events: Sequence[Event]) -> WrittenCalendar:
    """The calendar `name`, found at `address`. It differs only where its events do."""
    lines = [
        *_HEAD,
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"SOURCE;VALUE=URI:{address}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{POLLED}",
        f"X-PUBLISHED-TTL:{POLLED}",
        *(line for event in events for line in _event(event)),
        *(() if events else _SOMETHING),
        "END:VCALENDAR",
    ]
    content = b"".join(_folded(line) for line in lines)
    return WrittenCalendar(address, content, max((e.changed_at for e in events), default=None))


def _event(event: Event) -> Iterator[str]:
    changed = _instant(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield from _times(event)
    yield f"STATUS:{event.standing}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy by it
    yield f"SUMMARY:{_text(event.summary)}"
    if event.location:
        yield f"LOCATION:{_text(event.location)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    yield f"URL:{event.url}"
    yield "END:VEVENT"


def _times(event: Event) -> Iterator[str]:
    """When it takes place: whole days where no time of day is known, an instant where one is."""
    end = period_end(event.starts_at, event.precision)
    if event.precision not in CLOCKED:
        yield f"DTSTART;VALUE=DATE:{event.starts_at:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{end:%Y%m%d}"
        return
    yield f"DTSTART:{_instant(event.starts_at)}"
    until = event.ends_at or (end if event.precision is Precision.HOUR else event.starts_at)
    if until > event.starts_at:
        yield f"DTEND:{_instant(until)}"


def _instant(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    return _CONTROLS.sub("", _BREAKS.sub("\n", value)).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """A line as it is sent: in pieces of at most 75 octets, no character torn apart."""
    rest = line.encode()
    pieces: list[bytes] = []
    while len(rest) > (room := 74 if pieces else 75):
        while rest[room] & 0xC0 == 0x80:
            room -= 1
        pieces.append(rest[:room])
        rest = rest[room:]
    return b"\r\n ".join([*pieces, rest]) + b"\r\n"
