"""Routes of `/v1/keys`, `/v1/me` and `/v1/roles`: API keys."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Path, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.deps import DatabaseDep, PrimaryDatabaseDep
from app.api.fields import RecordQueryDep
from app.api.links import url_for_request
from app.api.lists.responses import ListResponderDep
from app.api.openapi.examples import Example
from app.api.patterns import KEY_ID_PATTERN
from app.api.routing import Router
from app.domain.enums import Scope
from app.resources.keys import commands, queries
from app.resources.keys.schemas import (
    KeyCreated,
    KeyPage,
    KeyQuery,
    KeyRotate,
    KeySummary,
    KeyWrite,
    Me,
    Roles,
)

router = Router(prefix="/v1", tags=["keys"])

KeyAdminDep = Annotated[ApiClient, Depends(RequireScope(Scope.KEYS_ADMIN))]
AnyApiKeyDep = Annotated[ApiClient, Depends(RequireScope())]
KeyIdPath = Annotated[
    str,
    Path(
        alias="id",
        pattern=KEY_ID_PATTERN,
        max_length=8,
        description="Id of the key: its public part.",
    ),
    Example("k3v9x2ab"),
]


@router.get("/me", name="getMe", summary="Get the current key")
async def get_me(caller: AnyApiKeyDep, database: DatabaseDep) -> Me:
    """Returns the key of this request and its scopes."""
    return await database.read(queries.get_me, caller.id)


@router.get("/roles", name="listRoles", summary="List roles")
async def list_roles(_caller: AnyApiKeyDep, _query: RecordQueryDep) -> Roles:
    """Returns the roles that a key can have, with their scopes."""
    return queries.list_roles()


@router.get("/keys", name="listKeys", summary="List keys", response_model=KeyPage)
async def list_keys(
    query: Annotated[KeyQuery, Query()], _admin: KeyAdminDep, lists: ListResponderDep
) -> Response:
    """Returns all keys without their secrets, newest first, including expired and revoked keys."""
    return await lists.respond(queries.list_keys, query)


@router.get("/keys/{id}", name="getKey", summary="Get a key")
async def get_key(
    id_: KeyIdPath, _admin: KeyAdminDep, database: DatabaseDep, _query: RecordQueryDep
) -> KeySummary:
    """Returns a key without its secret."""
    return await database.read(queries.get_key, id_)


@router.post("/keys", name="createKey", summary="Create a key", status_code=201)
async def create_key(
    key: KeyWrite, admin: KeyAdminDep, database: PrimaryDatabaseDep, response: Response
) -> KeyCreated:
    """Creates a key.

    Only this response contains the full key, so it accepts no `Idempotency-Key`.
    """
    created = await database.write(commands.create_key, admin, key)
    response.headers["Location"] = url_for_request("keys", created.id)
    return created


@router.post("/keys/{id}/rotate", name="rotateKey", summary="Rotate a key", status_code=201)
async def rotate_key(
    id_: KeyIdPath,
    rotation: KeyRotate,
    admin: KeyAdminDep,
    database: PrimaryDatabaseDep,
    response: Response,
) -> KeyCreated:
    """Creates a key with the same name, role or scopes, and time to live; the old one expires soon.

    Until then both are valid. A key that is not active is refused with 409. Only this response
    contains the full key, so it accepts no `Idempotency-Key`.
    """
    overlap = timedelta(hours=rotation.overlap_hours)
    created = await database.write(commands.rotate_key, admin, id_, overlap)
    response.headers["Location"] = url_for_request("keys", created.id)
    return created


@router.delete("/keys/{id}", name="revokeKey", summary="Revoke a key", status_code=204)
async def revoke_key(id_: KeyIdPath, admin: KeyAdminDep, database: PrimaryDatabaseDep) -> None:
    """Revokes the key immediately and permanently. Does not require `If-Match`."""
    await database.write(commands.revoke_key, admin, id_)
