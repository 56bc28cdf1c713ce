"""`/v1/keys`: who may write; and `/v1/me`: what one's own key may do."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from app.api.auth import ApiClient, RequireScope
from app.api.links import url_for_request
from app.api.lists.responses import ListResponderDep
from app.api.routing import Router
from app.api.writes.deps import JsonBodyRoute
from app.db.database import DatabaseDep, PrimaryDatabaseDep
from app.domain.enums import Scope
from app.resources.keys import queries
from app.resources.keys.schemas import KeyCreated, KeyPage, KeyQuery, KeySummary, KeyWrite, Me

router = Router(prefix="/v1", tags=["keys"], route_class=JsonBodyRoute)

KeyAdminDep = Annotated[ApiClient, Depends(RequireScope(Scope.KEYS_ADMIN))]
AnyApiKeyDep = Annotated[ApiClient, Depends(RequireScope())]
KeyIdPath = Annotated[
    str, Path(alias="id", pattern="^[a-z0-9]{8}$", max_length=8, description="Its public part.")
]


@router.get("/me", name="getMe", summary="Get one's own key")
async def get_me(caller: AnyApiKeyDep, database: DatabaseDep) -> Me:
    """What the key of this request may do."""
    return await database.read(queries.get_me, caller.id)


@router.get("/keys", name="listKeys", summary="List keys", response_model=KeyPage)
async def list_keys(
    query: Annotated[KeyQuery, Query()], _admin: KeyAdminDep, lists: ListResponderDep
) -> Response:
    """Every key that was ever made, newest first, without the secrets."""
    return await lists.respond(queries.list_keys, query)


@router.get("/keys/{id}", name="getKey", summary="Get a key")
async def get_key(id_: KeyIdPath, _admin: KeyAdminDep, database: DatabaseDep) -> KeySummary:
    """A key without its secret."""
    return await database.read(queries.get_key, id_)


@router.post("/keys", name="createKey", summary="Create a key", status_code=201)
async def create_key(
    key: KeyWrite, admin: KeyAdminDep, database: PrimaryDatabaseDep, response: Response
) -> KeyCreated:
    """The answer shows the key this once; so no Idempotency-Key, which would have it kept."""
    given = key.name, key.scopes, key.expires_at
    made = await database.write(queries.create_key, admin, *given)
    response.headers["Location"] = url_for_request("keys", made.id)
    return made


@router.delete("/keys/{id}", name="revokeKey", summary="Revoke a key", status_code=204)
async def revoke_key(id_: KeyIdPath, admin: KeyAdminDep, database: PrimaryDatabaseDep) -> None:
    """It stops working at once and for good, without If-Match: a leak does not wait."""
    await database.write(queries.revoke_key, admin, id_)
