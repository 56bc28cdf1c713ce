"""Schemathesis hooks: constraints that the OpenAPI document cannot express."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis import Case, DeserializationContext, HookContext, Response

from app.domain.dates import time_zone_names
from app.domain.text import fold, slugify

ZONES = sorted(time_zone_names())

# Dates and times lie between 1951 and 2099. JSON Schema cannot express that.
FIRST_DAY, LAST_DAY, FIRST_DAY_OF_STATION = "1951-01-01", "2099-12-31", "1998-11-20"
days = strategies.dates(date.fromisoformat(FIRST_DAY), date.fromisoformat(LAST_DAY))
instants = strategies.datetimes(
    datetime(1951, 1, 2),  # noqa: DTZ001  # hypothesis requires naive bounds
    datetime(2099, 12, 30),  # noqa: DTZ001  # as above
    timezones=strategies.just(UTC),
)
schemathesis.openapi.format("date", days.map(str))
schemathesis.openapi.format("date-time", instants.map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"))


# The key of the run, and the records of the examples to which no other refers, must not be deleted.
OWN_KEY = os.environ.get("FUZZ_KEY", "zarya__")
OWN_KEY_ID = OWN_KEY.split("_")[1]
MISSING_KEY_ID = "aaaaaaaa"
EXAMPLE_SLUG = "launch-progress-ms-11"
UNREFERRED_SLUGS = "progress-ms-11-pirs-nadir", "spacewalk-216"
MISSING_SLUG = "nothing"
TIMES = "at", "on"
OTHER_SLUG = "a-globe-held-in-hands"
UNREACHABLE_URL = "https://127.0.0.1/picture.jpg"
EXAMPLE_PICTURE = "soyuz-ms-12-on-the-pad"
OTHER_AGENCY = "angkasa"
OTHER_SITE = "tanegashima-space-center"


@schemathesis.deserializer("application/vnd.sqlite3")
def read_file(_context: DeserializationContext, response: Response) -> str:
    """Return the size of an SQLite file as text. Its schema is `string`."""
    if not response.content.startswith(b"SQLite format 3\0"):
        raise ValueError("Not an SQLite file.")
    return str(len(response.content))


@schemathesis.deserializer("text/calendar")
def read_calendar(_context: DeserializationContext, response: Response) -> str:
    """Return a calendar as text. The test suite parses calendars."""
    return response.text


def _takes_names(schema: dict[str, Any]) -> bool:
    """True for a parameter with several texts that are not those of an enumeration."""
    items = schema.get("items", {})
    return items.get("type") == "string" and "enum" not in items


def _read_example_slugs() -> frozenset[str]:
    """Return the slugs of names in examples of query parameters.

    The fuzzer sends these names as valid. Records with these slugs must not be renamed,
    merged or deleted: `owner=ESA` is refused after an update that renames `esa`.
    """
    document = json.loads((Path(__file__).parents[1] / "openapi.json").read_text())
    return frozenset(
        slugify(name)
        for path in document["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and _takes_names(parameter["schema"])
        for name in parameter["example"]
    )


EXAMPLE_SLUGS = _read_example_slugs()


def _is_out_of_range(case: Case[Any], parameter: dict[str, Any]) -> bool:
    """True for a date that the service does not take; values of responses are generated, too."""
    value = str(case.query[parameter["name"]])
    if parameter["name"] in TIMES and case.operation.definition.raw["operationId"] == "getStation":
        return not FIRST_DAY_OF_STATION < value < f"{datetime.now(UTC):%Y-%m-%d}"
    is_date = parameter["schema"].get("format") in {"date", "date-time"}
    return is_date and not FIRST_DAY < value[:10] < LAST_DAY


def _replace_query_values(case: Case[Any]) -> None:
    """Replace generated query parameters that are valid by the schema but not for the service.

    - Names are replaced by those of the examples: others do not exist.
    - Cursors are opaque: generated ones are removed. The client walks follow real ones.
    - Unknown time zones are replaced by a known one.
    - A `q` without a searchable character, such as a lone accent, is replaced by a word.
    - Of `month` and `month_lt`, or `on`, `at` and `last_known`, which exclude one another, one
      remains.
    - Days before 1951 and after 2099, and times of the station before its first day or after the
      present, are replaced by those of the examples.
    """
    for parameter in case.operation.definition.raw.get("parameters", []):
        if parameter["name"] in case.query and (
            _takes_names(parameter["schema"]) or _is_out_of_range(case, parameter)
        ):
            case.query[parameter["name"]] = parameter["example"]
    case.query.pop("cursor", None)
    if "month_lt" in case.query:
        case.query.pop("month", None)
    given = [name for name in (*TIMES, "last_known") if name in case.query]
    for other in given[1:]:
        case.query.pop(other)
    if case.query.get("format") in {"csv", "ndjson"}:  # documented in words only
        case.query["format"] = "json"
    if case.query.get("tz", "UTC") not in ZONES:
        case.query["tz"] = "Pacific/Chatham"
    if not fold(str(case.query.get("q", "soyuz"))):
        case.query["q"] = "soyuz"


def _replace_targets(case: Case[Any]) -> None:
    """Replace targets of writes that later cases need as they are."""
    match case.operation.definition.raw["operationId"]:
        case "revokeKey" if case.path_parameters.get("id") == OWN_KEY_ID:
            case.path_parameters["id"] = MISSING_KEY_ID
        case "deleteArticle" | "unpublishArticle" if (
            case.path_parameters.get("slug") == EXAMPLE_SLUG
        ):
            case.path_parameters["slug"] = OTHER_SLUG
        case "updateAgency" | "mergeAgency" | "deleteAgency" if (
            case.path_parameters.get("slug") in EXAMPLE_SLUGS
        ):
            case.path_parameters["slug"] = OTHER_AGENCY
        case "updateSite" | "mergeSite" if case.path_parameters.get("slug") in EXAMPLE_SLUGS:
            case.path_parameters["slug"] = OTHER_SITE
        case "deleteMedia" | "updateMedia" if case.path_parameters.get("slug") == EXAMPLE_PICTURE:
            case.path_parameters["slug"] = MISSING_SLUG
        case "uploadMedia" if isinstance(case.body, dict) and "url" in case.body:
            case.body["url"] = UNREACHABLE_URL  # others wait for a name server
        case "deleteStay" | "deleteSpacewalk" if (
            case.path_parameters.get("slug") in UNREFERRED_SLUGS
        ):
            case.path_parameters["slug"] = MISSING_SLUG


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Replace generated values that are valid by the schema but not for the service.

    - `If-Match` becomes `*`, so that it matches any version.
    - `Idempotency-Key` is removed, so that no key is used twice.
    - The key of a sign-in becomes that of the run.

    In all cases the valid `fields` of examples are removed: the schema requires all fields.
    """
    for parameter in case.operation.definition.raw.get("parameters", []):
        example = parameter.get("example")
        if parameter["name"] == "fields" and case.query.get("fields") in (example, *example):
            case.query.pop("fields")
    _replace_targets(case)
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive:
        return
    case.query.pop("fields", None)
    _replace_query_values(case)
    if case.meta and case.meta.phase.name == "stateful":
        case.query.pop("validate_only", None)  # a dry run creates nothing to continue with
    case.headers.pop("Idempotency-Key", None)
    case.headers.pop("Last-Event-ID", None)
    if case.operation.definition.raw["operationId"] == "createSession":
        case.body = {"key": OWN_KEY}
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
