"""Session schemas: read and write models."""

from typing import Annotated

from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import MaxChars, NonBlankText, WriteModel, example_config
from app.domain.enums import Scope
from app.domain.roles import Role


class SessionWrite(WriteModel):
    """API key to sign in with."""

    model_config = example_config(key="zarya_k3v9x2ab_…")

    key: Annotated[NonBlankText, MaxChars(200)]
    """Full API key."""


class SessionRead(ReadModel):
    """Session of an editor: a period in which a cookie authenticates the requests of a browser."""

    __qualname__ = "Session"  # the component of openapi.json

    id: str
    """Id of the key: its public part."""
    name: str
    """Name of the key, which the audit log shows as the actor."""
    role: Role | None
    scopes: list[Scope]
    """Scopes of the key, or of its role."""
    csrf_token: str
    """Token for the header `X-CSRF-Token`, which requests that change data need."""
    expires_at: UtcInstant
    """Time at which the session ends in any case."""
    idle_expires_at: UtcInstant
    """Time at which it ends without another request."""
