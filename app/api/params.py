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

from app.config import get_settings
from app.domain.dates import EARLIEST, LATEST, start_of, zone_names
from app.domain.languages import SPEECHES, Speech, either
from app.domain.text import fold, is_storable
from app.http.problems import did_you_mean

T = TypeVar("T")


class _Omittable:
    """Keeps null out of the JSON schema: a parameter is left out, never null."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shown = handler(schema)
        kinds = [kind for kind in shown.pop("anyOf", []) if kind != {"type": "null"}]
        return shown | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


Maybe = Annotated[T | None, _Omittable()]
"""A parameter that may be left out."""

MAX_VALUES = 50
"""How many values one filter takes."""


class Parameters(BaseModel):
    """The parameters of one endpoint. Each attribute's docstring is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _without_speech(cls, given: Any) -> Any:
        """Leave `lang` to `in_speech`: it is none of the filters that cursors and links name."""
        return {k: v for k, v in given.items() if k != "lang"} if "lang" in given else given


class View(StrEnum):
    """How much of each item a list shows."""

    SUMMARY = "summary"
    FULL = "full"


def _split(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    parts = [part.strip() for value in values for part in str(value).split(",")]
    if len(parts) > MAX_VALUES:  # before each of them is looked at, and refused by itself
        raise ValueError(
            either(
                f"Give at most {MAX_VALUES} values; these are {len(parts)}.",
                f"Значений может быть не больше {MAX_VALUES}, а здесь их {len(parts)}.",
            )
        )
    return parts


AnyOf = Annotated[list[T], BeforeValidator(_split), Field(max_length=MAX_VALUES)]
"""Values of which any may hold: `?status=planned&status=active` or `?status=planned,active`."""


def storable(value: str) -> str:
    """`value`, refused where no database could hold it."""
    if not is_storable(value):
        raise ValueError(
            either(
                "It holds a NUL character or half of a surrogate pair; take it out.",
                "Здесь есть знак NUL или половина суррогатной пары; уберите их.",
            )
        )
    return value


def _text(length: int, pattern: str) -> WithJsonSchema:
    """What the document says of text; the validators beside it say the same, in better words."""
    return WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": length, "pattern": pattern}
    )


def searchable(value: str) -> str:
    """`value`, refused where nothing of it could be searched for or sorted by."""
    if not fold(value):
        raise ValueError(
            either(
                "It holds nothing to look for: no letter, digit or sign.",
                "Здесь нечего искать: ни буквы, ни цифры, ни знака.",
            )
        )
    return value


BLANK = r"\s\x1c-\x1f\x85"
"""What Python holds for white space, in patterns that others read too, who know less of it."""

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(storable),
    AfterValidator(searchable),
    _text(200, rf"^[^\x00]*[^{BLANK}\x00][^\x00]*$"),
]
"""A few words of text."""

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(storable),
    _text(120, rf"^[^,\x00]*[^,{BLANK}\x00][^,\x00]*$"),
]
"""The name of something, or its slug."""

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=120)]
SlugPath = Annotated[
    str, Path(pattern=SLUG, max_length=120, description="The slug: the name in its address.")
]
IdPath = Annotated[int, Path(alias="id", ge=1, le=2**31 - 1, description="The id.")]
Language = Annotated[
    str, StringConstraints(pattern="^[A-Za-z]{2,3}$", max_length=3), AfterValidator(str.lower)
]


def _speech(value: Any) -> Any:
    if isinstance(value, str) and value not in SPEECHES:
        hint = did_you_mean(value[:2].lower(), [speech.value for speech in Speech])
        raise ValueError(either("Answers are in en or ru.", "Ответы бывают на en и на ru.") + hint)
    return value


async def in_speech(
    lang: Annotated[
        Maybe[Annotated[Speech, BeforeValidator(_speech)]],
        Query(
            description="The language of names, labels, headlines and problems; otherwise the one "
            "that `Accept-Language` likes best."
        ),
    ] = None,
) -> None:
    """Refuse a language that is not spoken; another layer has seen to the one that is."""


Country = Annotated[
    str, StringConstraints(pattern="^[A-Za-z]{2}$", max_length=2), AfterValidator(str.upper)
]


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise ValueError(either("Write a whole number in digits.", "Напишите целое число цифрами."))
    return value


DIGITS = BeforeValidator(_digits)
Whole = Annotated[int, DIGITS]
"""A whole number, written in digits and nothing else."""


_MONTH = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    _DAY.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _spelt(value: Any, kind: type, example: str) -> bool:
    """Whether `value` is text yet to be read, not a `kind`; pydantic would take numbers too."""
    if not isinstance(value, str | kind):
        raise ValueError(
            either(f"Write it as text, such as {example}.", f"Напишите это текстом: {example}.")
        )
    return isinstance(value, str)


def _day(value: Any) -> Any:
    if not _spelt(value, date, "2019-04-04"):
        return value
    try:
        if not _DAY.fullmatch(value):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(
            either(
                "Write a day as YYYY-MM-DD, such as 2019-04-04.",
                "Напишите день как ГГГГ-ММ-ДД, например 2019-04-04.",
            )
        ) from None
    return _bounded(day)


def _bounded(day: date) -> date:
    # A day's margin on both sides keeps every time zone's view of it inside the bounds.
    if not EARLIEST.year < day.year < LATEST.year - 1:
        first, last = EARLIEST.year + 1, LATEST.year - 2
        raise ValueError(
            either(f"Take a year from {first} to {last}.", f"Возьмите год с {first} по {last}.")
        )
    return day


def _month(value: Any) -> Any:
    if not _spelt(value, date, "2019-04"):
        return value
    if not _MONTH.fullmatch(value):
        raise ValueError(
            either(
                "Write a month as YYYY-MM, such as 2019-04.",
                "Напишите месяц как ГГГГ-ММ, например 2019-04.",
            )
        )
    return _bounded(date.fromisoformat(f"{value}-01"))


def _instant(value: Any) -> Any:
    if not _spelt(value, date, "2019-04-04T11:01:35Z"):
        return value
    if len(value) == len("2019-04-04"):
        return _day(value)
    return _moment(value)


def _moment(value: Any) -> Any:
    if not _spelt(value, datetime, "2019-04-04T11:01:35Z"):
        return value
    try:
        spelt = value.upper().replace(" ", "+")  # an unescaped plus arrives as a space
        if not _INSTANT.fullmatch(spelt):
            raise ValueError
        at = datetime.fromisoformat(spelt)
    except ValueError:
        raise ValueError(
            either(
                "Write an instant as RFC 3339, such as 2019-04-04T11:01:35Z, or a day as "
                "2019-04-04.",
                "Напишите момент по RFC 3339, например 2019-04-04T11:01:35Z, или день: 2019-04-04.",
            )
        ) from None
    if at.tzinfo is None:
        raise ValueError(
            either(
                "Say which time zone: end it with Z, or an offset (+ is written %2B).",
                "Укажите часовой пояс: в конце Z или смещение (вместо + пишется %2B).",
            )
        )
    _bounded(at.date())
    return at


Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day."""

_MONTHS = "^(19(5[1-9]|[6-9][0-9])|20[0-9]{2})-(0[1-9]|1[0-2])$"

Month = Annotated[
    date,
    BeforeValidator(_month),
    PlainSerializer(lambda month: f"{month:%Y-%m}", return_type=str),
    WithJsonSchema({"type": "string", "maxLength": 7, "pattern": _MONTHS}),
]
"""A calendar month, held as its first day."""

Instant = Annotated[
    datetime | date,
    BeforeValidator(_instant),
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


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant and nothing less."""


def _zone(value: Any) -> Any:
    if isinstance(value, str) and value not in zone_names():
        hint = did_you_mean(value, sorted(zone_names()))
        told = either(
            "It is no IANA time zone, such as Europe/Moscow or UTC.",
            "Это не часовой пояс IANA, такой как Europe/Moscow или UTC.",
        )
        raise ValueError(told + hint)
    return ZoneInfo(value) if isinstance(value, str) else value


Zone = Annotated[
    ZoneInfo,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "maxLength": 64, "examples": ["Europe/Moscow"]}),
]
"""A time zone by its IANA name."""


def zone_of(zone: ZoneInfo | None) -> ZoneInfo:
    """The zone that a request names, or the portal's own."""
    return zone or ZoneInfo(get_settings().time_zone)


def instant(value: datetime | date, zone: ZoneInfo) -> datetime:
    """The instant that a parameter means: a bare day begins when it begins in `zone`."""
    return value if isinstance(value, datetime) else start_of(value, zone)
