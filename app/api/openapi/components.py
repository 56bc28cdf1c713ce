"""Shared components of the OpenAPI document: headers, error responses, security schemes."""

from typing import Any

from app.api.auth import Forbidden
from app.api.authentication import Unauthorized
from app.api.merge_patch import MERGE_PATCH_MEDIA_TYPE
from app.config import current_settings
from app.http.credentials import SESSION_COOKIE_NAME
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
RouteResponses = dict[int | str, OpenApiObject]

RESPONSE_HEADERS = {
    "Access-Control-Allow-Origin": ("Allows scripts of any origin to read the response.", "*"),
    "ETag": (
        "Weak entity tag. Send it in `If-None-Match` to receive 304 if nothing changed. The tag "
        "of a single record ends in its version, which `If-Match` is compared with.",
        'W/"5f3c1a9e0b7d2c4461f2a8e3.7"',
    ),
    "Cache-Control": ("Caching directives of the response.", "public, max-age=60"),
    "Last-Modified": (
        "Time of the latest change in the response.",
        "Thu, 04 Apr 2019 12:00:00 GMT",
    ),
    "Link": (
        "Links to the next and previous page, or to the feed (RFC 8288).",
        '<https://portal.example/v1>; rel="next"',
    ),
    "Content-Location": (
        "Canonical URL of the resource.",
        "https://portal.example/v1/missions/iss-74",
    ),
    "Content-Language": ("Language of the response: `en` or `ru`.", "en"),
    "X-Request-ID": ("Id of the request.", "0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d"),
    "Location": ("URL of the created resource.", "https://portal.example/v1/articles/a-globe"),
    "Idempotency-Replayed": ("`true` if the response repeats that of an earlier request.", "true"),
    "WWW-Authenticate": ("Authentication scheme to use.", 'Bearer realm="zarya"'),
    "Accept-Post": ("Media types that POST accepts.", "application/json"),
    "Accept-Patch": ("Media types that PATCH accepts.", MERGE_PATCH_MEDIA_TYPE),
    "Retry-After": ("Seconds to wait before the next attempt.", "5"),
    "RateLimit": ("Remaining requests and seconds until the limit resets.", '"anon";r=599;t=50'),
    "RateLimit-Policy": (
        "Rate limit: number of requests per number of seconds.",
        '"anon";q=600;w=60',
    ),
}

COMMON_RESPONSE_HEADERS = ("Access-Control-Allow-Origin", "Content-Language", "X-Request-ID")
"""Headers of every response."""

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

ERROR_RESPONSE_REFS = {
    str(error.status.value): {"$ref": f"#/components/responses/{name}"}
    for name, (error, _) in ERROR_RESPONSES.items()
}
"""References to the components of `ERROR_RESPONSES`, by status."""

SECURITY_SCHEMES: OpenApiObject = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "zarya_<id>_<secret>",
        "description": "API key from `zarya keys create` or `POST /v1/keys`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE_NAME,
        "description": "Cookie of a session from `POST /v1/session`. Requests that change data "
        "need the header `X-CSRF-Token`, too.",
    },
}


def header_refs(*names: str) -> OpenApiObject:
    """Return references to `RESPONSE_HEADERS`, for the `headers` of a response."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def link_to(operation_id: str, name: str) -> RouteResponses:
    """Build the `responses` of an operation that creates a record, with a link to read it."""
    return {201: {"links": {name: _build_link(operation_id, "", f"The created {name}.")}}}


def link_to_first(operation_id: str, name: str) -> RouteResponses:
    """Build the `responses` of a list, with a link to read its first item."""
    link = _build_link(operation_id, "/items/0", f"First {name} of the page.")
    return {200: {"links": {f"first_{name}": link}}}


def _build_link(operation_id: str, pointer: str, description: str) -> OpenApiObject:
    return {
        "operationId": operation_id,
        "parameters": {"slug": f"$response.body#{pointer}/slug"},
        "description": description,
    }


def build_header_components() -> OpenApiObject:
    """Build the `headers` components."""
    return {
        name: {
            "description": text,
            "schema": {"type": "string", "maxLength": 4000},
            "example": example,
        }
        for name, (text, example) in RESPONSE_HEADERS.items()
    }


def build_response_components() -> OpenApiObject:
    """Build the `responses` components: one for each kind of error."""
    return {
        name: _build_error_response(error, headers)
        for name, (error, headers) in ERROR_RESPONSES.items()
    }


def _build_error_response(error: type[ApiError], headers: list[str]) -> OpenApiObject:
    example = Problem(
        type=f"{current_settings().base_url}/problems/{error.problem_type}",
        title=error.title.en,
        status=error.status,
        detail="What went wrong and how to fix it.",
        instance="urn:uuid:0190d3a2-7c1e-4b3e-9d52-3c1f5a2b4c6d",
        errors=[],
    )
    return {
        "description": f"{error.title.en}.",
        "headers": header_refs(*COMMON_RESPONSE_HEADERS, *headers),
        "content": {
            PROBLEM_MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example.model_dump(),
            }
        },
    }
