"""Schemas of responses in other media types than `application/json`."""

from typing import Any, NamedTuple


class MediaTypeSchema(NamedTuple):
    """Component name and schema of a media type."""

    name: str
    schema: dict[str, Any]


def _text_schema(name: str, description: str) -> MediaTypeSchema:
    return MediaTypeSchema(name, {"type": "string", "description": description})


_URI_SCHEMA = {"type": "string", "format": "uri"}
_OBJECT_LIST_SCHEMA = {"type": "array", "items": {"type": "object"}}
_JSON_FEED_PROPERTIES: dict[str, Any] = {
    "version": _URI_SCHEMA,
    "title": {"type": "string"},
    "description": {"type": "string"},
    "home_page_url": _URI_SCHEMA,
    "feed_url": _URI_SCHEMA,
    "hubs": _OBJECT_LIST_SCHEMA,
    "items": _OBJECT_LIST_SCHEMA,
}
_JSON_FEED_OPTIONAL_PROPERTIES: dict[str, Any] = {
    "language": {"type": "string"},
    "_zarya": {"type": "object", "description": "Extension with `known_until`."},
}

MEDIA_TYPE_SCHEMAS = {
    "text/event-stream": _text_schema(
        "EventStream",
        "Server-sent events. `event` is the `op` of a change, `data` is the change as in "
        "`/v1/changes`, `id` is a cursor for the changes after it.",
    ),
    "application/atom+xml": _text_schema("AtomFeed", "Atom feed (RFC 4287)."),
    "application/rss+xml": _text_schema("RssFeed", "RSS 2.0 feed."),
    "application/feed+json": MediaTypeSchema(
        "JsonFeed",
        {
            "type": "object",
            "description": "JSON Feed 1.1. The format has no null: optional keys are present only "
            "if they have a value.",
            "properties": _JSON_FEED_PROPERTIES | _JSON_FEED_OPTIONAL_PROPERTIES,
            "required": list(_JSON_FEED_PROPERTIES),
        },
    ),
    "application/vnd.sqlite3": _text_schema("ArchiveFile", "SQLite database file."),
    "text/calendar": _text_schema("Calendar", "iCalendar file (RFC 5545)."),
}
"""Schemas by media type."""
