"""Types of request parameters, with bounds and localized error messages."""

import re
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.api.attribute_docstrings import DescribedModel
from app.api.openapi.examples import Example
from app.api.patterns import COUNTRY_CODE_PATTERN, LANGUAGE_CODE_PATTERN, SLUG_PATTERN
from app.api.validation_errors import did_you_mean
from app.domain.languages import LANGUAGES, Language, tr
from app.domain.text import is_searchable, is_storable, slugify
from app.search.query_parser import MAX_QUERY_TERM_COUNT
from app.search.ranking import parse_search_query

T = TypeVar("T")


class _OmittableSchema:
    """Removes null from the JSON schema: a parameter is omitted, never null."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        json_schema = handler(schema)
        kinds = [kind for kind in json_schema.pop("anyOf", []) if kind != {"type": "null"}]
        return json_schema | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


Omittable = Annotated[T | None, _OmittableSchema()]
"""An optional parameter."""

MAX_FILTER_VALUES = 50
"""Maximum number of values of a filter."""


class QueryModel(DescribedModel):
    """Query parameters of an endpoint; the docstring of an attribute is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_lang(cls, values: Any) -> Any:
        """Remove `lang`, which `validate_lang` checks and which is not a filter."""
        return {k: v for k, v in values.items() if k != "lang"} if "lang" in values else values


class View(StrEnum):
    """Amount of data per item of a list."""

    SUMMARY = "summary"
    FULL = "full"


def _split_commas(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    parts = [part.strip() for value in values for part in str(value).split(",")]
    if len(parts) > MAX_FILTER_VALUES:  # before each value is validated
        raise ValueError(
            tr(
                f"At most {MAX_FILTER_VALUES} values are allowed; got {len(parts)}.",
                f"Допускается не больше {MAX_FILTER_VALUES} значений, получено: {len(parts)}.",
            )
        )
    return parts


CommaList = Annotated[list[T], BeforeValidator(_split_commas), Field(max_length=MAX_FILTER_VALUES)]
"""Alternative values: `?status=planned&status=active` or `?status=planned,active`."""


def validate_storable(value: str) -> str:
    """Return `value`. Raises ValueError if a database cannot store it."""
    if not is_storable(value):
        raise ValueError(
            tr(
                "The text contains a NUL character or a lone surrogate.",
                "В тексте есть символ NUL или непарный суррогат.",
            )
        )
    return value


def _text_schema(length: int, pattern: str) -> WithJsonSchema:
    """JSON schema of a text; documents its validators, whose error messages are clearer."""
    return WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": length, "pattern": pattern}
    )


def validate_searchable(value: str) -> str:
    """Return `value`. Raises ValueError if no character can be searched for."""
    if not is_searchable(value):
        raise ValueError(
            tr(
                "The text contains no letter, digit or symbol to search for.",
                "В тексте нет ни букв, ни цифр, ни других знаков для поиска.",
            )
        )
    return value


def _validate_term_count(value: str) -> str:
    """Return `value`. Raises ValueError for more terms than a search may have."""
    if (count := parse_search_query(value).term_count) > MAX_QUERY_TERM_COUNT:
        raise ValueError(
            tr(
                f"Search for at most {MAX_QUERY_TERM_COUNT} different words and phrases; "
                f"got {count}.",
                f"Ищите не больше {MAX_QUERY_TERM_COUNT} разных слов и фраз, получено: {count}.",
            )
        )
    return value


_WHITESPACE = r"\s\x1c-\x1f\x85"
"""White space of Python's `str.strip`, for regular expressions of other languages."""

SearchText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(validate_storable),
    AfterValidator(validate_searchable),
    AfterValidator(_validate_term_count),
    _text_schema(200, rf"^[^\x00]*[^{_WHITESPACE}\x00][^\x00]*$"),
]
"""A search text."""

NameParam = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(validate_storable),
    _text_schema(120, rf"^[^,\x00]*[^,{_WHITESPACE}\x00][^,\x00]*$"),
]
"""A name or its slug."""

MissionName = Annotated[NameParam, AfterValidator(lambda name: slugify(name) or name)]
"""A mission, by slug, name or number: `iss-59`, `ISS-59`, `Expedition 59` or `59`."""

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=120)]
SlugPath = Annotated[
    str,
    Path(
        pattern=SLUG_PATTERN, max_length=120, description="Slug: the name of the record in its URL."
    ),
]
IdPath = Annotated[
    int, Path(alias="id", ge=1, le=2**31 - 1, description="Id of the resource."), Example(1)
]
LanguageCode = Annotated[
    str, StringConstraints(pattern=LANGUAGE_CODE_PATTERN, max_length=3), AfterValidator(str.lower)
]


def _validate_language(value: Any) -> Any:
    if isinstance(value, str) and value not in LANGUAGES:
        hint = did_you_mean(value[:2].lower(), [language.value for language in Language])
        raise ValueError(tr("Use en or ru.", "Допустимы en и ru.") + hint)
    return value


async def validate_lang(
    lang: Annotated[
        Omittable[Annotated[Language, BeforeValidator(_validate_language)]],
        Query(
            description="Language of names, labels, headlines and problems. Default: from "
            "`Accept-Language`."
        ),
        Example("ru"),
    ] = None,
) -> None:
    """Reject an unknown language. `app.http.content_language` applies a known one."""


CountryCode = Annotated[
    str, StringConstraints(pattern=COUNTRY_CODE_PATTERN, max_length=2), AfterValidator(str.upper)
]


def _validate_digits(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise ValueError(tr("Use an integer in digits.", "Нужно целое число цифрами."))
    return value


DIGITS_ONLY = BeforeValidator(_validate_digits)
DecimalInt = Annotated[int, DIGITS_ONLY]
"""An integer in digits; pydantic alone accepts other forms."""
