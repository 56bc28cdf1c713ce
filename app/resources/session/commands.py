"""Writes of sessions."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.api.secret_tokens import generate_token, hash_token
from app.api.session_cookies import derive_csrf_token
from app.config import current_settings
from app.db.database import Row
from app.db.models import UserSession
from app.domain.dates import now
from app.domain.roles import list_scopes
from app.resources.session.schemas import SessionRead


def create_session(session: Session, key: Row, previous: str | None) -> tuple[SessionRead, str]:
    """Create a session of a key. Returns its token, too, which is not stored.

    `previous` is the token of the session of the same browser, which ends.
    """
    if previous is not None:
        end_session(session, hash_token(previous))
    settings, moment = current_settings(), now()
    latest = moment + timedelta(seconds=settings.session_seconds)
    expires_at = min(latest, key["expires_at"] or latest)
    idle_end = moment + timedelta(seconds=settings.session_idle_seconds)
    token = generate_token()
    created = SessionRead(
        id=key["id"],
        name=key["name"],
        role=key["role"],
        scopes=list_scopes(key["role"], key["scopes"]),
        csrf_token=derive_csrf_token(token),
        expires_at=expires_at,
        idle_expires_at=min(idle_end, expires_at),
    )
    session.add(
        UserSession(
            token_sha256=hash_token(token),
            key_id=key["id"],
            expires_at=created.expires_at,
            idle_expires_at=created.idle_expires_at,
        )
    )
    return created, token


def end_session(session: Session, token_sha256: str) -> None:
    """End a session, effective from the next request."""
    session.execute(delete(UserSession).where(UserSession.token_sha256 == token_sha256))
