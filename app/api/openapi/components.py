"""What operations have in common: the headers of answers, and the answers to what went wrong."""

from typing import Any

from app.api.auth import Forbidden, Unauthorized
from app.api.writes.deps import MERGE_PATCH
from app.config import get_settings
from app.http.problems import (
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

Schema = dict[str, Any]

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

SECURITY: Schema = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "zarya_<id>_<secret>",
        "description": "A key as `zarya keys create` or `POST /v1/keys` shows it, once.",
    }
}


def headers() -> Schema:
    """Every header that some answer has, by name."""
    return {
        name: {
            "description": text,
            "schema": {"type": "string", "maxLength": 4000},
            "example": example,
        }
        for name, (text, example) in HEADERS.items()
    }


def responses() -> Schema:
    """Every answer to what went wrong, by name."""
    return {name: _error(kind, names) for name, (kind, names) in ERRORS.items()}


def _error(kind: type[ApiError], names: list[str]) -> Schema:
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
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*ALWAYS, *names)},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example.model_dump(),
            }
        },
    }
