"""Routes of `/v1/session/openid`: sign-in with OpenID Connect."""

from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Query, Request
from fastapi.responses import RedirectResponse

from app.api.deps import PrimaryDatabaseDep, Services, ServicesDep
from app.api.links import page_url
from app.api.routing import Router
from app.api.secret_tokens import generate_token
from app.api.session_cookies import build_cookie_attributes, set_session_cookie
from app.config import current_settings
from app.domain.languages import tr
from app.http.credentials import SESSION_COOKIE_NAME
from app.http.problems import NotFound, get_request_id
from app.resources.openid import commands
from app.resources.openid.schemas import CallbackQuery, SignInRefused
from app.resources.openid.sign_in import SignIn

router = Router(prefix="/v1/session/openid", tags=["session"])

_COOKIE_NAME = "zarya_openid"
_SIGN_IN_SECONDS = 600

_provider_threads = CapacityLimiter(4)
"""Threads that wait for the provider."""


def _get_provider(services: Services) -> Any:
    """The provider. Raises NotFound if none is configured."""
    if not current_settings().oidc_issuer:
        raise NotFound(
            tr(
                "This service has no sign-in with OpenID. Sign in with a key.",
                "Вход через OpenID здесь не настроен. Войдите с ключом.",
            )
        )
    from app.resources.openid.provider import OpenIdProvider  # noqa: PLC0415 - optional extra

    return services.singleton(OpenIdProvider)


@router.get("", name="startOpenIdSignIn", include_in_schema=False)
async def start_sign_in(services: ServicesDep) -> RedirectResponse:
    """Redirect the browser to the provider, which sends it back. Raises NotFound without one."""
    provider = _get_provider(services)
    token = generate_token()
    url = await to_thread.run_sync(
        provider.build_authorization_url, SignIn(token), limiter=_provider_threads
    )
    response = _redirect(url)
    response.set_cookie(_COOKIE_NAME, token, max_age=_SIGN_IN_SECONDS, **_cookie_attributes())
    return response


@router.get("/callback", name="finishOpenIdSignIn", include_in_schema=False)
async def finish_sign_in(
    query: Annotated[CallbackQuery, Query()],
    request: Request,
    services: ServicesDep,
    database: PrimaryDatabaseDep,
) -> RedirectResponse:
    """Create the session of the person whom the provider sends back."""
    provider = _get_provider(services)
    sign_in = SignIn(request.cookies.get(_COOKIE_NAME, ""))
    if not sign_in.has_state(query.state or ""):
        raise SignInRefused(
            tr(
                "This browser has not started the sign-in, or it took too long. Sign in again.",
                "Вход начат не в этом браузере или занял слишком много времени. Войдите снова.",
            )
        )
    if query.code is None:
        error = (query.error or "no code")[:80]
        raise SignInRefused(
            tr(
                f"The provider did not sign you in: {error}.",
                f"Провайдер не подтвердил вход: {error}.",
            )
        )
    claims = await to_thread.run_sync(
        provider.exchange_code, sign_in, query.code, limiter=_provider_threads
    )
    previous = request.cookies.get(SESSION_COOKIE_NAME)
    _, token = await database.write(
        commands.sign_in, claims, str(get_request_id(request)), previous
    )
    response = _redirect(page_url("desk"))
    response.delete_cookie(_COOKIE_NAME, **_cookie_attributes())
    set_session_cookie(response, token)
    return response


def _redirect(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})


def _cookie_attributes() -> dict[str, Any]:
    """As those of a session, but sent when the provider redirects the browser here."""
    return build_cookie_attributes() | {"samesite": "lax"}
