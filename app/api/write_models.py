"""Documents: what editors send. Each field is bounded, and no field that is not known is taken."""

import logging
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from app.api.params import Slug, validate_searchable, validate_storable
from app.api.validation_errors import build_invalid_request
from app.config import get_settings
from app.domain.dates import Precision
from app.domain.languages import tr
from app.domain.text import slugify
from app.http.client import ForbiddenUrl, check_url
from app.http.problems import BadRequest

logger = logging.getLogger("zarya")


class WriteModel(BaseModel):
    """What an editor sends, or a part of it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


def example_config(**fields: Any) -> ConfigDict:
    """The configuration of a document that has an example: what the reference shows, and tests."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


NonBlankText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(validate_storable)
]
"""Text of any kind."""

SearchableText = Annotated[NonBlankText, AfterValidator(validate_searchable)]
"""Text that is searched for and sorted by."""


def _validate_sluggable(value: str) -> str:
    if not slugify(value):
        raise ValueError(
            tr(
                "It has no letter or digit to make an address of.",
                "Здесь нет ни буквы, ни цифры, из которых сделать адрес.",
            )
        )
    return value


SluggableName = Annotated[SearchableText, AfterValidator(_validate_sluggable)]
"""A name that something can be found by."""


_HTTP_URL_ADAPTER = TypeAdapter(AnyHttpUrl)


def _validate_http_url(value: str) -> str:
    try:
        url = _HTTP_URL_ADAPTER.validate_python(value)
    except ValidationError:
        raise ValueError(
            tr("Write an absolute http or https address.", "Напишите полный адрес http или https.")
        ) from None
    if url.username or url.password:
        raise ValueError(
            tr("Leave the user name and password out.", "Уберите имя пользователя и пароль.")
        )
    return value


HttpUrlStr = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=r"^https?://[^\s<>\"]+$"),
    AfterValidator(validate_storable),
    AfterValidator(_validate_http_url),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": 2000}),
]
"""An absolute address of the web, kept as it was written."""


def _validate_fetchable(value: str) -> str:
    try:
        check_url(value, get_settings().private_targets)
    except ForbiddenUrl as refused:
        raise ValueError(str(refused)) from refused
    return value


FetchableUrl = Annotated[HttpUrlStr, AfterValidator(_validate_fetchable)]
"""An address that the service itself is to send requests to."""

MissionNumber = Annotated[StrictInt, Field(ge=1, le=9999)]


class CitationWrite(WriteModel):
    """Source that a record cites."""

    name: Annotated[NonBlankText, Field(max_length=120)]
    url: HttpUrlStr | None = None
    licence: Annotated[NonBlankText, Field(max_length=120)] | None = None


def default_precision(at: object, precision: Precision | None) -> Precision | None:
    """How exact `at` is: to the second unless said otherwise; nothing where there is no date."""
    return None if at is None else precision or Precision.SECOND


def _merge_patch(target: Any, patch: Any) -> Any:
    """`target` with a merge patch applied to it (RFC 7396): null takes a member away."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merge_patch(kept.get(name), value)
    return kept


D = TypeVar("D", bound=WriteModel)


def to_record(kind: type[D], row: Mapping[str, Any]) -> D:
    """What `row` keeps of a record, as a document of `kind`.

    One that no editor could have written, whoever did, is shown as it is: a single bad row must
    not keep everybody from reading all others.
    """
    fields = {name: row[name] for name in kind.model_fields}
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        places = [".".join(map(str, fault["loc"])) for fault in error.errors()]
        logger.error("%s %s is not as it should be: %s", kind.__name__, row["id"], places)
        return cast(D, kind.model_construct(**fields))


def validate_write_model(kind: type[D], given: Any) -> D:
    """`given`, JSON that has been parsed, as a document of `kind`, or refused by its faults."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise build_invalid_request(error.errors(), "body") from error


def apply_merge_patch(kind: type[D], current: Mapping[str, Any], patch: Any) -> D:
    """The document of `kind` that `patch` makes of `current`, its JSON."""
    try:
        return validate_write_model(kind, _merge_patch(current, patch))
    except RecursionError:
        raise BadRequest(
            tr("The patch is nested too deep.", "Вложенность слишком глубока.")
        ) from None


def _sort_unique(values: list[str]) -> list[str]:
    return sorted(set(values))


SlugList = Annotated[list[Slug], Field(max_length=50), AfterValidator(_sort_unique)]
"""The slugs of what something is about, each once, sorted."""
