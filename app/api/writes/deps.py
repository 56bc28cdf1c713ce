"""Dependencies of endpoints that write: each builds the `WriteRequest` of its request."""

import re
from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import WithJsonSchema

from app.api.auth import ApiClient, RequireScope
from app.api.params import Omittable
from app.api.writes.request import WriteRequest
from app.db.database import DatabaseDep
from app.domain.enums import Scope
from app.domain.languages import tr
from app.http.problems import BadRequest

T = TypeVar("T")

_ETAG_PATTERN = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e]*)"\s*')
_VERSION_PATTERN = re.compile(r"[0-9]{1,9}")
_IF_MATCH_PATTERN = r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'
_IDEMPOTENCY_KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")


def _request_fingerprint(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(head.encode() + body).hexdigest()


ValidateOnlyParam = Annotated[
    bool, Query(description="Validate the request without saving anything (dry run).")
]

IfMatchHeader = Annotated[
    T,
    WithJsonSchema({"type": "string", "maxLength": 4000, "pattern": _IF_MATCH_PATTERN}),
    Header(alias="If-Match", description="The ETag of the version that you read."),
]


def build_create_dependency(scope: Scope, accepts_idempotency_key: bool = True) -> Any:
    """Build the dependency of a POST that creates a record; the key must have `scope`.

    A response with a secret must not be stored, so its endpoint accepts no Idempotency-Key.
    """

    async def write_once(
        database: DatabaseDep,
        client: ApiClient = Depends(RequireScope(scope)),  # noqa: B008 - FastAPI reads the default
        validate_only: ValidateOnlyParam = False,
    ) -> WriteRequest:
        return WriteRequest(database, client, validate_only, "")

    async def write(
        request: Request,
        database: DatabaseDep,
        client: ApiClient = Depends(RequireScope(scope)),  # noqa: B008 - FastAPI reads the default
        validate_only: ValidateOnlyParam = False,
        idempotency_key: Annotated[
            Omittable[str],
            WithJsonSchema({"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"}),
            Header(
                alias="Idempotency-Key",
                description="A unique value of your choice. A request repeated with it within 24 "
                "hours gets the same response and has no further effect.",
            ),
        ] = None,
    ) -> WriteRequest:
        if idempotency_key is not None and not _IDEMPOTENCY_KEY_PATTERN.fullmatch(idempotency_key):
            raise BadRequest(
                tr(
                    "Idempotency-Key must have 1 to 255 visible ASCII characters.",
                    "В Idempotency-Key должно быть от 1 до 255 видимых символов ASCII.",
                )
            )
        fingerprint = _request_fingerprint(request, await request.body())
        return WriteRequest(database, client, validate_only, fingerprint, idempotency_key)

    return write if accepts_idempotency_key else write_once


def build_action_dependency(scope: Scope) -> Any:
    """Build the dependency of a POST that changes a record; the key must have `scope`."""

    async def write(
        request: Annotated[WriteRequest, Depends(build_create_dependency(scope))],
        if_match: IfMatchHeader[Omittable[str]] = None,
    ) -> WriteRequest:
        if if_match is None:
            return request
        return replace(request, if_match_versions=_parse_if_match(if_match))

    return write


def build_update_dependency(scope: Scope) -> Any:
    """Build the dependency of a PATCH, PUT or DELETE; the key must have `scope`."""

    async def write(
        database: DatabaseDep,
        if_match: IfMatchHeader[str],
        client: ApiClient = Depends(RequireScope(scope)),  # noqa: B008 - FastAPI reads the default
        validate_only: ValidateOnlyParam = False,
    ) -> WriteRequest:
        versions = _parse_if_match(if_match)
        return WriteRequest(database, client, validate_only, "", if_match_versions=versions)

    return write


def _parse_if_match(header: str) -> Collection[int] | None:
    """Parse the versions at the end of the ETags; ETags without a version match no record."""
    if header.strip() == "*":
        return None
    tags = [_ETAG_PATTERN.fullmatch(part) for part in header.split(",")]
    if not all(tags):
        raise BadRequest(
            tr(
                'If-Match must be an ETag as received, such as W/"5f3c1a9e.7", or *.',
                "В If-Match нужен ETag в том виде, в каком он получен, например "
                'W/"5f3c1a9e.7", или *.',
            )
        )
    ends = [tag[1].rpartition(".")[2] for tag in tags if tag]
    return {int(end) for end in ends if _VERSION_PATTERN.fullmatch(end)}
