"""How keys are found, made and revoked."""

from collections.abc import Collection
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Actor, Kind, write_audit_entry
from app.api.auth import generate_api_key
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import ApiKey
from app.domain.dates import now
from app.domain.enums import Scope
from app.domain.languages import tr
from app.http.problems import NotFound
from app.resources.keys.schemas import KeyCreated, KeyFilters, KeyPage, KeyQuery, KeySummary, Me

SORTS = build_orders(ApiKey.id, created_at=(ApiKey.created_at,))


def conditions(filters: KeyFilters) -> list[ColumnElement[bool]]:
    """What `filters` ask of a key."""
    found: list[ColumnElement[bool]] = []
    if filters.scope:
        # A short list of short words: its JSON holds a word in quotes or it does not.
        text = cast(ApiKey.scopes, String)
        named = [text.contains(f'"{scope}"') for scope in filters.scope]
        found.append(or_(*named))
    return found


@cache
def _select_keys() -> AnySelect:
    return select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.scopes,
        ApiKey.created_at,
        ApiKey.expires_at,
        ApiKey.last_used_at,
        ApiKey.revoked_at,
    )


def list_keys(reader: Reader, query: KeyQuery) -> KeyPage:
    """A page of the keys that match, newest first."""
    where = conditions(query)
    return fetch_page(
        reader, KeyPage, _select_keys(), where, SORTS, query, "keys", default_sort="-created_at"
    )


def list_all_keys(reader: Reader) -> list[KeySummary]:
    """All keys, newest first."""
    found = _select_keys().order_by(*SORTS["-created_at"].order_by_clauses())
    return [KeySummary.model_validate(row) for row in reader.all(found)]


def get_key(reader: Reader, id_: str) -> KeySummary:
    """The key with this public part."""
    row = reader.first(_select_keys().where(ApiKey.id == id_))
    if row is None:
        raise NotFound(
            tr(f"There is no key {id_!r}. See /v1/keys.", f"Нет ключа {id_!r}. См. /v1/keys.")
        )
    return KeySummary.model_validate(row)


def get_me(reader: Reader, id_: str) -> Me:
    """What the key with this public part may do."""
    return Me.model_validate(reader.first(_select_keys().where(ApiKey.id == id_)))


def create_key(
    session: Session,
    actor: Actor,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
) -> KeyCreated:
    """A new key; its text cannot be had again."""
    key, text = generate_api_key(name, scopes, expires_at)
    session.add(key)
    session.flush()
    made = get_key(Reader.from_session(session), key.id)
    kept = made.model_dump(mode="json")
    write_audit_entry(session, actor, Action.CREATE, Kind.KEY, None, key.id, None, kept)
    return KeyCreated.model_validate(dict(made) | {"key": text})


def revoke_key(session: Session, actor: Actor, id_: str) -> None:
    """Let a key work no more, in every process from its next request on."""
    before = get_key(Reader.from_session(session), id_)
    if before.revoked_at is None:
        key = session.get_one(ApiKey, id_)
        key.revoked_at = now()
        session.flush()
        after = get_key(Reader.from_session(session), id_).model_dump(mode="json")
        write_audit_entry(
            session,
            actor,
            Action.REVOKE,
            Kind.KEY,
            None,
            id_,
            before.model_dump(mode="json"),
            after,
        )
