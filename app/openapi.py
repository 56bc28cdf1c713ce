"""The OpenAPI document: what FastAPI derives, put so that generators make good clients of it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.config import get_settings
from app.errors import (
    MEDIA_TYPE,
    ApiError,
    BadRequest,
    Invalid,
    NotFound,
    Problem,
    Unavailable,
)

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
}

EXAMPLES: dict[str, Any] = {
    "aboard_on": "2019-04-04",
    "active_on": "2019-04-04",
    "agency": ["NASA"],
    "agency_not": ["NASA"],
    "articles": 3,
    "country": ["KZ"],
    "crewed": True,
    "cursor": "WyJuYW1lIiwgIjhkYjI1Y2JlZTk0NyIsIDAsICJhbm5lIG1jY2xhaW4iLCAyNV0",
    "ends_on_gte": "2019-04-04",
    "ends_on_lt": "2019-12-31",
    "has_image": False,
    "kind": ["CV"],
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
    "role": ["commander"],
    "role_not": ["commander"],
    "site": ["Baikonur Cosmodrome"],
    "slug": "iss-59",
    "source": ["Zarya chronicle"],
    "source_not": ["Zarya chronicle"],
    "spacecraft": ["Progress MS-11"],
    "starts_on_gte": "2019-01-01",
    "starts_on_lt": "2019-12-31",
    "status": ["success"],
    "status_not": ["failure"],
    "tag": ["launch"],
    "tag_not": ["launch"],
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
    ("listMissions", "status_not"): ["planned"],
    ("getPerson", "slug"): "anne-mcclain",
    ("getLaunch", "slug"): "progress-ms-11",
    ("getArticle", "slug"): "launch-progress-ms-11",
}

HEADERS = {
    "Access-Control-Allow-Origin": ("Scripts of any origin may read this.", "*"),
    "ETag": (
        "Weak; changes with the answer only. `If-None-Match` with it may bring a 304.",
        'W/"5f3c1a9e0b7d2c4461f2a8e3"',
    ),
    "Cache-Control": ("How long the answer may be used.", "public, max-age=60"),
    "Last-Modified": ("The newest change of what is shown.", "Thu, 04 Apr 2019 12:00:00 GMT"),
    "Link": ("The pages around this one (RFC 8288).", '<https://portal.example/v1>; rel="next"'),
    "Content-Location": ("The thing's own address.", "https://portal.example/v1/missions/iss-74"),
    "X-Request-ID": ("The id of this request.", "0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d"),
    "Retry-After": ("After how many seconds to try again.", "5"),
}

ALWAYS = ("Access-Control-Allow-Origin", "X-Request-ID")
"""The headers of every answer."""

LENGTHS = {"date": 10, "date-time": 35, "uri": 4000}
"""How long text of a format can be."""

ERRORS: dict[str, tuple[type[ApiError], list[str]]] = {
    "BadRequest": (BadRequest, []),
    "NotFound": (NotFound, []),
    "Invalid": (Invalid, []),
    "Unavailable": (Unavailable, ["Retry-After"]),
    "Problem": (ApiError, []),
}

LINKS = {
    "listMissions": ("getMission", "mission"),
    "listPeople": ("getPerson", "person"),
    "listLaunches": ("getLaunch", "launch"),
    "listArticles": ("getArticle", "article"),
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
    for methods in made["paths"].values():
        for operation in methods.values():
            _finish(operation)
    components = made["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["headers"] = {
        name: {
            "description": text,
            "schema": {"type": "string", "maxLength": 4000},
            "example": example,
        }
        for name, (text, example) in HEADERS.items()
    }
    components["responses"] = {
        name: _error(kind, headers) for name, (kind, headers) in ERRORS.items()
    }
    tidied: Schema = _tidy(made)
    return tidied


def _finish(operation: Schema) -> None:
    name = operation["operationId"]
    names = set()
    for parameter in operation.get("parameters", []):
        names.add(parameter["name"])
        key = parameter["name"]
        example = EXAMPLES[key] if key in EXAMPLES else parameter["schema"]["default"]
        parameter["example"] = OWN_EXAMPLES.get((name, key), example)
        parameter["schema"].pop("description", None)
        if parameter["schema"].get("type") == "array":
            parameter["schema"].pop("default", None)
            parameter["schema"]["minItems"] = 1
    listed = "cursor" in names
    headers = [*ALWAYS, "ETag", "Cache-Control", "Last-Modified"]
    headers += ["Link"] if listed else []
    headers += ["Content-Location"] if "urrent" in name or name.endswith("NextLaunch") else []
    success = operation["responses"]["200"]
    success["description"] = operation["summary"] + "."
    success["headers"] = {each: {"$ref": f"#/components/headers/{each}"} for each in headers}
    if name in LINKS:
        target, what = LINKS[name]
        success["links"] = {
            f"first_{what}": {
                "operationId": target,
                "parameters": {"slug": "$response.body#/items/0/slug"},
                "description": f"The first {what} of the page.",
            }
        }
    found = "slug" in names or "Content-Location" in headers
    operation["responses"] = {
        "200": success,
        **({"400": _ref("BadRequest")} if listed else {}),
        **({"404": _ref("NotFound")} if found else {}),
        "422": _ref("Invalid"),
        "503": _ref("Unavailable"),
        "default": _ref("Problem"),
    }
    operation["security"] = []


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/responses/{name}"}


def _error(kind: type[ApiError], headers: list[str]) -> Schema:
    example = Problem(
        type=f"{get_settings().origin}/problems/{kind.kind}",
        title=kind.title,
        status=kind.status,
        detail="What happened, and what to do about it.",
        instance="urn:uuid:0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d",
        errors=[],
    )
    return {
        "description": f"{kind.title}.",
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
