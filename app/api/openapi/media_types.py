"""What the OpenAPI document says of answers that are no JSON of ours."""

from typing import Any, NamedTuple


class MediaTypeSchema(NamedTuple):
    """A form that others have defined."""

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

MEDIA_TYPE_SCHEMAS = {
    "text/event-stream": _text_schema(
        "EventStream",
        "Server-sent events: `event` is the `op` of a change, `data` the change itself "
        "as `/v1/changes` shows it, `id` a cursor of what follows.",
    ),
    "application/atom+xml": _text_schema("AtomFeed", "A feed in the form of RFC 4287."),
    "application/rss+xml": _text_schema("RssFeed", "A feed in the form of RSS 2.0."),
    "application/feed+json": MediaTypeSchema(
        "JsonFeed",
        {
            "type": "object",
            "description": "A feed in the form of JSON Feed 1.1, which knows no null: other keys "
            "are there where there is something to say.",
            "properties": _JSON_FEED_PROPERTIES,
            "required": list(_JSON_FEED_PROPERTIES),
        },
    ),
    "application/vnd.sqlite3": _text_schema("ArchiveFile", "An SQLite file, as bytes."),
    "text/calendar": _text_schema("Calendar", "A calendar in the form of RFC 5545."),
}
"""By media type."""
