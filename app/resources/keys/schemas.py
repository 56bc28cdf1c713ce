"""What keys look like, and how they can be asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from app.api.lists.pagination import ListQuery, Page
from app.api.params import CommaList, QueryModel, Rfc3339
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import NonBlankText, WriteModel, example_config
from app.domain.dates import now
from app.domain.enums import Scope
from app.domain.languages import tr


class KeyState(StrEnum):
    """Whether a key works."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class KeyFilters(QueryModel):
    """Which keys."""

    scope: CommaList[Scope] = []
    """A scope that the key has."""


class KeyQuery(KeyFilters, ListQuery):
    """A page of keys."""


def _sort_unique(scopes: list[Scope]) -> list[Scope]:
    return sorted(set(scopes))


class KeyWrite(WriteModel):
    """A key to be made."""

    model_config = example_config(
        name="Press office", scopes=["articles:write"], expires_at="2031-01-01T00:00:00Z"
    )

    name: Annotated[NonBlankText, Field(max_length=120)]
    """Who or what it is for; it stands in the audit trail."""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20), AfterValidator(_sort_unique)]
    """What it may do."""
    expires_at: Rfc3339 | None = None
    """From when on it does not work any more; null: it never ends by itself."""

    @field_validator("expires_at")
    @classmethod
    def _check_expires_in_future(cls, value: datetime | None) -> datetime | None:
        if value is not None and value <= now():
            raise ValueError(
                tr("Take a time that is still to come.", "Возьмите время, которое ещё впереди.")
            )
        return value


class KeySummary(ReadModel):
    """A key without its secret, which nobody can read again."""

    id: str
    """Its public part, between the first and the second underscore."""
    name: str
    scopes: list[Scope]
    state: KeyState
    created_at: UtcInstant
    expires_at: UtcInstant | None
    last_used_at: UtcInstant | None
    """When it was last used, to the minute."""
    revoked_at: UtcInstant | None

    @classmethod
    def computed_fields(cls, row: Any) -> dict[str, Any]:
        state = KeyState.ACTIVE
        if row["expires_at"] and row["expires_at"] <= now():
            state = KeyState.EXPIRED
        return {"state": KeyState.REVOKED if row["revoked_at"] else state}


class KeyCreated(KeySummary):
    """A new key with its secret, shown this once."""

    key: str
    """The whole key, for `Authorization: Bearer`. It cannot be had again."""


class KeyPage(Page[KeySummary]):
    """A page of keys."""


class Me(ReadModel):
    """The key that a request bears, and what it may do."""

    id: str
    name: str
    scopes: list[Scope]
    expires_at: UtcInstant | None
