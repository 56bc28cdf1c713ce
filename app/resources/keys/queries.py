"""Queries of API keys."""

from functools import cache

from sqlalchemy import ColumnElement, String, cast, or_, select

from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import ApiKey
from app.domain.languages import tr
from app.domain.roles import DESCRIPTIONS_OF_ROLES, SCOPES_OF_ROLES
from app.http.problems import NotFound
from app.resources.keys.schemas import (
    KeyFilters,
    KeyPage,
    KeyQuery,
    KeySummary,
    Me,
    RoleRead,
    Roles,
)

SORTS = build_orders(ApiKey.id, created_at=(ApiKey.created_at,))


def conditions(filters: KeyFilters) -> list[ColumnElement[bool]]:
    """The WHERE conditions of `filters`."""
    where: list[ColumnElement[bool]] = []
    if filters.scope:
        # A JSON array of short words: it contains a word in quotes, or not.
        text = cast(ApiKey.scopes, String)
        named = [text.contains(f'"{scope}"') for scope in filters.scope]
        roles = [role for role, scopes in SCOPES_OF_ROLES.items() if scopes & {*filters.scope}]
        where.append(or_(ApiKey.role.in_(roles), *named))
    return where


@cache
def _select_keys() -> AnySelect:
    return select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.role,
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
    """The key with this id. Raises NotFound."""
    row = reader.first(_select_keys().where(ApiKey.id == id_))
    if row is None:
        raise NotFound(
            tr(f"There is no key {id_!r}. See /v1/keys.", f"Нет ключа {id_!r}. См. /v1/keys.")
        )
    return KeySummary.model_validate(row)


def list_roles() -> Roles:
    """The roles, those with the fewest rights first."""
    return Roles(
        items=[
            RoleRead(role=role, description=str(DESCRIPTIONS_OF_ROLES[role]), scopes=sorted(scopes))
            for role, scopes in SCOPES_OF_ROLES.items()
        ]
    )


def get_me(reader: Reader, id_: str) -> Me:
    """The key with this id, with its scopes, as its owner sees it."""
    return Me.model_validate(reader.first(_select_keys().where(ApiKey.id == id_)))
