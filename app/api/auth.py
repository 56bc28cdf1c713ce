"""Authorisation: the scopes that an endpoint needs. One without `RequireScope` is public."""

import logging
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from http import HTTPStatus

from fastapi import Request

from app.api.audit_log import Actor
from app.api.authentication import (
    BEARER_CHALLENGE,
    authenticate_key,
    compute_idle_end,
    log_security_event,
    record_use,
)
from app.api.deps import PrimaryDatabaseDep
from app.api.session_cookies import derive_csrf_token
from app.db.database import Row
from app.domain.enums import Scope
from app.domain.languages import Bilingual, tr
from app.domain.roles import Role, list_scopes
from app.http.credentials import find_credential
from app.http.problems import ApiError, get_request_id

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Forbidden(ApiError):
    """The API key is valid, but does not have the required scope."""

    status = HTTPStatus.FORBIDDEN
    problem_type = "forbidden"
    title = Bilingual("Insufficient scope", "Недостаточно прав")
    description_ru = "Ключ API действителен, но у него нет нужного права."


class CsrfTokenRequired(ApiError):
    """The request may change data, has the cookie of a session, and no or a wrong CSRF token.

    `POST /v1/session` and `GET /v1/session` return the token; send it in `X-CSRF-Token`.
    """

    status = HTTPStatus.FORBIDDEN
    problem_type = "csrf-token-required"
    title = Bilingual("CSRF token required", "Нужен токен CSRF")
    description_ru = (
        "Запрос, который меняет данные, прислан с cookie сеанса без верного токена CSRF. Токен "
        "возвращают `POST /v1/session` и `GET /v1/session`; его передают в `X-CSRF-Token`."
    )


@dataclass(frozen=True)
class ClientSession:
    """The session that a request is part of."""

    token_sha256: str
    csrf_token: str
    expires_at: datetime
    idle_expires_at: datetime


@dataclass(frozen=True)
class ApiClient(Actor):
    """The client of a request: its API key and the scopes of the key."""

    scopes: frozenset[Scope] = frozenset()
    role: Role | None = None
    session: ClientSession | None = None
    """The session, if the request has authenticated with its cookie."""


def missing_scope(client: ApiClient, *scopes: Scope, reason: str = "") -> Forbidden:
    """The refusal of a request whose key needs one of `scopes`, for `reason`, a sentence."""
    challenge = f'{BEARER_CHALLENGE}, error="insufficient_scope", scope="{scopes[0]}"'
    detail = tr(
        f"The key {client.id} does not have the scope {' or '.join(scopes)}.",
        f"У ключа {client.id} нет права {' или '.join(scopes)}.",
    )
    detail = f"{detail} {reason}" if reason else detail
    return Forbidden(detail, headers={"WWW-Authenticate": challenge})


class RequireScope:
    """Dependency: the API client of the request. Its key must have one of `scopes`; none: any key.

    Raises Unauthorized without a valid key, Forbidden if the key lacks the scopes, and
    CsrfTokenRequired if the request has the cookie of a session, may change data and lacks a token.
    """

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request, database: PrimaryDatabaseDep) -> ApiClient:
        client: ApiClient | None = getattr(request.state, "caller", None)
        if client is None:
            row = await authenticate_key(request, database)
            client = _build_client(request, row)
            _check_csrf_token(request, client)
            self._check_scope(request, client)
            await record_use(database, row, not _is_background(request))
            request.state.caller = client
        else:
            self._check_scope(request, client)
        return client

    def find_sufficient_scopes(self, _request: Request) -> tuple[Scope, ...]:
        """The scopes of which the key must have one; empty if any key will do."""
        return self.scopes

    def _check_scope(self, request: Request, client: ApiClient) -> None:
        scopes = self.find_sufficient_scopes(request)
        if scopes and client.scopes.isdisjoint(scopes):
            log_security_event(
                request, logging.WARNING, "authorisation failed", client.id, scopes[0]
            )
            raise missing_scope(client, *scopes)


def _is_background(request: Request) -> bool:
    """True for a request without an action of the person, which does not extend a session."""
    return request.headers.get("x-background") == "true"


def _build_client(request: Request, row: Row) -> ApiClient:
    """The client of a request that has authenticated as `row`."""
    session = None
    credential = find_credential(request.scope["headers"])
    if credential and credential.is_session:
        session = ClientSession(
            row["token_sha256"],
            derive_csrf_token(credential.token.decode()),
            row["session_expires_at"],
            row["idle_expires_at"] if _is_background(request) else compute_idle_end(row),
        )
    role = None if row["role"] is None else Role(row["role"])
    scopes = frozenset(list_scopes(role, row["scopes"]))
    request_id = str(get_request_id(request))
    return ApiClient(row["id"], row["name"], request_id, scopes, role, session)


def _check_csrf_token(request: Request, client: ApiClient) -> None:
    """Raises CsrfTokenRequired if a request of a session may change data, and lacks its token."""
    if client.session is None or request.method in _SAFE_METHODS:
        return
    token = request.headers.get("x-csrf-token", "")
    if not compare_digest(token.encode(), client.session.csrf_token.encode()):
        log_security_event(
            request, logging.WARNING, "authorisation failed", client.id, "csrf token"
        )
        raise CsrfTokenRequired(
            tr(
                "Send the header `X-CSRF-Token` with the `csrf_token` of GET /v1/session.",
                "Передайте в заголовке `X-CSRF-Token` значение `csrf_token` из GET /v1/session.",
            )
        )
