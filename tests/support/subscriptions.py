"""Links to pages in feeds and calendars, as subscribers read them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from defusedxml.ElementTree import fromstring
from icalendar import Calendar

_ATOM = "{http://www.w3.org/2005/Atom}"


def _atom_links(content: bytes) -> list[str]:
    entries = fromstring(content).iter(f"{_ATOM}entry")
    links = (link for entry in entries for link in entry.iter(f"{_ATOM}link"))
    return [link.attrib["href"] for link in links if link.get("type", "text/html") == "text/html"]


def _rss_links(content: bytes) -> list[str]:
    return [str(item.findtext("link")) for item in fromstring(content).iter("item")]


def _json_feed_links(content: bytes) -> list[str]:
    return [item["url"] for item in json.loads(content)["items"]]


def _calendar_links(content: bytes) -> list[str]:
    calendar: Any = Calendar.from_ical(content)
    return [str(event["URL"]) for event in calendar.walk("VEVENT")]


_READERS: Mapping[str, Callable[[bytes], Sequence[str]]] = {
    "atom": _atom_links,
    "rss": _rss_links,
    "json": _json_feed_links,
    "ics": _calendar_links,
}

SUBSCRIPTIONS = (
    "/v1/articles/feed.atom?limit=100",
    "/v1/articles/feed.rss?limit=100&lang=ru",
    "/v1/articles/feed.json?limit=100",
    "/v1/timeline.atom",
    "/v1/timeline.ics",
    "/v1/launches.ics",
    "/v1/spacewalks.ics?lang=ru",
    "/v1/missions/iss-59/calendar.ics",
)


def page_links(path: str, content: bytes) -> list[str]:
    """The link to a page of each entry or event in a response from `path`."""
    extension = path.partition("?")[0].rpartition(".")[2]
    return list(_READERS[extension](content))
