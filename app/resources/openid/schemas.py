"""OpenID schemas: the parameters of the callback, and the errors of a sign-in."""

from http import HTTPStatus

from pydantic import ConfigDict

from app.api.params import Omittable, QueryModel
from app.domain.languages import Bilingual
from app.http.problems import ApiError


class SignInRefused(ApiError):
    """The sign-in with OpenID did not succeed; `detail` says why. Start it again."""

    status = HTTPStatus.FORBIDDEN
    problem_type = "sign-in-refused"
    title = Bilingual("Sign-in refused", "Вход не удался")
    description_ru = "Войти через OpenID не удалось; причина — в `detail`. Начните вход заново."


class CallbackQuery(QueryModel):
    """Query parameters with which a provider sends the browser back. It may add others."""

    model_config = ConfigDict(extra="ignore")

    state: Omittable[str] = None
    """State of the sign-in."""
    code: Omittable[str] = None
    """Code that the service exchanges for the ID token."""
    error: Omittable[str] = None
    """Error code of the provider, such as `access_denied`."""
