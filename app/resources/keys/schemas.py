"""API key schemas: query parameters, read models and write models."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StrictInt, field_validator, model_validator

from app.api.date_params import Rfc3339
from app.api.lists.pagination import ListQuery, Page
from app.api.openapi.examples import Example
from app.api.params import CommaList, QueryModel
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import MaxChars, NonBlankText, WriteModel, example_config, sort_unique
from app.domain.dates import now
from app.domain.enums import Scope
from app.domain.languages import tr
from app.domain.roles import Role, list_scopes


class KeyState(StrEnum):
    """State of an API key."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class KeyFilters(QueryModel):
    """Filters of API keys."""

    scope: Annotated[CommaList[Scope], Example(["articles:write"])] = []
    """Scope of the key."""


class KeyQuery(KeyFilters, ListQuery):
    """Query parameters of the API key list."""


class KeyWrite(WriteModel):
    """API key to create."""

    model_config = example_config(
        name="Press office", scopes=["articles:write"], expires_at="2031-01-01T00:00:00Z"
    )

    name: Annotated[NonBlankText, MaxChars(120)]
    """Name of the key's holder or purpose. It is shown in the audit log."""
    role: Role | None = None
    """Role of the key, instead of `scopes`. Its scopes are those of the role at any time."""
    scopes: Annotated[list[Scope], Field(max_length=len(Scope)), AfterValidator(sort_unique)] = []
    """Scopes of the key, unless it has a role."""
    expires_at: Rfc3339 | None = None
    """Expiry time. Null: the key does not expire."""

    @field_validator("expires_at")
    @classmethod
    def _check_expires_in_future(cls, value: datetime | None) -> datetime | None:
        if value is not None and value <= now():
            raise ValueError(
                tr(
                    "`expires_at` must be in the future.",
                    "Значение `expires_at` должно быть в будущем.",
                )
            )
        return value

    @model_validator(mode="after")
    def _check_role_or_scopes(self) -> Self:
        if bool(self.scopes) == (self.role is not None):
            raise ValueError(
                tr(
                    "A key has either a `role` or `scopes`.",
                    "У ключа либо роль (`role`), либо права (`scopes`).",
                )
            )
        return self


MAX_OVERLAP_HOURS = 720
"""A month."""


class KeyRotate(WriteModel):
    """Rotation of an API key."""

    model_config = example_config(overlap_hours=24)

    overlap_hours: Annotated[StrictInt, Field(ge=0, le=MAX_OVERLAP_HOURS)] = 24
    """Hours for which the old key remains valid. 0: it ends at once."""


class KeySummary(ReadModel):
    """API key without its secret."""

    id: str
    """Public part of the key, between its first two underscores."""
    name: str
    role: Role | None
    scopes: list[Scope]
    """Scopes of the key, or of its role."""
    state: KeyState
    created_at: UtcInstant
    expires_at: UtcInstant | None
    last_used_at: UtcInstant | None
    """Time of the last use, to the minute."""
    revoked_at: UtcInstant | None

    @classmethod
    def computed_fields(cls, row: Any) -> dict[str, Any]:
        state = KeyState.ACTIVE
        if row["expires_at"] and row["expires_at"] <= now():
            state = KeyState.EXPIRED
        return {
            "state": KeyState.REVOKED if row["revoked_at"] else state,
            "scopes": list_scopes(row["role"], row["scopes"]),
        }


class KeyCreated(KeySummary):
    """New API key with its secret. Only the response to its creation contains the secret."""

    key: str
    """Full key for `Authorization: Bearer`. It cannot be retrieved again."""


class KeyPage(Page[KeySummary]):
    """Page of API keys."""


class Me(ReadModel):
    """API key of the current request."""

    id: str
    name: str
    role: Role | None
    scopes: list[Scope]
    """Scopes of the key, or of its role."""
    expires_at: UtcInstant | None

    @classmethod
    def computed_fields(cls, row: Any) -> dict[str, Any]:
        return {"scopes": list_scopes(row["role"], row["scopes"])}


class RoleRead(ReadModel):
    """Role: a named set of scopes."""

    role: Role
    description: str
    scopes: list[Scope]


class Roles(ReadModel):
    """The roles that a key can have."""

    items: list[RoleRead]
