"""Who asks: API keys and their scopes. An endpoint without `RequireScope` is open to everybody.

A key reads `zarya_<id>_<secret>`. The id names it wherever it is spoken of; of the whole key only
the SHA-256 is kept. Its last letters are a checksum, so that what somebody mistyped or made up is
refused without asking the database.
"""

import string
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus
from secrets import choice
from typing import Any
from zlib import crc32

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from app.api.audit_log import Actor
from app.api.routing import Route
from app.db.database import PrimaryDatabaseDep, Reader, Row
from app.db.models import ApiKey
from app.domain.dates import now
from app.domain.enums import Scope
from app.domain.languages import Bilingual, tr
from app.http.problems import ApiError, get_request_id

_BEARER_CHALLENGE = 'Bearer realm="zarya"'
LAST_USED_RESOLUTION = timedelta(minutes=1)
"""How old the note of a key's last use may become before it is written anew."""

_ID_ALPHABET = string.ascii_lowercase + string.digits
_SECRET_ALPHABET = string.ascii_letters + string.digits
_ID_CHARS, _SECRET_CHARS, _CHECKSUM_CHARS = 8, 32, 6
_KEY_CHARS = len("zarya__") + _ID_CHARS + _SECRET_CHARS + _CHECKSUM_CHARS


class Unauthorized(ApiError):
    """The request bears no key, or one that does not open anything."""

    status = HTTPStatus.UNAUTHORIZED
    problem_type = "unauthorized"
    title = Bilingual("A valid key is needed", "Нужен действующий ключ")
    description_ru = "В запросе нет ключа, или он ничего не открывает."


class Forbidden(ApiError):
    """The key is valid, but was not made for this."""

    status = HTTPStatus.FORBIDDEN
    problem_type = "forbidden"
    title = Bilingual("The key may not do this", "Этому ключу такое не позволено")
    description_ru = "Ключ действует, но не для этого."


@dataclass(frozen=True)
class ApiClient(Actor):
    """Whose key a request bears, and what that may do."""

    scopes: frozenset[Scope] = frozenset()


def _checksum(text: str) -> str:
    number, letters = crc32(text.encode()), ""
    for _ in range(_CHECKSUM_CHARS):
        number, place = divmod(number, len(_SECRET_ALPHABET))
        letters += _SECRET_ALPHABET[place]
    return letters


def _hash_key(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def generate_api_key(
    name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key to be stored, and the text of it, which cannot be had again."""
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
    """Whether `key` can be one at all."""
    right = len(key) == _KEY_CHARS and key.isascii() and key.startswith("zarya_")
    return right and compare_digest(_checksum(key[:-_CHECKSUM_CHARS]), key[-_CHECKSUM_CHARS:])


def _invalid_token(detail: str) -> Unauthorized:
    challenge = f'{_BEARER_CHALLENGE}, error="invalid_token"'
    return Unauthorized(detail, headers={"WWW-Authenticate": challenge})


def _get_bearer_token(request: Request) -> str:
    """The key that `request` bears; a form that no key has is refused."""
    headers = request.headers.getlist("authorization")
    if not headers:
        raise Unauthorized(
            tr(
                "Send a key: `Authorization: Bearer zarya_…`.",
                "Пришлите ключ: `Authorization: Bearer zarya_…`.",
            ),
            headers={"WWW-Authenticate": _BEARER_CHALLENGE},
        )
    scheme, _, key = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not is_well_formed_key(key.strip()):
        raise _invalid_token(
            tr(
                "This is no key of this archive: `Authorization: Bearer zarya_…`.",
                "Это не ключ этого архива: `Authorization: Bearer zarya_…`.",
            )
        )
    return key.strip()


def _get_valid_key(reader: Reader, key: str) -> Row:
    """What is kept of `key`, which must be right in every letter, not expired, not revoked."""
    row = reader.first(select(*ApiKey.__table__.columns).where(ApiKey.id == key[6:14]))
    # Compared in constant time, and with something in any case.
    same = compare_digest(row["secret_sha256"] if row else _hash_key(""), _hash_key(key))
    if row is None or not same:
        raise _invalid_token(tr("No such key is known here.", "Такой ключ здесь неизвестен."))
    if row["revoked_at"] is not None:
        raise _invalid_token(tr("This key has been revoked.", "Этот ключ отозван."))
    if row["expires_at"] is not None and row["expires_at"] <= now():
        end = f"{row['expires_at']:%Y-%m-%dT%H:%M:%SZ}"
        raise _invalid_token(tr(f"This key expired at {end}.", f"Срок ключа истёк {end}."))
    return row


def _update_last_used(session: Session, id_: str) -> None:
    session.execute(update(ApiKey).where(ApiKey.id == id_).values(last_used_at=now()))


class RequireScope:
    """A dependency: the caller, whose key has `scope`; with None any valid key will do."""

    def __init__(self, scope: Scope | None = None) -> None:
        self.scope = scope

    async def __call__(self, request: Request, database: PrimaryDatabaseDep) -> ApiClient:
        caller: ApiClient | None = getattr(request.state, "caller", None)
        if caller is not None:
            return caller
        row = await database.read(_get_valid_key, _get_bearer_token(request))
        scopes = frozenset(Scope(scope) for scope in row["scopes"])
        if self.scope is not None and self.scope not in scopes:
            challenge = f'{_BEARER_CHALLENGE}, error="insufficient_scope", scope="{self.scope}"'
            detail = tr(
                f"The key {row['id']} needs the scope {self.scope} for this.",
                f"Для этого ключу {row['id']} нужно право {self.scope}.",
            )
            raise Forbidden(detail, headers={"WWW-Authenticate": challenge})
        if row["last_used_at"] is None or row["last_used_at"] <= now() - LAST_USED_RESOLUTION:
            # A busy database refuses nobody for the sake of a note.
            with suppress(OperationalError, PoolTimeoutError):
                await database.write(_update_last_used, row["id"])
        caller = ApiClient(row["id"], row["name"], str(get_request_id(request)), scopes)
        request.state.caller = caller
        return caller


class AuthenticatedRoute(Route):
    """A route that lets nobody in by the wrong key before anything of the body is read.

    FastAPI itself reads and checks the body first, and would tell everybody what is wrong with it.
    """

    @cached_property
    def scope_requirement(self) -> RequireScope | None:
        """Who is let in; None: everybody."""
        return find_scope_requirement(self.dependant)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def admitted(request: Request) -> Response:
            await self.check_request(request)
            return await handle(request)

        return admitted

    async def check_request(self, request: Request) -> None:
        """Raise what keeps `request` out."""
        if self.scope_requirement:
            await self.scope_requirement(request, request.app.state.database)


def find_scope_requirement(dependant: Dependant) -> RequireScope | None:
    """The `RequireScope` among the dependencies of an endpoint,
    None where it is open to everybody.
    """
    for below in dependant.dependencies:
        found = (
            below.call if isinstance(below.call, RequireScope) else find_scope_requirement(below)
        )
        if found:
            return found
    return None


def authenticated_routes(app: FastAPI) -> Iterator[tuple[APIRoute, RequireScope]]:
    """The routes of `app` that need a key, each with what it needs."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and (allowed := find_scope_requirement(route.dependant)):
            yield route, allowed
