"""Preview link schemas: read and write models."""

from typing import Annotated

from pydantic import Field, StrictInt

from app.api.links import Url
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import WriteModel, example_config

_MAX_HOURS = 30 * 24
_DEFAULT_HOURS = 7 * 24


class PreviewLinkWrite(WriteModel):
    """New preview link of an article."""

    model_config = example_config(expires_in_hours=48)

    expires_in_hours: Annotated[StrictInt, Field(ge=1, le=_MAX_HOURS)] = _DEFAULT_HOURS
    """Hours until the link expires."""


class PreviewLinkRead(ReadModel):
    """Preview link of an article without its URL, which is a secret."""

    id: int
    created_at: UtcInstant
    expires_at: UtcInstant


class PreviewLinkCreated(PreviewLinkRead):
    """New preview link. Only the response to its creation contains its URL."""

    url: Url
    """URL of the page. Everybody who has it can read the article until the link expires."""


class PreviewLinks(ReadModel):
    """Preview links of an article."""

    items: list[PreviewLinkRead]
    """Links that have not expired, in the order of their expiry."""
