"""Authentication: the key that the credential of a request stands for.

A request with the cookie of a session is a request of the key that signed in.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus

from fastapi import Request
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from app.api.api_key_format import get_key_id, hash_key, is_well_formed_key
from app.api.secret_tokens import hash_token, is_well_formed_token
from app.api.session_cookies import build_cleared_cookie
from app.config import current_settings
from app.db.database import Database, Reader, Row
from app.db.models import ApiKey, UserSession
from app.domain.dates import format_rfc3339_utc, now
from app.domain.enums import Scope
from app.domain.languages import Bilingual, tr
from app.domain.roles import list_scopes
from app.http.credentials import Credential, find_credential
from app.http.problems import ApiError, get_request_id
from app.http.rate_limit import KeyIdentity

security_logger = logging.getLogger("zarya.security")
"""Logger of authentication and authorisation; docs/observing.md lists its events."""

BEARER_CHALLENGE = 'Bearer realm="zarya"'
LAST_USED_RESOLUTION = timedelta(minutes=1)
"""The minimum time between two updates of `last_used_at` of a key, and of the end of a session."""


class Unauthorized(ApiError):
    """The request has no API key, or an invalid one."""

    status = HTTPStatus.UNAUTHORIZED
    problem_type = "unauthorized"
    title = Bilingual("Valid API key required", "Нужен действующий ключ API")
    description_ru = "В запросе нет ключа API, или ключ недействителен."

    def __init__(self, detail: str, reason: str) -> None:
        error = "" if reason == "missing" else ', error="invalid_token"'
        super().__init__(detail, headers={"WWW-Authenticate": f"{BEARER_CHALLENGE}{error}"})
        self.reason = reason
        """For the log: `missing`, `malformed`, `unknown`, `revoked` or `expired`."""


def _find_key_id(credential: Credential) -> str | None:
    """The id of a key; None if it is malformed, and for a session."""
    token = credential.token.decode("latin-1")
    return None if credential.is_session or not is_well_formed_key(token) else get_key_id(token)


def _get_credential(request: Request) -> Credential:
    """The credential of the request. Raises Unauthorized."""
    credential = find_credential(request.scope["headers"])
    headers = request.headers.getlist("authorization")
    if credential is None and not headers:
        raise Unauthorized(
            tr(
                "Send an API key, `Authorization: Bearer zarya_…`, or sign in with POST "
                "/v1/session.",
                "Пришлите ключ API, `Authorization: Bearer zarya_…`, или войдите через POST "
                "/v1/session.",
            ),
            "missing",
        )
    if credential is None or len(headers) > 1:
        raise _malformed_key()
    return credential


def _malformed_key() -> Unauthorized:
    return Unauthorized(
        tr(
            "Malformed API key. Send all of it, as it was shown: `zarya_…`; in `Authorization` "
            "after `Bearer`.",
            "Неверный формат ключа API. Пришлите его целиком, как он был показан: `zarya_…`; в "
            "`Authorization` после `Bearer`.",
        ),
        "malformed",
    )


def _get_valid_key(reader: Reader, key: str) -> Row:
    """The row of `key`. Raises Unauthorized if it is unknown, revoked or expired."""
    row = reader.first(select(*ApiKey.__table__.columns).where(ApiKey.id == get_key_id(key)))
    # Compared in constant time, also if there is no such key.
    equal = compare_digest(row["secret_sha256"] if row else hash_key(""), hash_key(key))
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
        log_security_event(request, logging.WARNING, "authentication failed", key_id, error.reason)
        if credential and credential.is_session:
            error.headers["Set-Cookie"] = build_cleared_cookie()
        raise
    log_security_event(request, logging.INFO, "authenticated", row["id"])
    return row


def log_security_event(
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


async def record_use(database: Database, row: Row, extends_session: bool = True) -> None:
    """Update `last_used_at` of a key if it is outdated, and the idle expiry of its session.

    A busy database does not fail the request.
    """
    id_, last_used_at = row["id"], row["last_used_at"]
    is_recent = last_used_at is not None and last_used_at > now() - LAST_USED_RESOLUTION
    token_sha256 = row.get("token_sha256")
    extends_session = extends_session and token_sha256 is not None
    is_extended = extends_session and compute_idle_end(row) > row["idle_expires_at"]
    use = token_sha256 or id_
    if (is_recent and not is_extended) or use in _uses_in_progress:
        return
    _uses_in_progress.add(use)
    try:
        with suppress(OperationalError, PoolTimeoutError):
            await database.write(_update_use, row, extends_session)
    finally:
        _uses_in_progress.discard(use)


def _update_use(session: Session, row: Row, extends_session: bool) -> None:
    session.execute(update(ApiKey).where(ApiKey.id == row["id"]).values(last_used_at=now()))
    if extends_session:
        own = UserSession.token_sha256 == row["token_sha256"]
        values = {"idle_expires_at": compute_idle_end(row)}
        session.execute(update(UserSession).where(own).values(values))


def compute_idle_end(row: Row) -> datetime:
    """New idle expiry of a session: now plus the idle timeout, at most its expiry.

    Unchanged if it moved by less than a minute.
    """
    stored: datetime = row["idle_expires_at"]
    idle_end = now() + timedelta(seconds=current_settings().session_idle_seconds)
    end = min(idle_end, row["session_expires_at"])
    return end if end > stored + LAST_USED_RESOLUTION else stored
