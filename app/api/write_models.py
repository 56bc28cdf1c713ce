"""Write models: base class, field types, validation. Unknown fields are refused."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar, cast, get_args

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticKnownError, core_schema

from app.api.attribute_docstrings import DescribedModel
from app.api.params import Slug, validate_searchable, validate_storable
from app.api.patterns import HTTP_URL_PATTERN, TAG_PATTERN
from app.api.validation_errors import build_invalid_request
from app.config import current_settings
from app.domain.dates import Precision
from app.domain.languages import tr
from app.domain.text import MAX_TAG_CHARS, is_sluggable
from app.http.client import ForbiddenUrl, check_url

logger = logging.getLogger("zarya")


class WriteModel(DescribedModel):
    """Base of request bodies and their parts.

    The class argument `read_as` is the schema of the same part in responses.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,
    )

    _read_only: ClassVar[frozenset[str]] = frozenset()
    """Fields of `read_as` that cannot be written."""
    _parts: ClassVar[Mapping[str, "type[WriteModel]"]] = {}
    """Write models of the fields that have one."""

    def __init_subclass__(cls, read_as: type[BaseModel] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(
        cls, read_as: type[BaseModel] | None = None, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        read = read_as.model_fields if read_as else {}
        cls._read_only = frozenset(read) - cls.model_fields.keys()
        parts = {name: _find_part(field.annotation) for name, field in cls.model_fields.items()}
        cls._parts = {name: part for name, part in parts.items() if part}

    @classmethod
    def read_response(cls, part: Any) -> Any:
        """The JSON of this part as it is written, of `part` as it is written or in a response.

        Read-only fields are omitted, and records are replaced by their slugs.
        """
        if not isinstance(part, dict):
            return part
        return {
            name: cls._read_value(cls._parts.get(name), value)
            for name, value in part.items()
            if name not in cls._read_only
        }

    @classmethod
    def _read_value(cls, part: "type[WriteModel] | None", value: Any) -> Any:
        if isinstance(value, list):
            return [cls._read_value(part, item) for item in value]
        if part:
            return part.read_response(value)
        return value["slug"] if isinstance(value, dict) and "slug" in value else value


def _find_part(annotation: Any) -> type[WriteModel] | None:
    """The write model in the type of a field: of the part, or of the items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, WriteModel):
        return annotation
    return next(filter(None, map(_find_part, get_args(annotation))), None)


class DocumentModel(WriteModel):
    """Base of request bodies that a response can be sent back as."""

    @model_validator(mode="before")
    @classmethod
    def _read_response(cls, body: Any) -> Any:
        return cls.read_response(body) if cls._read_only else body


def example_config(**fields: Any) -> ConfigDict:
    """Build a model configuration with an example, for the API reference and the tests."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


@dataclass(frozen=True)
class MaxChars:
    """Annotation of a text: its maximum length, checked before all other constraints.

    `Field(max_length=…)` would be checked after the validators of the type, whose time grows with
    the length.
    """

    count: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"maxLength": self.count}

    def _check(self, value: Any) -> Any:
        if isinstance(value, str) and len(value.strip()) > self.count:
            raise PydanticKnownError("string_too_long", {"max_length": self.count})
        return value


MAX_NAME_CHARS = 120
"""Maximum characters of a name that stands for a part."""


@dataclass(frozen=True)
class OrName:
    """Annotation of a part with a `name`: the name alone, a text, stands for the part."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        part = handler(schema)
        return (
            part
            if handler.mode == "serialization"
            else {"anyOf": [{"type": "string", "maxLength": MAX_NAME_CHARS}, part]}
        )

    def _expand(self, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


NonBlankText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(validate_storable)
]
"""Text with at least one visible character."""

SearchableText = Annotated[NonBlankText, AfterValidator(validate_searchable)]
"""Text of a field that is searched or sorted by."""


def _validate_sluggable(value: str) -> str:
    if not is_sluggable(value):
        raise ValueError(
            tr(
                "The name must contain a letter or digit, so that a slug can be made from it.",
                "В имени должна быть буква или цифра, чтобы из него получился адрес.",
            )
        )
    return value


SluggableName = Annotated[SearchableText, AfterValidator(_validate_sluggable)]
"""A name that a slug can be made from."""

Metres = Annotated[float, Field(strict=True, ge=0.01, le=1000)]
"""Length in metres."""


_HTTP_URL_ADAPTER = TypeAdapter(AnyHttpUrl)


def _validate_http_url(value: str) -> str:
    try:
        url = _HTTP_URL_ADAPTER.validate_python(value)
    except ValidationError:
        raise ValueError(
            tr("This must be an absolute http or https URL.", "Нужен полный адрес http или https.")
        ) from None
    if url.username or url.password:
        raise ValueError(
            tr(
                "The URL must not contain a user name or password.",
                "В адресе не должно быть имени пользователя и пароля.",
            )
        )
    return value


HttpUrlStr = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=HTTP_URL_PATTERN),
    AfterValidator(validate_storable),
    AfterValidator(_validate_http_url),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": 2000}),
]
"""An absolute http or https URL, stored as written."""


def _validate_https(value: str) -> str:
    if not value.lower().startswith("https:"):
        raise ValueError(tr("The URL must begin with https.", "Адрес должен начинаться с https."))
    return value


HttpsUrlStr = Annotated[HttpUrlStr, AfterValidator(_validate_https)]
"""An absolute https URL, stored as written."""


def _validate_fetchable(value: str) -> str:
    try:
        check_url(value, current_settings().private_targets)
    except ForbiddenUrl as error:
        raise ValueError(str(error)) from error
    return value


FetchableUrl = Annotated[HttpUrlStr, AfterValidator(_validate_fetchable)]
"""A URL that the service sends requests to; it must not point into a private network."""

MissionNumber = Annotated[StrictInt, Field(ge=1, le=9999)]


class CitationWrite(WriteModel):
    """Source that a record cites."""

    name: Annotated[NonBlankText, MaxChars(120)]
    url: HttpUrlStr | None = None
    licence: Annotated[NonBlankText, MaxChars(120)] | None = None


def default_precision(at: object, precision: Precision | None) -> Precision | None:
    """The precision of `at`: the second by default, None without a date."""
    return None if at is None else precision or Precision.SECOND


def default_day_precision(day: object, precision: Precision | None) -> Precision | None:
    """The precision of `day`: the day by default, None without a date."""
    return None if day is None else precision or Precision.DAY


D = TypeVar("D", bound=WriteModel)


def to_record(model: type[D], row: Mapping[str, Any]) -> D:
    """Build the record of `row`.

    An invalid row is logged and returned unvalidated, so that the other rows of an export or a
    list of changes stay readable.
    """
    fields = {name: row[name] for name in model.model_fields}
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        invalid = [".".join(map(str, fault["loc"])) for fault in error.errors()]
        logger.error("%s %s has invalid fields: %s", model.__name__, row["id"], invalid)
        return cast(D, model.model_construct(**fields))


def validate_write_model(model: type[D], document: Any) -> D:
    """Validate parsed JSON as `model`. Raises InvalidRequest with all its errors."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise build_invalid_request(error.errors(), "body", body_type=model) from error


def sort_unique(values: list[str]) -> list[str]:
    """Sort `values` without duplicates."""
    return sorted(set(values))


SlugList = Annotated[list[Slug], Field(max_length=50), AfterValidator(sort_unique)]
"""Slugs of referenced records, sorted, without duplicates."""

Tag = Annotated[
    str,
    StringConstraints(pattern=TAG_PATTERN, max_length=MAX_TAG_CHARS),
    AfterValidator(str.lower),
]

TagList = Annotated[list[Tag], Field(max_length=50), AfterValidator(sort_unique)]
"""Tags in the form of slugs, in lower case, sorted, without duplicates."""
