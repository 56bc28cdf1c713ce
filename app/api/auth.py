"""Who asks: API keys and their scopes. An endpoint without `Allowed` is open to everybody.

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
from app.db.database import DatabaseDep, Reader, Row
from app.db.models import ApiKey, Scope
from app.domain.dates import now
from app.domain.languages import Both, either
from app.http.problems import ApiError, request_id

REALM = 'Bearer realm="zarya"'
USED = timedelta(minutes=1)
"""How old the note of a key's last use may become before it is written anew."""

_ID = string.ascii_lowercase + string.digits
_SECRET = string.ascii_letters + string.digits
_ID_LENGTH, _SECRET_LENGTH, _CHECK_LENGTH = 8, 32, 6
_LENGTH = len("zarya__") + _ID_LENGTH + _SECRET_LENGTH + _CHECK_LENGTH


class Unauthorized(ApiError):
    """The request bears no key, or one that does not open anything."""

    status = HTTPStatus.UNAUTHORIZED
    kind = "unauthorized"
    title = Both("A valid key is needed", "Нужен действующий ключ")
    meaning_ru = "В запросе нет ключа, или он ничего не открывает."


class Forbidden(ApiError):
    """The key is valid, but was not made for this."""

    status = HTTPStatus.FORBIDDEN
    kind = "forbidden"
    title = Both("The key may not do this", "Этому ключу такое не позволено")
    meaning_ru = "Ключ действует, но не для этого."


@dataclass(frozen=True)
class Caller(Actor):
    """Whose key a request bears, and what that may do."""

    scopes: frozenset[Scope] = frozenset()


def _checksum(text: str) -> str:
    number, letters = crc32(text.encode()), ""
    for _ in range(_CHECK_LENGTH):
        number, place = divmod(number, len(_SECRET))
        letters += _SECRET[place]
    return letters


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def new_key(
    name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key to be stored, and the text of it, which cannot be had again."""
    id_ = "".join(choice(_ID) for _ in range(_ID_LENGTH))
    text = f"zarya_{id_}_" + "".join(choice(_SECRET) for _ in range(_SECRET_LENGTH))
    text += _checksum(text)
    stored = ApiKey(
        id=id_,
        name=name,
        secret_sha256=_digest(text),
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    return stored, text


def is_well_formed(key: str) -> bool:
    """Whether `key` can be one at all."""
    right = len(key) == _LENGTH and key.isascii() and key.startswith("zarya_")
    return right and compare_digest(_checksum(key[:-_CHECK_LENGTH]), key[-_CHECK_LENGTH:])


def _refusal(detail: str) -> Unauthorized:
    challenge = f'{REALM}, error="invalid_token"'
    return Unauthorized(detail, headers={"WWW-Authenticate": challenge})


def _given(request: Request) -> str:
    """The key that `request` bears; a form that no key has is refused."""
    headers = request.headers.getlist("authorization")
    if not headers:
        raise Unauthorized(
            either(
                "Send a key: `Authorization: Bearer zarya_…`.",
                "Пришлите ключ: `Authorization: Bearer zarya_…`.",
            ),
            headers={"WWW-Authenticate": REALM},
        )
    scheme, _, key = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not is_well_formed(key.strip()):
        raise _refusal(
            either(
                "This is no key of this archive: `Authorization: Bearer zarya_…`.",
                "Это не ключ этого архива: `Authorization: Bearer zarya_…`.",
            )
        )
    return key.strip()


def _find(reader: Reader, key: str) -> Row:
    """What is kept of `key`, which must be right in every letter, not expired, not revoked."""
    row = reader.first(select(*ApiKey.__table__.columns).where(ApiKey.id == key[6:14]))
    # Compared in constant time, and with something in any case.
    same = compare_digest(row["secret_sha256"] if row else _digest(""), _digest(key))
    if row is None or not same:
        raise _refusal(either("No such key is known here.", "Такой ключ здесь неизвестен."))
    if row["revoked_at"] is not None:
        raise _refusal(either("This key has been revoked.", "Этот ключ отозван."))
    if row["expires_at"] is not None and row["expires_at"] <= now():
        end = f"{row['expires_at']:%Y-%m-%dT%H:%M:%SZ}"
        raise _refusal(either(f"This key expired at {end}.", f"Срок ключа истёк {end}."))
    return row


def _note_use(session: Session, id_: str) -> None:
    session.execute(update(ApiKey).where(ApiKey.id == id_).values(last_used_at=now()))


class Allowed:
    """A dependency: the caller, whose key has `scope`; with None any valid key will do."""

    def __init__(self, scope: Scope | None = None) -> None:
        self.scope = scope

    async def __call__(self, request: Request, database: DatabaseDep) -> Caller:
        caller: Caller | None = getattr(request.state, "caller", None)
        if caller is not None:
            return caller
        row = await database.read(_find, _given(request))
        scopes = frozenset(Scope(scope) for scope in row["scopes"])
        if self.scope is not None and self.scope not in scopes:
            challenge = f'{REALM}, error="insufficient_scope", scope="{self.scope}"'
            detail = either(
                f"The key {row['id']} needs the scope {self.scope} for this.",
                f"Для этого ключу {row['id']} нужно право {self.scope}.",
            )
            raise Forbidden(detail, headers={"WWW-Authenticate": challenge})
        if row["last_used_at"] is None or row["last_used_at"] <= now() - USED:
            # A busy database refuses nobody for the sake of a note.
            with suppress(OperationalError, PoolTimeoutError):
                await database.write(_note_use, row["id"])
        caller = Caller(row["id"], row["name"], str(request_id(request)), scopes)
        request.state.caller = caller
        return caller


class KeyedRoute(Route):
    """A route that lets nobody in by the wrong key before anything of the body is read.

    FastAPI itself reads and checks the body first, and would tell everybody what is wrong with it.
    """

    @cached_property
    def allowed(self) -> Allowed | None:
        """Who is let in; None: everybody."""
        return allowed_in(self.dependant)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def admitted(request: Request) -> Response:
            await self.admit(request)
            return await handle(request)

        return admitted

    async def admit(self, request: Request) -> None:
        """Raise what keeps `request` out."""
        if self.allowed:
            await self.allowed(request, request.app.state.database)


def allowed_in(dependant: Dependant) -> Allowed | None:
    """The `Allowed` among the dependencies of an endpoint, None where it is open to everybody."""
    for below in dependant.dependencies:
        found = below.call if isinstance(below.call, Allowed) else allowed_in(below)
        if found:
            return found
    return None


def keyed_routes(app: FastAPI) -> Iterator[tuple[APIRoute, Allowed]]:
    """The routes of `app` that need a key, each with what it needs."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and (allowed := allowed_in(route.dependant)):
            yield route, allowed
