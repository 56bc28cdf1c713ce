"""Write requests: their dependencies, preconditions, dry run, idempotency, transaction."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, WithJsonSchema
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.api.auth import ApiClient, RequireScope
from app.api.cache_control import HasVersion, last_modified_headers
from app.api.deps import PrimaryDatabaseDep
from app.api.openapi.examples import Example
from app.api.params import Omittable
from app.api.read_models import ReadModel
from app.db.database import Database
from app.db.errors import is_lock_timeout, is_retryable
from app.db.models import IdempotentResponse
from app.domain.dates import now
from app.domain.enums import Scope
from app.domain.languages import current_language, tr
from app.http.cache.conditional import parse_etags
from app.http.problems import (
    BadRequest,
    Conflict,
    FieldProblem,
    InvalidRequest,
    PreconditionFailed,
)

P = ParamSpec("P")
T = TypeVar("T")

_MAX_WRITE_ATTEMPTS = 5
"""Attempts at a transaction that the database aborts because of a concurrent one."""

_VERSION_PATTERN = re.compile(r"[0-9]{1,9}")
_IF_MATCH_PATTERN = r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'
_IDEMPOTENCY_KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")

IDEMPOTENCY_RETENTION_PERIOD = timedelta(hours=24)
"""The time for which the response to a request with an Idempotency-Key is stored."""


@dataclass(frozen=True)
class WriteResult:
    """The result of a command: status, body, version of the record, address of a new record."""

    status: HTTPStatus
    body: BaseModel | None = None
    version: int | None = None
    location: str | None = None

    def to_response(self) -> Response:
        """Build the response. Its ETag is the version; the cache prepends a content digest."""
        headers = {"ETag": f'"{self.version}"'} if self.version else {}
        headers |= {"Location": self.location} if self.location else {}
        if isinstance(self.body, ReadModel) and self.status is not HTTPStatus.ACCEPTED:
            headers |= last_modified_headers([self.body])
        body = self.body.model_dump_json(by_alias=True) if self.body else None
        return Response(body, self.status, headers, "application/json" if body else None)


class _DryRunRollback(Exception):
    """Raised to roll back the transaction of a dry run; carries its result."""

    def __init__(self, result: WriteResult) -> None:
        self.result = result


@dataclass(frozen=True)
class WriteRequest:
    """A request to write: its client and its conditions."""

    database: Database
    client: ApiClient
    validate_only: bool
    fingerprint: str
    idempotency_key: str | None = None
    if_match_versions: Collection[int] | None = None
    """The versions in `If-Match`; None: any version."""

    async def execute(
        self,
        command: Callable[Concatenate[Session, "WriteRequest", P], WriteResult],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """Run `command(session, self, …)` in one transaction and respond after its commit.

        Raises PreconditionFailed if the record changed meanwhile, Conflict if all attempts failed
        because of concurrent writes.
        """

        def run(session: Session) -> WriteResult:
            result = command(session, self, *args, **kwargs)
            session.flush()
            if self.validate_only:
                is_uniform = result.body and result.status is not HTTPStatus.MULTI_STATUS
                status = HTTPStatus.OK if is_uniform else result.status
                raise _DryRunRollback(WriteResult(status, result.body))
            return result

        for _ in range(_MAX_WRITE_ATTEMPTS):
            try:
                return await self.database.write(self._run_once, run)
            except _DryRunRollback as rollback:
                return rollback.result.to_response()
            except StaleDataError as error:
                raise PreconditionFailed(
                    tr(
                        "The record was changed by another request. Read it again, then retry.",
                        "Запись изменена другим запросом. Прочтите её заново и повторите.",
                    )
                ) from error
            except DBAPIError as error:
                # The next attempt sees what the other transaction has committed.
                if not is_retryable(error):
                    raise
        raise Conflict(
            tr(
                "Too many concurrent writes of the same data. Try again in a moment.",
                "Слишком много одновременных записей тех же данных. Повторите чуть позже.",
            )
        )

    def _run_once(self, session: Session, run: Callable[[Session], WriteResult]) -> Response:
        """Run the command, unless a response to its Idempotency-Key is stored."""
        if self.idempotency_key is None or self.validate_only:
            return run(session).to_response()
        own = (
            IdempotentResponse.caller == self.client.id,
            IdempotentResponse.key == self.idempotency_key,
        )
        expired = IdempotentResponse.created_at < now() - IDEMPOTENCY_RETENTION_PERIOD
        if stored := session.scalar(select(IdempotentResponse).where(*own, ~expired)):
            return self._replay(stored)
        # Inserted first: of concurrent requests with one key, only one insert succeeds.
        stored = IdempotentResponse(
            caller=self.client.id, key=self.idempotency_key, request_sha256=self.fingerprint
        )
        try:
            session.execute(delete(IdempotentResponse).where(*own, expired))
            session.add(stored)
            session.flush()
        except OperationalError as error:
            if not is_lock_timeout(error):
                raise
            raise Conflict(
                tr(
                    "A request with this Idempotency-Key is in progress.",
                    "Запрос с этим Idempotency-Key ещё выполняется.",
                )
            ) from error
        response = run(session).to_response()
        stored.status, stored.body = response.status_code, bytes(response.body).decode() or None
        stored.headers = {
            name: response.headers[name]
            for name in ("etag", "last-modified", "location", "content-type")
            if name in response.headers
        } | {"content-language": current_language()}
        return response

    def _replay(self, stored: IdempotentResponse) -> Response:
        if stored.request_sha256 != self.fingerprint:
            raise InvalidRequest(
                tr(
                    "This Idempotency-Key was used with another request. Use a new key.",
                    "Этот Idempotency-Key использован в другом запросе. Возьмите новый.",
                ),
                FieldProblem(
                    parameter="Idempotency-Key",
                    code="idempotency-key-reused",
                    detail=tr(
                        "A key belongs to one request: its method, URL and body.",
                        "Ключ относится к одному запросу: его методу, адресу и телу.",
                    ),
                ),
            )
        headers = {**(stored.headers or {}), "Idempotency-Replayed": "true"}
        return Response(stored.body, stored.status or 200, headers)

    def check_version(self, record: HasVersion) -> None:
        """Raises PreconditionFailed if `If-Match` does not contain the version of `record`."""
        if self.if_match_versions is not None and record.version not in self.if_match_versions:
            raise PreconditionFailed(
                tr(
                    "The record has changed since you read it. Read it again, then retry.",
                    "Запись изменилась после того, как вы её прочли. Прочтите её заново и "
                    "повторите.",
                ),
                headers={"ETag": f'W/"{record.version}"'},
            )


def _request_fingerprint(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return sha256(head.encode() + body).hexdigest()


ValidateOnlyParam = Annotated[
    bool, Query(description="Validate the request without saving anything (dry run).")
]

IfMatchHeader = Annotated[
    T,
    WithJsonSchema({"type": "string", "maxLength": 4000, "pattern": _IF_MATCH_PATTERN}),
    Header(alias="If-Match", description="ETag of the version that you read, or `*`."),
    Example('W/"5f3c1a9e0b7d2c4461f2a8e3.7"'),
]


def build_create_dependency(
    scope: Scope | RequireScope, accepts_idempotency_key: bool = True
) -> Any:
    """Build the dependency of a POST that creates a record; the key must have `scope`.

    A response with a secret must not be stored, so its endpoint accepts no Idempotency-Key.
    """
    requirement = _to_requirement(scope)

    async def write_once(
        database: PrimaryDatabaseDep,
        client: ApiClient = Depends(requirement),  # noqa: B008 - FastAPI reads the default
        validate_only: ValidateOnlyParam = False,
    ) -> WriteRequest:
        return WriteRequest(database, client, validate_only, "")

    async def write(
        request: Request,
        database: PrimaryDatabaseDep,
        client: ApiClient = Depends(requirement),  # noqa: B008 - FastAPI reads the default
        validate_only: ValidateOnlyParam = False,
        idempotency_key: Annotated[
            Omittable[str],
            WithJsonSchema({"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"}),
            Header(
                alias="Idempotency-Key",
                description="Unique key of this request. A repeat with the same key within 24 "
                "hours returns the first response and changes nothing.",
            ),
            Example("4d0f1f2a-5f0e-4f6e-9a43-1f1f0a3c9b7e"),
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


def build_action_dependency(scope: Scope | RequireScope) -> Any:
    """Build the dependency of a POST that changes a record; the key must have `scope`."""

    async def write(
        request: Annotated[WriteRequest, Depends(build_create_dependency(scope))],
        if_match: IfMatchHeader[Omittable[str]] = None,
    ) -> WriteRequest:
        if if_match is None:
            return request
        return replace(request, if_match_versions=parse_if_match(if_match))

    return write


def build_update_dependency(scope: Scope | RequireScope) -> Any:
    """Build the dependency of a PATCH, PUT or DELETE; the key must have `scope`."""
    requirement = _to_requirement(scope)

    async def write(
        database: PrimaryDatabaseDep,
        if_match: IfMatchHeader[str],
        client: ApiClient = Depends(requirement),  # noqa: B008 - FastAPI reads the default
        validate_only: ValidateOnlyParam = False,
    ) -> WriteRequest:
        versions = parse_if_match(if_match)
        return WriteRequest(database, client, validate_only, "", if_match_versions=versions)

    return write


def _to_requirement(scope: Scope | RequireScope) -> RequireScope:
    return scope if isinstance(scope, RequireScope) else RequireScope(scope)


def parse_if_match(header: str) -> Collection[int] | None:
    """Parse the versions at the end of the ETags; None for `*`, which any version matches.

    ETags without a version match no record. Raises BadRequest.
    """
    if header.strip() == "*":
        return None
    try:
        tags = parse_etags(header)
    except ValueError as error:
        raise BadRequest(
            tr(
                'If-Match must be an ETag as received, such as W/"5f3c1a9e.7", or *.',
                "В If-Match нужен ETag в том виде, в каком он получен, например "
                'W/"5f3c1a9e.7", или *.',
            )
        ) from error
    ends = [tag.rpartition(".")[2] for tag in tags]
    return {int(end) for end in ends if _VERSION_PATTERN.fullmatch(end)}
