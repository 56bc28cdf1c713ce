"""iCalendar (RFC 5545) responses.

Rendered here, not by the icalendar package: that takes thirteen times as long. The tests parse
the output with icalendar.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

from fastapi import Response

from app.domain.dates import PRECISIONS_WITH_TIME, Precision, period_end
from app.domain.languages import Bilingual, tr
from app.http.problems import InvalidRequest

MAX_CALENDAR_EVENTS = 10_000
"""A calendar has no pages and is built in memory."""

_REFRESH_INTERVAL = "PT1H"
"""Refresh interval suggested to clients."""

_HEADER_LINES = "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zarya//Zarya//EN", "CALSCALE:GREGORIAN"
_EMPTY_CALENDAR_LINES = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""Component of an empty calendar; RFC 5545 requires at least one."""

_LINE_BREAK_PATTERN = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL_CHAR_PATTERN = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_TEXT_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class EventStatus(StrEnum):
    """STATUS of an event."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


def get_event_status(precision: Precision, done: bool, uncertain: bool = False) -> EventStatus:
    """Status of an event by the precision of its time.

    A future event is confirmed if its minute is known, a past one (`done`) if its day is known.
    """
    exact = precision in {Precision.SECOND, Precision.MINUTE}
    confirmed = exact or (done and precision in {Precision.HOUR, Precision.DAY})
    return EventStatus.CONFIRMED if confirmed and not uncertain else EventStatus.TENTATIVE


@dataclass(frozen=True)
class CalendarEvent:
    """Event in the period of `precision` that begins at `starts_at`."""

    uid: str
    sequence: int
    """SEQUENCE: increases with each change of the time."""
    changed_at: datetime
    starts_at: datetime
    precision: Precision
    ends_at: datetime | None
    """End of the window of the event, if known."""
    status: EventStatus
    summary: str
    page_url: str
    """URL of the event's page on the portal."""
    json_url: str
    location: str = ""
    position: tuple[float, float] | None = None
    """Latitude and longitude of the location, in degrees."""
    description: str = ""


class ICalendarResponse(Response):
    """Response with a calendar."""

    media_type = "text/calendar"


@dataclass(frozen=True)
class RenderedCalendar:
    """Rendered calendar with its URL and the last change of its events."""

    url: str
    content: bytes
    changed_at: datetime | None

    def to_response(self) -> ICalendarResponse:
        """Response with the calendar, Content-Location and Last-Modified."""
        headers = {"Content-Location": self.url}
        if self.changed_at:
            headers["Last-Modified"] = format_datetime(self.changed_at, usegmt=True)
        return ICalendarResponse(self.content, headers=headers)


def check_event_count(count: int, name: Bilingual, filter_: str) -> None:
    """Raise InvalidRequest for more than `MAX_CALENDAR_EVENTS`: a part would look complete.

    `name` is the plural of the events, in Russian in the genitive; `filter_` narrows the request.
    """
    if count > MAX_CALENDAR_EVENTS:
        raise InvalidRequest(
            tr(
                f"More than {MAX_CALENDAR_EVENTS} {name.en} match. "
                f"Narrow the request, for example by `{filter_}`.",
                f"Подходит больше {MAX_CALENDAR_EVENTS} {name.ru}. "
                f"Сузьте запрос, например `{filter_}`.",
            )
        )


def render_icalendar(
    name: str, url: str, events: Sequence[CalendarEvent], known_until: datetime | None
) -> RenderedCalendar:
    """Render the calendar `name` at `url`; equal events give equal bytes.

    `known_until` is the horizon of the events; None: there is no limit.
    """
    lines = [
        *_HEADER_LINES,
        f"NAME:{_escape_text(name)}",
        f"X-WR-CALNAME:{_escape_text(name)}",
        f"SOURCE;VALUE=URI:{url}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH_INTERVAL}",
        f"X-PUBLISHED-TTL:{_REFRESH_INTERVAL}",
        *([f"X-ZARYA-KNOWN-UNTIL:{_format_utc(known_until)}"] if known_until else ()),
        *(line for event in events for line in _event_lines(event)),
        *(() if events else _EMPTY_CALENDAR_LINES),
        "END:VCALENDAR",
    ]
    content = b"".join(_fold_line(line) for line in lines)
    return RenderedCalendar(url, content, max((e.changed_at for e in events), default=None))


def _event_lines(event: CalendarEvent) -> Iterator[str]:
    changed = _format_utc(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield from _time_lines(event)
    yield f"STATUS:{event.status}"
    yield "TRANSP:TRANSPARENT"  # subscribers stay free
    yield f"SUMMARY:{_escape_text(event.summary)}"
    if event.location:
        yield f"LOCATION:{_escape_text(event.location)}"
    if event.position:
        yield "GEO:{:.6f};{:.6f}".format(*event.position)
    if event.description:
        yield f"DESCRIPTION:{_escape_text(event.description)}"
    yield f"URL:{event.page_url}"
    # RFC 9253
    yield f"LINK;LINKREL=alternate;FMTTYPE=application/json;VALUE=URI:{event.json_url}"
    yield "END:VEVENT"


def _time_lines(event: CalendarEvent) -> Iterator[str]:
    """DTSTART and DTEND: dates if the time of day is unknown, otherwise instants."""
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
    """Fold a line into parts of at most 75 octets, without splitting characters."""
    rest = line.encode()
    parts: list[bytes] = []
    while len(rest) > (size := 74 if parts else 75):
        while rest[size] & 0xC0 == 0x80:
            size -= 1
        parts.append(rest[:size])
        rest = rest[size:]
    return b"\r\n ".join([*parts, rest]) + b"\r\n"
