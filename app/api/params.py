"""What query parameters can be: typed, bounded, and refused with a reason."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.api.openapi.examples import Example
from app.config import current_settings
from app.domain.dates import MAX_INSTANT, MIN_INSTANT, start_of_day, time_zone_names
from app.domain.languages import LANGUAGES, Language, tr
from app.domain.text import fold, is_storable
from app.http.problems import did_you_mean

T = TypeVar("T")


class _OmittableSchema:
    """Keeps null out of the JSON schema: a parameter is left out, never null."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shown = handler(schema)
        kinds = [kind for kind in shown.pop("anyOf", []) if kind != {"type": "null"}]
        return shown | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


Omittable = Annotated[T | None, _OmittableSchema()]
"""A parameter that may be left out."""

MAX_FILTER_VALUES = 50
"""How many values one filter takes."""


class QueryModel(BaseModel):
    """The parameters of one endpoint. Each attribute's docstring is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_lang(cls, given: Any) -> Any:
        """Leave `lang` to `validate_lang`.

        It is none of the filters that cursors and links name.
        """
        return {k: v for k, v in given.items() if k != "lang"} if "lang" in given else given


class View(StrEnum):
    """Amount of data per item of a list."""

    SUMMARY = "summary"
    FULL = "full"


def _split_commas(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    parts = [part.strip() for value in values for part in str(value).split(",")]
    if len(parts) > MAX_FILTER_VALUES:  # before each of them is looked at, and refused by itself
        raise ValueError(
            tr(
                f"Give at most {MAX_FILTER_VALUES} values; these are {len(parts)}.",
                f"Значений может быть не больше {MAX_FILTER_VALUES}, а здесь их {len(parts)}.",
            )
        )
    return parts


CommaList = Annotated[list[T], BeforeValidator(_split_commas), Field(max_length=MAX_FILTER_VALUES)]
"""Values of which any may hold: `?status=planned&status=active` or `?status=planned,active`."""


def validate_storable(value: str) -> str:
    """`value`, refused where no database could hold it."""
    if not is_storable(value):
        raise ValueError(
            tr(
                "It holds a NUL character or half of a surrogate pair; take it out.",
                "Здесь есть знак NUL или половина суррогатной пары; уберите их.",
            )
        )
    return value


def _text_schema(length: int, pattern: str) -> WithJsonSchema:
    """What the document says of text; the validators beside it say the same, in better words."""
    return WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": length, "pattern": pattern}
    )


def validate_searchable(value: str) -> str:
    """`value`, refused where nothing of it could be searched for or sorted by."""
    if not fold(value):
        raise ValueError(
            tr(
                "It holds nothing to look for: no letter, digit or sign.",
                "Здесь нечего искать: ни буквы, ни цифры, ни знака.",
            )
        )
    return value


_WHITESPACE = r"\s\x1c-\x1f\x85"
"""What Python holds for white space, in patterns that others read too, who know less of it."""

SearchText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(validate_storable),
    AfterValidator(validate_searchable),
    _text_schema(200, rf"^[^\x00]*[^{_WHITESPACE}\x00][^\x00]*$"),
]
"""A few words of text."""

NameParam = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(validate_storable),
    _text_schema(120, rf"^[^,\x00]*[^,{_WHITESPACE}\x00][^,\x00]*$"),
]
"""The name of something, or its slug."""

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
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
    str, StringConstraints(pattern="^[A-Za-z]{2,3}$", max_length=3), AfterValidator(str.lower)
]


def _validate_language(value: Any) -> Any:
    if isinstance(value, str) and value not in LANGUAGES:
        hint = did_you_mean(value[:2].lower(), [speech.value for speech in Language])
        raise ValueError(tr("Answers are in en or ru.", "Ответы бывают на en и на ru.") + hint)
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
    """Refuse a language that is not spoken; another layer has seen to the one that is."""


CountryCode = Annotated[
    str, StringConstraints(pattern="^[A-Za-z]{2}$", max_length=2), AfterValidator(str.upper)
]


def _validate_digits(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise ValueError(tr("Write a whole number in digits.", "Напишите целое число цифрами."))
    return value


DIGITS_ONLY = BeforeValidator(_validate_digits)
DecimalInt = Annotated[int, DIGITS_ONLY]
"""A whole number, written in digits and nothing else."""


_MONTH_PATTERN = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")
_DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC3339_PATTERN = re.compile(
    _DAY_PATTERN.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _is_unparsed(value: Any, kind: type, example: str) -> bool:
    """Whether `value` is text yet to be read, not a `kind`; pydantic would take numbers too."""
    if not isinstance(value, str | kind):
        raise ValueError(
            tr(f"Write it as text, such as {example}.", f"Напишите это текстом: {example}.")
        )
    return isinstance(value, str)


def _parse_day(value: Any) -> Any:
    if not _is_unparsed(value, date, "2019-04-04"):
        return value
    try:
        if not _DAY_PATTERN.fullmatch(value):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(
            tr(
                "Write a day as YYYY-MM-DD, such as 2019-04-04.",
                "Напишите день как ГГГГ-ММ-ДД, например 2019-04-04.",
            )
        ) from None
    return _validate_year(day)


def _validate_year(day: date) -> date:
    # A day's margin on both sides keeps every time zone's view of it inside the bounds.
    if not MIN_INSTANT.year < day.year < MAX_INSTANT.year - 1:
        first, last = MIN_INSTANT.year + 1, MAX_INSTANT.year - 2
        raise ValueError(
            tr(f"Take a year from {first} to {last}.", f"Возьмите год с {first} по {last}.")
        )
    return day


def _parse_month(value: Any) -> Any:
    if not _is_unparsed(value, date, "2019-04"):
        return value
    if not _MONTH_PATTERN.fullmatch(value):
        raise ValueError(
            tr(
                "Write a month as YYYY-MM, such as 2019-04.",
                "Напишите месяц как ГГГГ-ММ, например 2019-04.",
            )
        )
    return _validate_year(date.fromisoformat(f"{value}-01"))


def _parse_instant_or_day(value: Any) -> Any:
    if not _is_unparsed(value, date, "2019-04-04T11:01:35Z"):
        return value
    if len(value) == len("2019-04-04"):
        return _parse_day(value)
    return _parse_instant(value)


def _parse_instant(value: Any) -> Any:
    if not _is_unparsed(value, datetime, "2019-04-04T11:01:35Z"):
        return value
    try:
        spelt = value.upper().replace(" ", "+")  # an unescaped plus arrives as a space
        if not _RFC3339_PATTERN.fullmatch(spelt):
            raise ValueError
        at = datetime.fromisoformat(spelt)
    except ValueError:
        raise ValueError(
            tr(
                "Write an instant as RFC 3339, such as 2019-04-04T11:01:35Z, or a day as "
                "2019-04-04.",
                "Напишите момент по RFC 3339, например 2019-04-04T11:01:35Z, или день: 2019-04-04.",
            )
        ) from None
    if at.tzinfo is None:
        raise ValueError(
            tr(
                "Say which time zone: end it with Z, or an offset (+ is written %2B).",
                "Укажите часовой пояс: в конце Z или смещение (вместо + пишется %2B).",
            )
        )
    _validate_year(at.date())
    return at


CalendarDay = Annotated[date, BeforeValidator(_parse_day)]
"""A calendar day."""

_MONTH_SCHEMA_PATTERN = "^(19(5[1-9]|[6-9][0-9])|20[0-9]{2})-(0[1-9]|1[0-2])$"

CalendarMonth = Annotated[
    date,
    BeforeValidator(_parse_month),
    PlainSerializer(lambda month: f"{month:%Y-%m}", return_type=str),
    WithJsonSchema({"type": "string", "maxLength": 7, "pattern": _MONTH_SCHEMA_PATTERN}),
]
"""A calendar month, held as its first day."""

Rfc3339OrDate = Annotated[
    datetime | date,
    BeforeValidator(_parse_instant_or_day),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date"},
            ]
        }
    ),
]
"""An instant; a bare day means its start."""


def _format_utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


Rfc3339 = Annotated[
    datetime,
    BeforeValidator(_parse_instant),
    PlainSerializer(_format_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant and nothing less."""


def _parse_time_zone(value: Any) -> Any:
    if isinstance(value, str) and value not in time_zone_names():
        hint = did_you_mean(value, sorted(time_zone_names()))
        told = tr(
            "It is no IANA time zone, such as Europe/Moscow or UTC.",
            "Это не часовой пояс IANA, такой как Europe/Moscow или UTC.",
        )
        raise ValueError(told + hint)
    return ZoneInfo(value) if isinstance(value, str) else value


TimeZone = Annotated[
    ZoneInfo,
    BeforeValidator(_parse_time_zone),
    WithJsonSchema({"type": "string", "maxLength": 64, "examples": ["Europe/Moscow"]}),
]
"""A time zone by its IANA name."""


def time_zone_or_default(zone: ZoneInfo | None) -> ZoneInfo:
    """The zone that a request names, or the portal's own."""
    return zone or ZoneInfo(current_settings().time_zone)


def to_instant(value: datetime | date, zone: ZoneInfo) -> datetime:
    """The instant that a parameter means: a bare day begins when it begins in `zone`."""
    return value if isinstance(value, datetime) else start_of_day(value, zone)
