"""OpenID schemas: the parameters of the callback, and the errors of a sign-in."""

from http import HTTPStatus
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, StringConstraints

from app.api.params import Omittable, QueryModel, validate_storable
from app.domain.languages import Bilingual
from app.http.problems import ApiError


class SignInRefused(ApiError):
    """The sign-in with OpenID did not succeed; `detail` says why. Start it again."""

    status = HTTPStatus.FORBIDDEN
    problem_type = "sign-in-refused"
    title = Bilingual("Sign-in refused", "Вход не удался")
    description_ru = "Войти через OpenID не удалось; причина — в `detail`. Начните вход заново."


_Text = Annotated[str, StringConstraints(max_length=4096), AfterValidator(validate_storable)]


class CallbackQuery(QueryModel):
    """Query parameters with which a provider sends the browser back. It may add others."""

    model_config = ConfigDict(extra="ignore")

    state: Omittable[_Text] = None
    """State of the sign-in."""
    code: Omittable[_Text] = None
    """Code that the service exchanges for the ID token."""
    error: Omittable[_Text] = None
    """Error code of the provider, such as `access_denied`."""
