"""Schema of a merge."""

from typing import Annotated

from app.api.openapi.examples import Example
from app.api.params import Slug
from app.api.write_models import WriteModel


class MergeWrite(WriteModel):
    """Merge of the record of the path into another one."""

    into: Annotated[Slug, Example("anne-mcclain")]
    """Slug of the record that remains, which does not change; only a site gains pads."""
