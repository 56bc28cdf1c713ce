"""Authentication: API keys, their sessions and scopes.

An endpoint without `RequireScope` is public.

A key has the form `zarya_<id>_<secret>`. The id is public; of the key only its SHA-256 is stored.
The last characters are a checksum: a mistyped key is refused without a database query. A request
with the cookie of a session is a request of the key that signed in.
"""

import logging
import string
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus
from secrets import choice
from zlib import crc32

from fastapi import Request
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from app.api.audit_log import Actor
from app.api.deps import PrimaryDatabaseDep
from app.api.secret_tokens import hash_token, is_well_formed_token
from app.api.session_cookies import build_cleared_cookie, derive_csrf_token
from app.config import current_settings
from app.db.database import Database, Reader, Row
from app.db.models import ApiKey, UserSession
from app.domain.dates import format_rfc3339_utc, now
from app.domain.enums import Scope
from app.domain.languages import Bilingual, tr
from app.domain.roles import Role, list_scopes
from app.http.credentials import Credential, find_credential
from app.http.problems import ApiError, get_request_id
from app.http.rate_limit import KeyIdentity

security_logger = logging.getLogger("zarya.security")
"""Logger of authentication and authorisation; docs/observing.md lists its events."""

_BEARER_CHALLENGE = 'Bearer realm="zarya"'
LAST_USED_RESOLUTION = timedelta(minutes=1)
"""The minimum time between two updates of `last_used_at` of a key, and of the end of a session."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ID_ALPHABET = string.ascii_lowercase + string.digits
_SECRET_ALPHABET = string.ascii_letters + string.digits
_ID_CHARS, _SECRET_CHARS, _CHECKSUM_CHARS = 8, 32, 6
_KEY_CHARS = len("zarya__") + _ID_CHARS + _SECRET_CHARS + _CHECKSUM_CHARS


class Unauthorized(ApiError):
    """The request has no API key, or an invalid one."""

    status = HTTPStatus.UNAUTHORIZED
    problem_type = "unauthorized"
    title = Bilingual("Valid API key required", "Нужен действующий ключ API")
    description_ru = "В запросе нет ключа API, или ключ недействителен."

    def __init__(self, detail: str, reason: str) -> None:
        error = "" if reason == "missing" else ', error="invalid_token"'
        super().__init__(detail, headers={"WWW-Authenticate": f"{_BEARER_CHALLENGE}{error}"})
        self.reason = reason
        """For the log: `missing`, `malformed`, `unknown`, `revoked` or `expired`."""


class Forbidden(ApiError):
    """The API key is valid, but does not have the required scope."""

    status = HTTPStatus.FORBIDDEN
    problem_type = "forbidden"
    title = Bilingual("Insufficient scope", "Недостаточно прав")
    description_ru = "Ключ API действителен, но у него нет нужного права."


class CsrfTokenRequired(ApiError):
    """A request with the cookie of a session that changes data has no CSRF token, or a wrong one.

    `POST /v1/session` and `GET /v1/session` return the token; send it in `X-CSRF-Token`.
    """

    status = HTTPStatus.FORBIDDEN
    problem_type = "csrf-token-required"
    title = Bilingual("CSRF token required", "Нужен токен CSRF")
    description_ru = (
        "Запрос с cookie сеанса меняет данные, но в нём нет токена CSRF или он неверен. Токен "
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
    challenge = f'{_BEARER_CHALLENGE}, error="insufficient_scope", scope="{scopes[0]}"'
    detail = tr(
        f"The key {client.id} does not have the scope {' or '.join(scopes)}.",
        f"У ключа {client.id} нет права {' или '.join(scopes)}.",
    )
    detail = f"{detail} {reason}" if reason else detail
    return Forbidden(detail, headers={"WWW-Authenticate": challenge})


def _checksum(text: str) -> str:
    number, checksum = crc32(text.encode()), ""
    for _ in range(_CHECKSUM_CHARS):
        number, digit = divmod(number, len(_SECRET_ALPHABET))
        checksum += _SECRET_ALPHABET[digit]
    return checksum


def _hash_key(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def generate_api_key(
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
    role: Role | None = None,
) -> tuple[ApiKey, str]:
    """Generate a key with scopes or a role: the row to be stored, and the text, which is not."""
    id_ = "".join(choice(_ID_ALPHABET) for _ in range(_ID_CHARS))
    text = f"zarya_{id_}_" + "".join(choice(_SECRET_ALPHABET) for _ in range(_SECRET_CHARS))
    text += _checksum(text)
    stored = ApiKey(
        id=id_,
        name=name,
        secret_sha256=_hash_key(text),
        scopes=sorted(scopes),
        role=role,
        expires_at=expires_at,
    )
    return stored, text


def is_well_formed_key(key: str) -> bool:
    """Return true if `key` has the form and the checksum of an API key."""
    well_formed = len(key) == _KEY_CHARS and key.isascii() and key.startswith("zarya_")
    return well_formed and compare_digest(_checksum(key[:-_CHECKSUM_CHARS]), key[-_CHECKSUM_CHARS:])


def _get_key_id(key: str) -> str:
    """The id, the public part of a well-formed key."""
    return key[len("zarya_") :][:_ID_CHARS]


def _find_key_id(credential: Credential) -> str | None:
    """The id of a key; None if it is malformed, and for a session."""
    token = credential.token.decode("latin-1")
    return None if credential.is_session or not is_well_formed_key(token) else _get_key_id(token)


def _get_credential(request: Request) -> Credential:
    """The credential of the request. Raises Unauthorized if there is none, or no one kind."""
    credential = find_credential(request.scope["headers"])
    headers = request.headers.getlist("authorization")
    if credential is None and not headers:
        raise Unauthorized(
            tr(
                "Send an API key: `Authorization: Bearer zarya_…`.",
                "Пришлите ключ API: `Authorization: Bearer zarya_…`.",
            ),
            "missing",
        )
    if credential is None or len(headers) > 1:
        raise _malformed_key()
    return credential


def _malformed_key() -> Unauthorized:
    return Unauthorized(
        tr(
            "Malformed API key. Send `Authorization: Bearer zarya_…`.",
            "Неверный формат ключа API. Пришлите `Authorization: Bearer zarya_…`.",
        ),
        "malformed",
    )


def _get_valid_key(reader: Reader, key: str) -> Row:
    """The row of `key`. Raises Unauthorized if it is unknown, revoked or expired."""
    row = reader.first(select(*ApiKey.__table__.columns).where(ApiKey.id == _get_key_id(key)))
    # Compared in constant time, also if there is no such key.
    equal = compare_digest(row["secret_sha256"] if row else _hash_key(""), _hash_key(key))
    if row is None or not equal:
        raise Unauthorized(tr("Invalid API key.", "Недействительный ключ API."), "unknown")
    _check_active(row)
    return row


def _get_session_key(reader: Reader, token: str) -> Row:
    """The row of the key of a session, with the columns of the session.

    Raises Unauthorized if the session or its key does not exist any more.
    """
    row = reader.first(
        select(
            *ApiKey.__table__.columns,
            UserSession.token_sha256,
            UserSession.expires_at.label("session_expires_at"),
            UserSession.idle_expires_at,
        )
        .join(ApiKey, ApiKey.id == UserSession.key_id)
        .where(UserSession.token_sha256 == hash_token(token))
    )
    if row is None or min(row["session_expires_at"], row["idle_expires_at"]) <= now():
        raise Unauthorized(
            tr("The session has ended. Sign in again.", "Сеанс завершён. Войдите снова."),
            "expired" if row else "unknown",
        )
    _check_active(row)
    return row


def _check_active(row: Row) -> None:
    """Raises Unauthorized if the key is revoked or expired."""
    if row["revoked_at"] is not None:
        raise Unauthorized(tr("This key has been revoked.", "Этот ключ отозван."), "revoked")
    if row["expires_at"] is not None and row["expires_at"] <= now():
        end = format_rfc3339_utc(row["expires_at"])
        raise Unauthorized(tr(f"This key expired at {end}.", f"Срок ключа истёк {end}."), "expired")


async def _verify(database: Database, credential: Credential) -> Row:
    """The row of the key of `credential`. Raises Unauthorized if it is not valid."""
    token = credential.token.decode("latin-1")
    if credential.is_session:
        if not is_well_formed_token(token):
            raise Unauthorized(tr("Malformed session.", "Неверный формат сеанса."), "malformed")
        return await database.read(_get_session_key, token)
    if not is_well_formed_key(token):
        raise _malformed_key()
    return await database.read(_get_valid_key, token)


async def identify_key(database: Database, credential: Credential) -> KeyIdentity | None:
    """The identity of the key of `credential`; None if it is not valid."""
    with suppress(Unauthorized):
        row = await _verify(database, credential)
        return KeyIdentity(row["id"], list_scopes(row["role"], row["scopes"]) == [Scope.READ])
    return None


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
            await record_use(database, row)
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
            _log_event(request, logging.WARNING, "authorisation failed", client.id, scopes[0])
            raise missing_scope(client, *scopes)


async def authenticate_key(
    request: Request, database: Database, credential: Credential | None = None
) -> Row:
    """The row of the key of `credential`, by default that of the request; logged.

    Raises Unauthorized without a valid credential.
    """
    key_id = None
    try:
        credential = credential or _get_credential(request)
        key_id = _find_key_id(credential)
        row = await _verify(database, credential)
    except Unauthorized as error:
        _log_event(request, logging.WARNING, "authentication failed", key_id, error.reason)
        if credential and credential.is_session:
            error.headers["Set-Cookie"] = build_cleared_cookie()
        raise
    _log_event(request, logging.INFO, "authenticated", row["id"])
    return row


def _build_client(request: Request, row: Row) -> ApiClient:
    """The client of a request that has authenticated as `row`."""
    session = None
    credential = find_credential(request.scope["headers"])
    if credential and credential.is_session:
        session = ClientSession(
            row["token_sha256"],
            derive_csrf_token(credential.token.decode()),
            row["session_expires_at"],
            _extend_session(row),
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
        _log_event(request, logging.WARNING, "authorisation failed", client.id, "csrf token")
        raise CsrfTokenRequired(
            tr(
                "Send the header `X-CSRF-Token` with the `csrf_token` of GET /v1/session.",
                "Передайте в заголовке `X-CSRF-Token` значение `csrf_token` из GET /v1/session.",
            )
        )


def _log_event(
    request: Request, level: int, event: str, key_id: str | None, reason: str | None = None
) -> None:
    """Log a security event. `reason`: the reason of a refusal, or the scope that is missing."""
    route = request.scope.get("route")
    fields = {
        "id": str(get_request_id(request)),
        "client": getattr(request.state, "client", None),
        "method": request.method,
        "route": getattr(route, "name", None),
        "key": key_id,
        "reason": reason,
    }
    security_logger.log(level, event, extra={"fields": fields})


_uses_in_progress: set[str] = set()
"""The ids of keys, and digests of sessions, whose use is being recorded: concurrent requests write
once."""


async def record_use(database: Database, row: Row) -> None:
    """Update `last_used_at` of a key if it is outdated, and the end of its session.

    A busy database does not fail the request.
    """
    id_, last_used_at = row["id"], row["last_used_at"]
    is_recent = last_used_at is not None and last_used_at > now() - LAST_USED_RESOLUTION
    token_sha256 = row.get("token_sha256")
    is_extended = token_sha256 and _extend_session(row) > row["idle_expires_at"]
    use = token_sha256 or id_
    if (is_recent and not is_extended) or use in _uses_in_progress:
        return
    _uses_in_progress.add(use)
    try:
        with suppress(OperationalError, PoolTimeoutError):
            await database.write(_update_use, row)
    finally:
        _uses_in_progress.discard(use)


def _update_use(session: Session, row: Row) -> None:
    session.execute(update(ApiKey).where(ApiKey.id == row["id"]).values(last_used_at=now()))
    if token_sha256 := row.get("token_sha256"):
        own = UserSession.token_sha256 == token_sha256
        values = {"idle_expires_at": _extend_session(row)}
        session.execute(update(UserSession).where(own).values(values))


def _extend_session(row: Row) -> datetime:
    """The time at which a session ends without another request, after a request now.

    The stored time, unless that is outdated.
    """
    stored: datetime = row["idle_expires_at"]
    idle_end = now() + timedelta(seconds=current_settings().session_idle_seconds)
    end = min(idle_end, row["session_expires_at"])
    return end if end > stored + LAST_USED_RESOLUTION else stored
