"""Writes of API keys."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.api.api_key_format import generate_api_key
from app.api.audit_log import Action, Actor, write_audit_entry
from app.db.database import Reader
from app.db.models import ApiKey
from app.domain.dates import now
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.http.problems import Conflict
from app.resources.keys.queries import get_key
from app.resources.keys.schemas import KeyCreated, KeyState, KeyWrite


def create_key(session: Session, actor: Actor, document: KeyWrite) -> KeyCreated:
    """Create an API key. Only this result contains its text."""
    name, scopes, role = document.name, document.scopes, document.role
    key, text = generate_api_key(name, scopes, document.expires_at, role)
    session.add(key)
    session.flush()
    created = get_key(Reader.from_session(session), key.id)
    after = created.model_dump(mode="json")
    write_audit_entry(session, actor, Action.CREATE, AuditTarget.KEY, None, key.id, None, after)
    return KeyCreated.model_validate(dict(created) | {"key": text})


def rotate_key(session: Session, actor: Actor, id_: str, overlap: timedelta) -> KeyCreated:
    """Create a key that replaces another, which expires after `overlap`.

    The new key has the same name and role or scopes, and the same time to live, if that is limited.
    Raises NotFound, and Conflict if the old key is not active, or is that of a person who signs in
    with OpenID.
    """
    old = get_key(Reader.from_session(session), id_)
    if old.state is not KeyState.ACTIVE:
        raise Conflict(
            tr(
                f"The key {id_} is {old.state}. Create a new one.",
                f"Ключ {id_} уже не действует. Создайте новый.",
            )
        )
    key = session.get_one(ApiKey, id_)
    if key.openid_subject is not None:
        raise Conflict(
            tr(
                f"{old.name} signs in with OpenID, and has no key that could be replaced.",
                f"{old.name} входит через OpenID: заменять нечего.",
            )
        )
    expires_at = now() + (old.expires_at - old.created_at) if old.expires_at else None
    same = {"role": old.role} if old.role else {"scopes": old.scopes}
    document = KeyWrite.model_construct(name=old.name, expires_at=expires_at, **same)
    created = create_key(session, actor, document)
    ends_at = now() + overlap
    key.expires_at = min(key.expires_at or ends_at, ends_at)
    session.flush()
    after = get_key(Reader.from_session(session), id_)
    dumped = (record.model_dump(mode="json") for record in (old, after))
    write_audit_entry(session, actor, Action.UPDATE, AuditTarget.KEY, None, id_, *dumped)
    return created


def revoke_key(session: Session, actor: Actor, id_: str) -> None:
    """Revoke an API key, effective from the next request. Raises NotFound."""
    before = get_key(Reader.from_session(session), id_)
    if before.revoked_at is None:
        key = session.get_one(ApiKey, id_)
        key.revoked_at = now()
        after = before.model_copy(update={"revoked_at": key.revoked_at})
        dumped = (record.model_dump(mode="json") for record in (before, after))
        write_audit_entry(session, actor, Action.REVOKE, AuditTarget.KEY, None, id_, *dumped)
