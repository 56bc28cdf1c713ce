"""What operations have in common: the headers of answers, and the answers to what went wrong."""

from typing import Any

from app.api.auth import Forbidden, Unauthorized
from app.api.writes.deps import MERGE_PATCH_MEDIA_TYPE
from app.config import current_settings
from app.http.problems import (
    PROBLEM_MEDIA_TYPE,
    ApiError,
    BadRequest,
    Conflict,
    ContentTooLarge,
    Gone,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)

OpenApiObject = dict[str, Any]

RESPONSE_HEADERS = {
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
    "Accept-Patch": ("The kinds of body that PATCH takes here.", MERGE_PATCH_MEDIA_TYPE),
    "Retry-After": ("After how many seconds to try again.", "5"),
    "RateLimit": ("How many requests are left, and for how many seconds.", '"anon";r=599;t=50'),
    "RateLimit-Policy": ("How many requests there are in how many seconds.", '"anon";q=600;w=60'),
}

COMMON_RESPONSE_HEADERS = ("Access-Control-Allow-Origin", "Content-Language", "X-Request-ID")
"""The headers of every answer."""

ERROR_RESPONSES: dict[str, tuple[type[ApiError], list[str]]] = {
    "BadRequest": (BadRequest, []),
    "Unauthorized": (Unauthorized, ["WWW-Authenticate"]),
    "Forbidden": (Forbidden, ["WWW-Authenticate"]),
    "NotFound": (NotFound, []),
    "Conflict": (Conflict, []),
    "Gone": (Gone, []),
    "PreconditionFailed": (PreconditionFailed, ["ETag"]),
    "UnsupportedMediaType": (UnsupportedMediaType, ["Accept-Post", "Accept-Patch"]),
    "Invalid": (InvalidRequest, []),
    "PreconditionRequired": (PreconditionRequired, []),
    "ContentTooLarge": (ContentTooLarge, []),
    "TooManyRequests": (TooManyRequests, ["Retry-After", "RateLimit", "RateLimit-Policy"]),
    "Unavailable": (Unavailable, ["Retry-After"]),
    "Problem": (ApiError, []),
}

SECURITY_SCHEMES: OpenApiObject = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "zarya_<id>_<secret>",
        "description": "A key as `zarya keys create` or `POST /v1/keys` shows it, once.",
    }
}


def build_header_components() -> OpenApiObject:
    """Every header that some answer has, by name."""
    return {
        name: {
            "description": text,
            "schema": {"type": "string", "maxLength": 4000},
            "example": example,
        }
        for name, (text, example) in RESPONSE_HEADERS.items()
    }


def build_response_components() -> OpenApiObject:
    """Every answer to what went wrong, by name."""
    return {
        name: _build_error_response(kind, names) for name, (kind, names) in ERROR_RESPONSES.items()
    }


def _build_error_response(kind: type[ApiError], names: list[str]) -> OpenApiObject:
    example = Problem(
        type=f"{current_settings().base_url}/problems/{kind.problem_type}",
        title=kind.title.en,
        status=kind.status,
        detail="What happened, and what to do about it.",
        instance="urn:uuid:0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d",
        errors=[],
    )
    return {
        "description": f"{kind.title.en}.",
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"}
            for name in (*COMMON_RESPONSE_HEADERS, *names)
        },
        "content": {
            PROBLEM_MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example.model_dump(),
            }
        },
    }
