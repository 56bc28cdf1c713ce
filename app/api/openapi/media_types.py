"""What the OpenAPI document says of answers that are no JSON of ours."""

from typing import Any, NamedTuple


class Form(NamedTuple):
    """A form that others have defined."""

    name: str
    schema: dict[str, Any]


def _text(name: str, description: str) -> Form:
    return Form(name, {"type": "string", "description": description})


_ADDRESS = {"type": "string", "format": "uri"}
_OBJECTS = {"type": "array", "items": {"type": "object"}}
_JSON_FEED: dict[str, Any] = {
    "version": _ADDRESS,
    "title": {"type": "string"},
    "description": {"type": "string"},
    "home_page_url": _ADDRESS,
    "feed_url": _ADDRESS,
    "hubs": _OBJECTS,
    "items": _OBJECTS,
}

FORMS = {
    "text/event-stream": _text(
        "EventStream",
        "Server-sent events: `event` is the `op` of a change, `data` the change itself "
        "as `/v1/changes` shows it, `id` a cursor of what follows.",
    ),
    "application/atom+xml": _text("AtomFeed", "A feed in the form of RFC 4287."),
    "application/rss+xml": _text("RssFeed", "A feed in the form of RSS 2.0."),
    "application/feed+json": Form(
        "JsonFeed",
        {
            "type": "object",
            "description": "A feed in the form of JSON Feed 1.1, which knows no null: other keys "
            "are there where there is something to say.",
            "properties": _JSON_FEED,
            "required": list(_JSON_FEED),
        },
    ),
    "application/vnd.sqlite3": _text("ArchiveFile", "An SQLite file, as bytes."),
    "text/calendar": _text("Calendar", "A calendar in the form of RFC 5545."),
}
"""By media type."""
