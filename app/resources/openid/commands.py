"""The person of a sign-in: a key that only sessions use, with the role of the provider's claim."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.api.api_key_format import generate_api_key
from app.api.audit_log import Action, Actor, write_audit_entry
from app.config import current_settings
from app.db.database import Reader
from app.db.models import ApiKey
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.domain.roles import Role
from app.resources.keys.queries import get_key
from app.resources.openid.schemas import SignInRefused
from app.resources.session.commands import create_session
from app.resources.session.schemas import SessionRead

_MAX_NAME_CHARS = 120
_MAX_SUBJECT_CHARS = 255


def sign_in(
    session: Session, claims: Mapping[str, Any], request_id: str, previous: str | None
) -> tuple[SessionRead, str]:
    """Create a session of the person with these verified claims. Returns its token, too.

    `previous` is the token of the browser's session, which ends. Raises SignInRefused for a person
    without a role, or whose key was revoked.
    """
    subject, role = str(claims["sub"]), _find_role(claims)
    if len(subject) > _MAX_SUBJECT_CHARS:
        raise SignInRefused(tr("The subject is too long.", "Слишком длинный идентификатор."))
    key = _find_key(session, subject) or _add_key(session, subject)
    if key.revoked_at is not None:
        raise SignInRefused(tr("Your access was revoked.", "Ваш доступ отозван."))
    reader = Reader.from_session(session)
    is_new, before = not key.role, get_key(reader, key.id).model_dump(mode="json")
    key.name, key.role = _find_name(claims), role
    session.flush()
    after = get_key(reader, key.id).model_dump(mode="json")
    if after != before:
        actor = Actor(key.id, key.name, request_id)
        action = Action.CREATE if is_new else Action.UPDATE
        states = (None if is_new else before), after
        write_audit_entry(session, actor, action, AuditTarget.KEY, None, key.id, *states)
    row = {column.name: getattr(key, column.name) for column in ApiKey.__table__.columns}
    return create_session(session, row, previous)


def _find_key(session: Session, subject: str) -> ApiKey | None:
    issuer = current_settings().oidc_issuer
    own = ApiKey.openid_issuer == issuer, ApiKey.openid_subject == subject
    return session.scalar(select(ApiKey).where(*own).with_for_update())


def _add_key(session: Session, subject: str) -> ApiKey:
    """The key of a person who has signed in for the first time, or of a concurrent sign-in."""
    key, _secret = generate_api_key(subject[:_MAX_NAME_CHARS], [])
    key.openid_issuer, key.openid_subject = current_settings().oidc_issuer, subject
    try:
        with session.begin_nested():
            session.add(key)
    except IntegrityError:
        return _find_key(session, subject) or key
    return key


def _find_role(claims: Mapping[str, Any]) -> Role:
    """The first role of the setting whose value the claim has. Raises SignInRefused."""
    settings = current_settings()
    value: Any = claims
    for name in settings.oidc_role_claim.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    values = {str(each) for each in (value if isinstance(value, list) else [value])}
    for name, role in settings.roles_by_claim.items():
        if name in values:
            return role
    raise SignInRefused(
        tr(
            f"Your account has no role here. Ask for one: the claim {settings.oidc_role_claim} of "
            "the provider decides.",
            f"У вашей учётной записи здесь нет роли. Её определяет поле {settings.oidc_role_claim} "
            "провайдера.",
        )
    )


def _find_name(claims: Mapping[str, Any]) -> str:
    """The name by which the audit trail shows the person."""
    for claim in ("name", "preferred_username", "email", "sub"):
        text = str(claims.get(claim) or "")
        name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if name:
            return name[:_MAX_NAME_CHARS]
    return "OpenID"
