"""Authentication: API keys and their scopes. An endpoint without `RequireScope` is public.

A key has the form `zarya_<id>_<secret>`. The id is public; of the key only its SHA-256 is stored.
The last characters are a checksum: a mistyped key is refused without a database query.
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
from app.db.database import Database, Reader, Row
from app.db.models import ApiKey
from app.domain.dates import format_rfc3339_utc, now
from app.domain.enums import Scope
from app.domain.languages import Bilingual, tr
from app.http.problems import ApiError, get_request_id
from app.http.rate_limit import KeyIdentity

security_logger = logging.getLogger("zarya.security")
"""Logger of authentication and authorisation; docs/observing.md lists its events."""

_BEARER_CHALLENGE = 'Bearer realm="zarya"'
LAST_USED_RESOLUTION = timedelta(minutes=1)
"""The minimum time between two updates of `last_used_at` of a key."""

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


@dataclass(frozen=True)
class ApiClient(Actor):
    """The client of a request: its API key and the scopes of the key."""

    scopes: frozenset[Scope] = frozenset()


def _checksum(text: str) -> str:
    number, checksum = crc32(text.encode()), ""
    for _ in range(_CHECKSUM_CHARS):
        number, digit = divmod(number, len(_SECRET_ALPHABET))
        checksum += _SECRET_ALPHABET[digit]
    return checksum


def _hash_key(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def generate_api_key(
    name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Generate a key: the row to be stored, and the text, which is not stored."""
    id_ = "".join(choice(_ID_ALPHABET) for _ in range(_ID_CHARS))
    text = f"zarya_{id_}_" + "".join(choice(_SECRET_ALPHABET) for _ in range(_SECRET_CHARS))
    text += _checksum(text)
    stored = ApiKey(
        id=id_,
        name=name,
        secret_sha256=_hash_key(text),
        scopes=sorted(scopes),
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


def _get_bearer_token(request: Request) -> str:
    """The key of the request. Raises Unauthorized if there is none or it is malformed."""
    headers = request.headers.getlist("authorization")
    if not headers:
        raise Unauthorized(
            tr(
                "Send an API key: `Authorization: Bearer zarya_…`.",
                "Пришлите ключ API: `Authorization: Bearer zarya_…`.",
            ),
            "missing",
        )
    scheme, _, key = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not is_well_formed_key(key.strip()):
        raise Unauthorized(
            tr(
                "Malformed API key. Send `Authorization: Bearer zarya_…`.",
                "Неверный формат ключа API. Пришлите `Authorization: Bearer zarya_…`.",
            ),
            "malformed",
        )
    return key.strip()


def _get_valid_key(reader: Reader, key: str) -> Row:
    """The row of `key`. Raises Unauthorized if it is unknown, revoked or expired."""
    row = reader.first(select(*ApiKey.__table__.columns).where(ApiKey.id == _get_key_id(key)))
    # Compared in constant time, also if there is no such key.
    equal = compare_digest(row["secret_sha256"] if row else _hash_key(""), _hash_key(key))
    if row is None or not equal:
        raise Unauthorized(tr("Invalid API key.", "Недействительный ключ API."), "unknown")
    if row["revoked_at"] is not None:
        raise Unauthorized(tr("This key has been revoked.", "Этот ключ отозван."), "revoked")
    if row["expires_at"] is not None and row["expires_at"] <= now():
        end = format_rfc3339_utc(row["expires_at"])
        raise Unauthorized(tr(f"This key expired at {end}.", f"Срок ключа истёк {end}."), "expired")
    return row


async def identify_key(database: Database, key: str) -> KeyIdentity | None:
    """The identity of `key`; None if it is malformed, unknown, revoked or expired."""
    if is_well_formed_key(key):
        with suppress(Unauthorized):
            row = await database.read(_get_valid_key, key)
            return KeyIdentity(row["id"], row["scopes"] == [Scope.READ])
    return None


def _update_last_used(session: Session, id_: str) -> None:
    session.execute(update(ApiKey).where(ApiKey.id == id_).values(last_used_at=now()))


class RequireScope:
    """Dependency: the API client of the request. Its key must have `scope`; None: any key.

    Raises Unauthorized without a valid key, Forbidden if the key lacks the scope.
    """

    def __init__(self, scope: Scope | None = None) -> None:
        self.scope = scope

    async def __call__(self, request: Request, database: PrimaryDatabaseDep) -> ApiClient:
        client: ApiClient | None = getattr(request.state, "caller", None)
        if client is None:
            row = await _authenticate(request, database)
            scopes = frozenset(Scope(scope) for scope in row["scopes"])
            client = ApiClient(row["id"], row["name"], str(get_request_id(request)), scopes)
            self._check_scope(request, client)
            await _record_use(database, row)
            request.state.caller = client
        else:
            self._check_scope(request, client)
        return client

    def find_sufficient_scopes(self, _request: Request) -> tuple[Scope, ...]:
        """The scopes of which the key must have one; empty if any key will do."""
        return () if self.scope is None else (self.scope,)

    def _check_scope(self, request: Request, client: ApiClient) -> None:
        scopes = self.find_sufficient_scopes(request)
        if scopes and client.scopes.isdisjoint(scopes):
            _log_event(request, logging.WARNING, "authorisation failed", client.id, scopes[0])
            challenge = f'{_BEARER_CHALLENGE}, error="insufficient_scope", scope="{scopes[0]}"'
            detail = tr(
                f"The key {client.id} does not have the scope {' or '.join(scopes)}.",
                f"У ключа {client.id} нет права {' или '.join(scopes)}.",
            )
            raise Forbidden(detail, headers={"WWW-Authenticate": challenge})


async def _authenticate(request: Request, database: Database) -> Row:
    """The row of the request's key; logged. Raises Unauthorized without a valid key."""
    key_id = None
    try:
        key = _get_bearer_token(request)
        key_id = _get_key_id(key)
        row = await database.read(_get_valid_key, key)
    except Unauthorized as error:
        _log_event(request, logging.WARNING, "authentication failed", key_id, error.reason)
        raise
    _log_event(request, logging.INFO, "authenticated", key_id)
    return row


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
"""The ids of keys whose use is being recorded: concurrent requests with one key write once."""


async def _record_use(database: Database, key: Row) -> None:
    """Update `last_used_at` if it is outdated. A busy database does not fail the request."""
    id_, last_used_at = key["id"], key["last_used_at"]
    is_recent = last_used_at is not None and last_used_at > now() - LAST_USED_RESOLUTION
    if is_recent or id_ in _uses_in_progress:
        return
    _uses_in_progress.add(id_)
    try:
        with suppress(OperationalError, PoolTimeoutError):
            await database.write(_update_last_used, id_)
    finally:
        _uses_in_progress.discard(id_)
