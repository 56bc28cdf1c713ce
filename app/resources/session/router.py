"""Routes of `/v1/session`: sign in, sign out."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.api.auth import ApiClient, ClientSession, RequireScope
from app.api.authentication import authenticate_key, record_use
from app.api.deps import PrimaryDatabaseDep
from app.api.links import public_url
from app.api.routing import Router
from app.api.session_cookies import build_cleared_cookie, set_session_cookie
from app.domain.languages import tr
from app.http.credentials import SESSION_COOKIE_NAME, Credential
from app.http.paths import route_traits
from app.http.problems import NotFound
from app.resources.session import commands
from app.resources.session.schemas import SessionRead, SessionWrite

router = Router(prefix="/v1/session", tags=["session"])


async def get_session_client(
    client: Annotated[ApiClient, Depends(RequireScope())],
) -> tuple[ApiClient, ClientSession]:
    """The client of the request and its session. Raises NotFound if it has a key instead."""
    if client.session is None:
        raise NotFound(
            tr(
                "This request has a key, but no session. Sign in with POST /v1/session.",
                "В этом запросе есть ключ, но нет сеанса. Войдите через POST /v1/session.",
            )
        )
    return client, client.session


SessionClientDep = Annotated[tuple[ApiClient, ClientSession], Depends(get_session_client)]


@router.post("", name="createSession", summary="Sign in", status_code=201, responses={401: {}})
@route_traits(signs_in=True)
async def create_session(
    sign_in: SessionWrite, request: Request, database: PrimaryDatabaseDep, response: Response
) -> SessionRead:
    """Starts a session of an API key, and sets the cookie `zarya_session`.

    Requests of the browser are then those of the key, without `Authorization`. A request that
    changes data needs the header `X-CSRF-Token`. A previous session of the browser ends.
    """
    row = await authenticate_key(request, database, Credential(sign_in.key.encode(), False))
    await record_use(database, row)
    previous = request.cookies.get(SESSION_COOKIE_NAME)
    created, token = await database.write(commands.create_session, row, previous)
    set_session_cookie(response, token)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = public_url("session")
    return created


@router.get("", name="getSession", summary="Get the current session", responses={404: {}})
async def get_session(current: SessionClientDep) -> SessionRead:
    """Returns the session of this request.

    Without a credential, or with that of a session that has ended, the response is 401; with a key
    in `Authorization` it is 404.
    """
    client, session = current
    return SessionRead(
        id=client.id,
        name=client.name,
        role=client.role,
        scopes=sorted(client.scopes),
        csrf_token=session.csrf_token,
        expires_at=session.expires_at,
        idle_expires_at=session.idle_expires_at,
    )


@router.delete("", name="deleteSession", summary="Sign out", status_code=204, responses={404: {}})
async def delete_session(
    current: SessionClientDep, database: PrimaryDatabaseDep, response: Response
) -> None:
    """Ends the session of this request on the server, and removes the cookie."""
    _, session = current
    await database.write(commands.end_session, session.token_sha256)
    response.headers["Set-Cookie"] = build_cleared_cookie()
