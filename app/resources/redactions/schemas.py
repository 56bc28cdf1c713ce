"""Redaction schemas: read and write models."""

from typing import Annotated

from pydantic import Field

from app.api.fields import FieldPath
from app.api.params import Slug
from app.api.read_models import ReadModel
from app.api.write_models import MaxChars, NonBlankText, WriteModel, example_config
from app.domain.enums import RecordType


class RedactionWrite(WriteModel):
    """Values of a record to take out of the audit trail."""

    model_config = example_config(
        type="person",
        slug="christina-koch",
        fields=["born_on", "biography"],
        reason="Request of the person of 2031-01-01",
    )

    type: RecordType
    """Type of the record."""
    slug: Slug
    """Slug of the record, which may be deleted."""
    fields: Annotated[list[FieldPath], Field(min_length=1, max_length=50)]
    """Fields, such as `born_on`, and `image.credit` in objects and in the items of lists."""
    reason: Annotated[NonBlankText, MaxChars(1000)]
    """Reason, for the audit trail. Without the values themselves."""


class RedactionRead(ReadModel):
    """Redaction that has been done."""

    type: RecordType
    slug: str
    fields: list[str]
    reason: str
    entries: int
    """Number of entries of the audit trail that have lost values."""
