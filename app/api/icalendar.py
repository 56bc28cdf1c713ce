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

from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_end

MAX_CALENDAR_EVENTS = 10_000
"""How many events a calendar holds at the most: it has no pages, and is made in memory."""

_REFRESH_INTERVAL = "PT1H"
"""How often clients are asked to look again."""

_HEADER_LINES = "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zarya//Zarya//EN", "CALSCALE:GREGORIAN"
_PLACEHOLDER_LINES = (
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

_LINE_BREAK_PATTERN = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL_CHAR_PATTERN = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_TEXT_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class EventStatus(StrEnum):
    """How sure an event is."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


def get_event_status(precision: Precision, done: bool, uncertain: bool = False) -> EventStatus:
    """How sure the time of something is, before or after it is `done`.

    What lies ahead is sure when its minute is known, what is over when its day is.
    """
    timed = precision in {Precision.SECOND, Precision.MINUTE}
    sure = timed or (done and precision in {Precision.HOUR, Precision.DAY})
    return EventStatus.CONFIRMED if sure and not uncertain else EventStatus.TENTATIVE


@dataclass(frozen=True)
class CalendarEvent:
    """Something that takes place in the period of `precision` that begins at `starts_at`."""

    uid: str
    sequence: int
    """Rises with each change of its time."""
    changed_at: datetime
    starts_at: datetime
    precision: Precision
    ends_at: datetime | None
    """The end of the time in which it may take place, where one is known."""
    status: EventStatus
    summary: str
    url: str
    location: str = ""
    description: str = ""


class ICalendarResponse(Response):
    """The answer that holds a calendar."""

    media_type = "text/calendar"


@dataclass(frozen=True)
class RenderedCalendar:
    """A calendar ready to be sent."""

    url: str
    content: bytes
    changed_at: datetime | None

    def to_response(self) -> ICalendarResponse:
        """What it is sent as."""
        headers = {"Content-Location": self.url}
        if self.changed_at:
            headers["Last-Modified"] = format_datetime(self.changed_at, usegmt=True)
        return ICalendarResponse(self.content, headers=headers)


def render_icalendar(name: str, address: str, events: Sequence[CalendarEvent]) -> RenderedCalendar:
    """The calendar `name`, found at `url`. It differs only where its events do."""
    lines = [
        *_HEADER_LINES,
        f"NAME:{_escape_text(name)}",
        f"X-WR-CALNAME:{_escape_text(name)}",
        f"SOURCE;VALUE=URI:{address}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH_INTERVAL}",
        f"X-PUBLISHED-TTL:{_REFRESH_INTERVAL}",
        *(line for event in events for line in _event_lines(event)),
        *(() if events else _PLACEHOLDER_LINES),
        "END:VCALENDAR",
    ]
    content = b"".join(_fold_line(line) for line in lines)
    return RenderedCalendar(address, content, max((e.changed_at for e in events), default=None))


def _event_lines(event: CalendarEvent) -> Iterator[str]:
    changed = _format_utc(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield from _time_lines(event)
    yield f"STATUS:{event.status}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy by it
    yield f"SUMMARY:{_escape_text(event.summary)}"
    if event.location:
        yield f"LOCATION:{_escape_text(event.location)}"
    if event.description:
        yield f"DESCRIPTION:{_escape_text(event.description)}"
    yield f"URL:{event.url}"
    yield "END:VEVENT"


def _time_lines(event: CalendarEvent) -> Iterator[str]:
    """When it takes place: whole days where no time of day is known, an instant where one is."""
    end = period_end(event.starts_at, event.precision)
    if event.precision not in PRECISIONS_WITH_TIME:
        yield f"DTSTART;VALUE=DATE:{event.starts_at:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{end:%Y%m%d}"
        return
    yield f"DTSTART:{_format_utc(event.starts_at)}"
    until = event.ends_at or (end if event.precision is Precision.HOUR else event.starts_at)
    if until > event.starts_at:
        yield f"DTEND:{_format_utc(until)}"


def _format_utc(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _escape_text(value: str) -> str:
    return _CONTROL_CHAR_PATTERN.sub("", _LINE_BREAK_PATTERN.sub("\n", value)).translate(
        _TEXT_ESCAPES
    )


def _fold_line(line: str) -> bytes:
    """A line as it is sent: in pieces of at most 75 octets, no character torn apart."""
    rest = line.encode()
    pieces: list[bytes] = []
    while len(rest) > (room := 74 if pieces else 75):
        while rest[room] & 0xC0 == 0x80:
            room -= 1
        pieces.append(rest[:room])
        rest = rest[room:]
    return b"\r\n ".join([*pieces, rest]) + b"\r\n"
