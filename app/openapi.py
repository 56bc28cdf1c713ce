"""The OpenAPI document: what FastAPI derives, put so that generators make good clients of it."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.auth import Forbidden, Unauthorized, keyed_routes
from app.config import get_settings
from app.editing import MERGE_PATCH, TAKEN
from app.errors import (
    MEDIA_TYPE,
    ApiError,
    BadRequest,
    Conflict,
    ContentTooLarge,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from app.http.forms import FORMS
from app.models import Scope

Schema = dict[str, Any]

DESCRIPTION = """\
Every expedition to the International Space Station with its crew, launches and news, open to
everybody. Filters that do not exist are refused, dates say how exact they are, cursors hold while
rows come and go, and the news calendar agrees with the lists of its days in every time zone.
"""

TAGS = {
    "portal": "A mission's whole page in one answer.",
    "missions": "The expeditions to the station.",
    "articles": "The news, and its calendar.",
    "launches": "Launches to the station, and their calendar.",
    "people": "Who flew, or set out to fly, to the station.",
    "crew": "Who held which role in which mission.",
    "search": "Everything in one list, in either language and any spelling.",
    "changes": "What has changed: for copies of the archive, and for those who listen.",
    "webhooks": "Other services that are told of changes.",
    "sources": "Feeds of others that are looked at again and again.",
    "export": "The archive as a file to take away.",
    "keys": "The keys that editors and programs write with.",
    "audit": "Who changed what.",
}

WHOLE = """\
Also whole, as CSV (`format=csv`, `text/csv`) or NDJSON (`format=ndjson`, `application/x-ndjson`):
the same filters and sort, streamed, without pages."""

EXAMPLES: dict[str, Any] = {
    "aboard_on": "2019-04-04",
    "action": ["update"],
    "active_on": "2019-04-04",
    "actor": ["zarya load"],
    "agency": ["NASA"],
    "agency_not": ["NASA"],
    "articles": 3,
    "at_gte": "2026-01-01",
    "at_lt": "2031-01-01T00:00:00Z",
    "country": ["KZ"],
    "crewed": True,
    "cursor": "WyJuYW1lIiwgIjhkYjI1Y2JlZTk0NyIsIDAsICJhbm5lIG1jY2xhaW4iLCAyNV0",
    "ends_on_gte": "2019-04-04",
    "ends_on_lt": "2019-12-31",
    "format": "json",
    "has_image": False,
    "id": 1,
    "Idempotency-Key": "4d0f1f2a-5f0e-4f6e-9a43-1f1f0a3c9b7e",
    "If-Match": 'W/"5f3c1a9e0b7d2c4461f2a8e3.7"',
    "kind": ["CV"],
    "lang": "ru",
    "language": ["en"],
    "launch": ["progress-ms-11"],
    "launch_at_gte": "2019-04-04T00:00:00Z",
    "launch_at_lt": "2019-05-01",
    "launch_month": "2019-04",
    "launch_on": "2019-04-04",
    "launches": 5,
    "limit": 20,
    "mission": ["iss-59"],
    "month": "2019-04",
    "nationality": ["RU"],
    "nationality_not": ["RU"],
    "number": [59],
    "on": "2019-04-04",
    "person": ["anne-mcclain"],
    "published_at_gte": "2019-04-04T00:00:00Z",
    "published_at_lt": "2019-05-01",
    "published_month": "2019-04",
    "published_on": "2019-04-04",
    "q": "kononenko",
    "record_id": 59,
    "role": ["commander"],
    "scope": ["articles:write"],
    "role_not": ["commander"],
    "site": ["Baikonur Cosmodrome"],
    "source": ["Zarya chronicle"],
    "source_not": ["Zarya chronicle"],
    "spacecraft": ["Progress MS-11"],
    "starts_on_gte": "2019-01-01",
    "starts_on_lt": "2019-12-31",
    "status": ["success"],
    "status_not": ["failure"],
    "tag": ["launch"],
    "tag_not": ["launch"],
    "type": ["mission"],
    "types": ["mission"],
    "Last-Event-ID": "WyJtIiwgMCwgMTc0MCwgIjIwMjYtMTEtMjQiXQ",
    "tz": "Europe/Moscow",
    "updated_at_gte": "2019-04-04T00:00:00Z",
    "vehicle": ["Soyuz-2.1a"],
    "vehicle_family": ["Soyuz"],
    "view": "summary",
    "with_total": True,
}
"""What each parameter may look like, by name, where an operation does not have its own."""

OWN_EXAMPLES: dict[tuple[str, str], Any] = {
    ("listMissions", "status"): ["completed"],
    ("listDrafts", "status"): ["draft"],
    ("listMissions", "status_not"): ["planned"],
    ("getKey", "id"): "k3v9x2ab",
    ("revokeKey", "id"): "k3v9x2ab",
    ("listAuditEntries", "slug"): ["iss-59"],
}

SLUGS = {
    "Article": "launch-progress-ms-11",
    "Launch": "progress-ms-11",
    "Mission": "iss-59",
    "Person": "anne-mcclain",
}
"""A record of each kind, by the word that the operations on it have in their names."""

HEADERS = {
    "Access-Control-Allow-Origin": ("Scripts of any origin may read this.", "*"),
    "ETag": (
        "Weak; changes with the answer only. `If-None-Match` with it may bring a 304; a single "
        "record's ends in its version, which is what `If-Match` is compared with.",
        'W/"5f3c1a9e0b7d2c4461f2a8e3.7"',
    ),
    "Cache-Control": ("How long the answer may be used.", "public, max-age=60"),
    "Last-Modified": ("The newest change of what is shown.", "Thu, 04 Apr 2019 12:00:00 GMT"),
    "Link": (
        "The pages around this one, or the feed of it (RFC 8288).",
        '<https://portal.example/v1>; rel="next"',
    ),
    "Content-Location": ("The thing's own address.", "https://portal.example/v1/missions/iss-74"),
    "Content-Language": ("The language of the answer: `en` or `ru`.", "en"),
    "X-Request-ID": ("The id of this request.", "0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d"),
    "Location": ("The address of what was made.", "https://portal.example/v1/articles/a-globe"),
    "Idempotency-Replayed": ("`true` where the answer is that to an earlier request.", "true"),
    "WWW-Authenticate": ("How to show who you are.", 'Bearer realm="zarya"'),
    "Accept-Post": ("The kinds of body that POST takes here.", "application/json"),
    "Accept-Patch": ("The kinds of body that PATCH takes here.", MERGE_PATCH),
    "Retry-After": ("After how many seconds to try again.", "5"),
    "RateLimit": ("How many requests are left, and for how many seconds.", '"anon";r=599;t=50'),
    "RateLimit-Policy": ("How many requests there are in how many seconds.", '"anon";q=600;w=60'),
}

ALWAYS = ("Access-Control-Allow-Origin", "Content-Language", "X-Request-ID")
"""The headers of every answer."""

LENGTHS = {"date": 10, "date-time": 35, "uri": 4000}
"""How long text of a format can be."""

ERRORS: dict[str, tuple[type[ApiError], list[str]]] = {
    "BadRequest": (BadRequest, []),
    "Unauthorized": (Unauthorized, ["WWW-Authenticate"]),
    "Forbidden": (Forbidden, ["WWW-Authenticate"]),
    "NotFound": (NotFound, []),
    "Conflict": (Conflict, []),
    "Gone": (Gone, []),
    "PreconditionFailed": (PreconditionFailed, ["ETag"]),
    "UnsupportedMediaType": (UnsupportedMediaType, ["Accept-Post", "Accept-Patch"]),
    "Invalid": (Invalid, []),
    "PreconditionRequired": (PreconditionRequired, []),
    "ContentTooLarge": (ContentTooLarge, []),
    "TooManyRequests": (TooManyRequests, ["Retry-After", "RateLimit", "RateLimit-Policy"]),
    "Unavailable": (Unavailable, ["Retry-After"]),
    "Problem": (ApiError, []),
}

LINKS = {
    "listMissions": ("getMission", "mission"),
    "listPeople": ("getPerson", "person"),
    "listLaunches": ("getLaunch", "launch"),
    "listArticles": ("getArticle", "article"),
    "createMission": ("getMission", "mission"),
    "createPerson": ("getPerson", "person"),
    "createLaunch": ("getLaunch", "launch"),
    "createArticle": ("previewArticle", "article"),
}


def document(app: FastAPI) -> Schema:
    """The OpenAPI document of `app`."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        servers=[
            {
                "url": get_settings().origin,
                "description": "This archive, local or in production.",
                "x-internal": False,
            }
        ],
        contact={"name": "The maintainers of Zarya", "url": f"{get_settings().origin}/"},
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    scopes = {route.name: allowed.scope for route, allowed in keyed_routes(app)}
    for methods in made["paths"].values():
        for method, operation in methods.items():
            name = operation["operationId"]
            _finish(method, operation, scopes.get(name), name in scopes)
    components = made["components"]
    components["schemas"] |= dict(_patches(made["paths"]))
    for name, schema in components["schemas"].items():
        if name.endswith("Record"):
            schema.pop("examples", None)  # of what is written; a record has more to it
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused)
    components["schemas"] |= {form.name: form.schema for form in FORMS.values()}
    problem = Problem.model_json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["headers"] = {
        name: {
            "description": text,
            "schema": {"type": "string", "maxLength": 4000},
            "example": example,
        }
        for name, (text, example) in HEADERS.items()
    }
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "zarya_<id>_<secret>",
            "description": "A key as `zarya keys create` or `POST /v1/keys` shows it, once.",
        }
    }
    components["responses"] = {
        name: _error(kind, headers) for name, (kind, headers) in ERRORS.items()
    }
    # A part of a document has a schema for each way, where it may leave out what answers show.
    text = json.dumps(_tidy(made)).replace("Write-Output", "Record").replace("-Input", "")
    document: Schema = json.loads(text)
    return document


def _finish(method: str, operation: Schema, scope: Scope | None, keyed: bool) -> None:
    name = operation["operationId"]
    for parameter in operation.get("parameters", []):
        parameter["example"] = _example(name, parameter)
        parameter["schema"].pop("description", None)
        if parameter["schema"].get("type") == "array":
            parameter["schema"].pop("default", None)
            parameter["schema"]["minItems"] = 1
    if "requestBody" in operation:
        _finish_body(method, operation["requestBody"])
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    status, success = next(iter(operation["responses"].items()))
    errors = _errors(method, operation, names)
    if keyed:
        errors |= {"401": "Unauthorized", "403": "Forbidden"}
        needed = f"Needs a key with the scope `{scope}`." if scope else "Needs a key."
        operation["description"] += f"\n\n{needed}"
    success["description"] = operation["summary"] + "."
    if "format" in names:
        # Told in words: with several media types, clients in TypeScript get a union of them all.
        operation["description"] += f"\n\n{WHOLE}"
    for media in [kind for kind in success.get("content", {}) if kind in FORMS]:
        success["content"][media] = {
            "schema": {"$ref": f"#/components/schemas/{FORMS[media].name}"}
        }
    headers = _success_headers(method, name, names, status)
    success["headers"] = {each: {"$ref": f"#/components/headers/{each}"} for each in headers}
    if name in LINKS:
        success["links"] = _link(name)
    trial = (
        {"200": _trial(success)} if status in {"201", "202"} and "validate_only" in names else {}
    )
    operation["responses"] = {
        **trial,
        status: success,
        **{code: _ref(error) for code, error in sorted(errors.items())},
        "default": _ref("Problem"),
    }
    operation["security"] = [{"key": []}] if keyed else []


def _example(operation: str, parameter: Schema) -> Any:
    key = parameter["name"]
    if (operation, key) in OWN_EXAMPLES:
        return OWN_EXAMPLES[operation, key]
    if key == "slug":  # in a path
        return next(slug for what, slug in SLUGS.items() if what in operation)
    return EXAMPLES[key] if key in EXAMPLES else parameter["schema"]["default"]


def _patches(paths: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas of all patches by name, each left behind as a reference to it."""
    for methods in paths.values():
        if operation := methods.get("patch"):
            name = f"{operation['operationId'].removeprefix('update')}Patch"
            content = operation["requestBody"]["content"]
            yield name, next(iter(content.values()))["schema"]
            for kind in content:
                content[kind] = {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _finish_body(method: str, body: Schema) -> None:
    """Every kind of body that is taken, each with an example."""
    (media,) = body["content"].values()
    kinds = TAKEN[method.upper()][1]
    body["content"] = dict.fromkeys(kinds, media)
    body["required"] = True


def _success_headers(method: str, name: str, parameters: set[str], status: str) -> list[str]:
    headers = [*ALWAYS, "Cache-Control"]
    headers += ["ETag", "Last-Modified"] if status != "204" and not name.endswith("Events") else []
    paged = "cursor" in parameters and method == "get"
    headers += ["Link"] if paged or name.endswith("Feed") else []
    headers += ["Location"] if status == "201" else []
    headers += ["Idempotency-Replayed"] if "Idempotency-Key" in parameters else []
    located = "urrent" in name or name.endswith(("NextLaunch", "Calendar"))
    return headers + (["Content-Location"] if located else [])


def _errors(method: str, operation: Schema, parameters: set[str]) -> dict[str, str]:
    """The errors to be expected of an operation, by status."""
    errors = {"422": "Invalid", "429": "TooManyRequests", "503": "Unavailable"}
    if "cursor" in parameters or method != "get":
        errors["400"] = "BadRequest"
    placed = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    if placed or "urrent" in operation["operationId"]:
        errors |= {"404": "NotFound"} | ({"410": "Gone"} if "slug" in placed else {})
    if operation["operationId"].endswith("NextLaunch"):
        errors["404"] = "NotFound"
    if "If-Match" in parameters:
        errors |= {"412": "PreconditionFailed"}
        errors |= {} if method == "post" else {"428": "PreconditionRequired"}
    if parameters & {"If-Match", "Idempotency-Key"}:
        errors["409"] = "Conflict"
    if "requestBody" in operation:
        errors |= {"413": "ContentTooLarge", "415": "UnsupportedMediaType"}
    return errors


def _trial(success: Schema) -> Schema:
    """What answers a POST that only tries: what would have been made, but it has no address."""
    headers = {name: ref for name, ref in success["headers"].items() if name != "Location"}
    return {"description": "Only tried.", "headers": headers, "content": success["content"]}


def _link(name: str) -> Schema:
    target, what = LINKS[name]
    listed = name.startswith("list")
    return {
        f"first_{what}" if listed else what: {
            "operationId": target,
            "parameters": {"slug": f"$response.body#{'/items/0' if listed else ''}/slug"},
            "description": f"The first {what} of the page." if listed else f"The {what} made.",
        }
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/responses/{name}"}


def _error(kind: type[ApiError], headers: list[str]) -> Schema:
    example = Problem(
        type=f"{get_settings().origin}/problems/{kind.kind}",
        title=kind.title.en,
        status=kind.status,
        detail="What happened, and what to do about it.",
        instance="urn:uuid:0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d",
        errors=[],
    )
    return {
        "description": f"{kind.title.en}.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*ALWAYS, *headers)},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example.model_dump(),
            }
        },
    }


def _tidy(part: Any) -> Any:
    """`part` without made-up titles, with null told by the type, and with its bounds told."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    tidied = {
        key: value if key in {"example", "examples"} else _tidy(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str) and _is_schema(part))
    }
    match tidied.get("type"):
        case "integer":
            tidied.setdefault("format", "int32")
        case "string" if tidied.get("format") in LENGTHS:
            tidied.setdefault("maxLength", LENGTHS[tidied["format"]])
    kinds = tidied.get("anyOf", [])
    if len(kinds) == 2 and kinds[1] == {"type": "null"} and isinstance(kinds[0].get("type"), str):
        del tidied["anyOf"]
        tidied = kinds[0] | {"type": [kinds[0]["type"], "null"]} | tidied
    return tidied


def _is_schema(part: Schema) -> bool:
    return any(key in part for key in ("type", "anyOf", "$ref", "allOf", "properties", "enum"))
