"""Calendars as two libraries read them that know nothing of ours."""

from typing import Any

import vobject
from icalendar import Calendar
from starlette.testclient import TestClient


def sent(client: TestClient, address: str) -> bytes:
    """A calendar, its lines as they must be."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    content: bytes = answer.content
    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\n" in line or b"\r" in line or len(line) > 75 for line in lines)
    for line in lines:
        line.decode()  # no character is torn apart
    return content


def events(client: TestClient, address: str) -> list[Any]:
    """The events of a calendar by icalendar, each of which vobject reads alike."""
    content = sent(client, address)
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


def event(client: TestClient, address: str) -> Any:
    (found,) = events(client, address)
    return found
