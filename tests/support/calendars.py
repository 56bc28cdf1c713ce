"""iCalendar responses, parsed by two independent libraries: icalendar and vobject."""

from typing import Any

import vobject
from icalendar import Calendar
from starlette.testclient import TestClient


def get_calendar(client: TestClient, address: str) -> bytes:
    """Request a calendar; checks content type, line ends and line folding (RFC 5545, 3.1)."""
    response = client.get(address)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    content: bytes = response.content
    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\n" in line or b"\r" in line or len(line) > 75 for line in lines)
    for line in lines:
        line.decode()  # folding does not split a character
    return content


def get_events(client: TestClient, address: str) -> list[Any]:
    """Events of a calendar as icalendar parses them; checks that vobject parses the same."""
    content = get_calendar(client, address)
    calendar: Any = Calendar.from_ical(content)
    assert not calendar.errors
    other = vobject.readOne(content.decode())
    found = [event for event in calendar.walk("VEVENT") if not event.errors]
    theirs = getattr(other, "vevent_list", [])
    assert len(found) == content.count(b"\r\nBEGIN:VEVENT\r\n") == len(theirs)
    for ours, their in zip(found, theirs, strict=True):
        assert str(ours["UID"]) == their.uid.value
        assert str(ours["SUMMARY"]) == their.summary.value
        assert ours["DTSTART"].dt == their.dtstart.value
        assert str(ours.get("DESCRIPTION", "")) == _description(their)
    return found


def _description(event: Any) -> str:
    return event.description.value if hasattr(event, "description") else ""


def get_event(client: TestClient, address: str) -> Any:
    """The only event of a calendar."""
    (found,) = get_events(client, address)
    return found
