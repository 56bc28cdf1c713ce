"""What schemathesis cannot know about the service from its OpenAPI document."""

import os
from datetime import UTC, date, datetime
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis import Case, DeserializationContext, HookContext, Response

from app.domain.dates import time_zone_names
from app.domain.text import fold

ZONES = sorted(time_zone_names())

# Days and instants lie between 1951 and 2099; a JSON schema has no words for that.
days = strategies.dates(date(1951, 1, 1), date(2099, 12, 31))
instants = strategies.datetimes(
    datetime(1951, 1, 2),  # noqa: DTZ001  # hypothesis wants its bounds naive
    datetime(2099, 12, 30),  # noqa: DTZ001  # as above
    timezones=strategies.just(UTC),
)
schemathesis.openapi.format("date", days.map(str))
schemathesis.openapi.format("date-time", instants.map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"))


# The key that all this is done with, and the article that all examples are of: neither may go.
OWN_KEY = os.environ.get("FUZZ_KEY_ID")
NOBODYS_KEY = "aaaaaaaa"
EXAMPLE = "launch-progress-ms-11"
NO_EXAMPLE = "a-globe-held-in-hands"


@schemathesis.deserializer("application/vnd.sqlite3")
def read_file(_context: DeserializationContext, response: Response) -> str:
    """A file as text of its bytes, which no schema looks into."""
    if not response.content.startswith(b"SQLite format 3\0"):
        raise ValueError("It is no SQLite file.")
    return str(len(response.content))


@schemathesis.deserializer("text/calendar")
def read_calendar(_context: DeserializationContext, response: Response) -> str:
    """A calendar is text to the schema; tests/calendars.py reads it whole."""
    return response.text


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Make requests that are meant to be right so, where no schema can say what is.

    A cursor is the service's own: a made-up one is left out, and the clients' walks follow real
    ones. Of time zones there are six hundred: a made-up one becomes a real one. Words of which
    nothing is left to look for, such as an accent alone, become one. Changes are of
    whatever version there is, and no two requests bear one Idempotency-Key.
    """
    match case.operation.definition.raw["operationId"]:
        case "revokeKey" if case.path_parameters.get("id") == OWN_KEY:
            case.path_parameters["id"] = NOBODYS_KEY
        case "deleteArticle" | "unpublishArticle" if case.path_parameters.get("slug") == EXAMPLE:
            case.path_parameters["slug"] = NO_EXAMPLE
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive:
        return
    case.query.pop("cursor", None)
    if case.query.get("format") in {"csv", "ndjson"}:  # which the document tells in words
        case.query["format"] = "json"
    if case.query.get("tz", "UTC") not in ZONES:
        case.query["tz"] = "Pacific/Chatham"
    if not fold(str(case.query.get("q", "soyuz"))):
        case.query["q"] = "soyuz"
    if case.meta and case.meta.phase.name == "stateful":
        case.query.pop("validate_only", None)  # what was only tried is not there afterwards
    case.headers.pop("Idempotency-Key", None)
    case.headers.pop("Last-Event-ID", None)
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
