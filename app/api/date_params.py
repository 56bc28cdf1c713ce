"""Types of dates, instants and time zones in requests, with localized error messages."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from app.api.validation_errors import did_you_mean
from app.config import current_settings
from app.domain.clock import current_second
from app.domain.dates import (
    MAX_INSTANT,
    MIN_INSTANT,
    Precision,
    format_rfc3339_utc,
    start_of_day,
    time_zone_names,
)
from app.domain.languages import tr

_MONTH_PATTERN = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")
_DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC3339_PATTERN = re.compile(
    _DAY_PATTERN.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _is_unparsed(value: Any, kind: type, example: str) -> bool:
    """Return true for text, false for an instance of `kind`.

    Raises ValueError for other types, such as the numbers that pydantic accepts as dates.
    """
    if not isinstance(value, str | kind):
        raise ValueError(
            tr(f"Use a string, such as {example}.", f"Нужна строка, например {example}.")
        )
    return isinstance(value, str)


def _parse_day(value: Any) -> Any:
    if not _is_unparsed(value, date, "2019-04-04"):
        return value
    try:
        if not _DAY_PATTERN.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(
            tr(
                "Use the format YYYY-MM-DD, such as 2019-04-04.",
                "Нужен формат ГГГГ-ММ-ДД, например 2019-04-04.",
            )
        ) from None


def _validate_year(day: date) -> date:
    # A margin on both sides keeps the day within the bounds in every time zone.
    if not MIN_INSTANT.year < day.year < MAX_INSTANT.year - 1:
        first, last = MIN_INSTANT.year + 1, MAX_INSTANT.year - 2
        raise ValueError(
            tr(
                f"The year must be between {first} and {last}.",
                f"Год должен быть от {first} до {last}.",
            )
        )
    return day


def _parse_month(value: Any) -> Any:
    if not _is_unparsed(value, date, "2019-04"):
        return value
    if not _MONTH_PATTERN.fullmatch(value):
        raise ValueError(
            tr(
                "Use the format YYYY-MM, such as 2019-04.",
                "Нужен формат ГГГГ-ММ, например 2019-04.",
            )
        )
    return _validate_year(date.fromisoformat(f"{value}-01"))


def _parse_instant_or_day(value: Any) -> Any:
    if not _is_unparsed(value, date, "2019-04-04T11:01:35Z"):
        return value
    if len(value) == len("2019-04-04"):
        return _validate_year(_parse_day(value))
    return _parse_instant(value)


def _parse_instant(value: Any) -> Any:
    if not _is_unparsed(value, datetime, "2019-04-04T11:01:35Z"):
        return value
    try:
        normalized = value.upper().replace(" ", "+")  # an unescaped plus arrives as a space
        if not _RFC3339_PATTERN.fullmatch(normalized):
            raise ValueError
        at = datetime.fromisoformat(normalized)
    except ValueError:
        raise ValueError(
            tr(
                "Use an RFC 3339 date-time, such as 2019-04-04T11:01:35Z, or a date, such as "
                "2019-04-04.",
                "Нужны дата и время по RFC 3339, например 2019-04-04T11:01:35Z, или дата, "
                "например 2019-04-04.",
            )
        ) from None
    if at.tzinfo is None:
        raise ValueError(
            tr(
                "The time zone is missing. Append Z or an offset (+ is encoded as %2B).",
                "Не указан часовой пояс. Добавьте в конце Z или смещение (+ записывается как %2B).",
            )
        )
    _validate_year(at.date())
    return at


AnyDay = Annotated[date, BeforeValidator(_parse_day)]
"""A calendar day of any year."""

CalendarDay = Annotated[AnyDay, AfterValidator(_validate_year)]
"""A calendar day within the bounds of stored instants."""

FIRST_PAST_DAY = date(1850, 1, 1)


def _validate_past_day(day: date) -> date:
    if not FIRST_PAST_DAY <= day <= current_second().date():
        raise ValueError(
            tr(
                f"The day must be between {FIRST_PAST_DAY} and today.",
                f"День должен быть от {FIRST_PAST_DAY} до сегодняшнего.",
            )
        )
    return day


PastDay = Annotated[AnyDay, AfterValidator(_validate_past_day)]
"""A calendar day from `FIRST_PAST_DAY` to today in UTC."""

DayPrecision = Literal[Precision.DAY, Precision.MONTH, Precision.YEAR]
"""Precision of a calendar day."""

_MONTH_SCHEMA_PATTERN = "^(19(5[1-9]|[6-9][0-9])|20[0-9]{2})-(0[1-9]|1[0-2])$"

CalendarMonth = Annotated[
    date,
    BeforeValidator(_parse_month),
    PlainSerializer(lambda month: f"{month:%Y-%m}", return_type=str),
    WithJsonSchema({"type": "string", "maxLength": 7, "pattern": _MONTH_SCHEMA_PATTERN}),
]
"""A calendar month, as its first day."""


def _validate_month_day(value: str) -> str:
    try:
        _parse_day(f"2000-{value}")
    except ValueError:
        raise ValueError(
            tr(
                "Use the format MM-DD, such as 04-12.",
                "Нужен формат ММ-ДД, например 04-12.",
            )
        ) from None
    return value


_MONTH_DAY_SCHEMA_PATTERN = (
    "^((0[1-9]|1[0-2])-(0[1-9]|[12][0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)$"
)

MonthDay = Annotated[
    str,
    AfterValidator(_validate_month_day),
    WithJsonSchema({"type": "string", "maxLength": 5, "pattern": _MONTH_DAY_SCHEMA_PATTERN}),
]
"""A day of any year, as MM-DD."""

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
"""An instant, or a day, which means its start."""


Rfc3339 = Annotated[
    datetime,
    BeforeValidator(_parse_instant),
    PlainSerializer(lambda at: format_rfc3339_utc(at.astimezone(UTC)), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant with a time zone."""


def _check_time_zone(value: str) -> str:
    if value not in time_zone_names():
        hint = did_you_mean(value, sorted(time_zone_names()))
        message = tr(
            "Unknown time zone. Use an IANA name, such as Europe/Moscow or UTC.",
            "Неизвестный часовой пояс. Нужно имя IANA, например Europe/Moscow или UTC.",
        )
        raise ValueError(message + hint)
    return value


def _parse_time_zone(value: Any) -> Any:
    return ZoneInfo(_check_time_zone(value)) if isinstance(value, str) else value


_TIME_ZONE_SCHEMA = WithJsonSchema(
    {"type": "string", "maxLength": 64, "examples": ["Europe/Moscow"]}
)

TimeZone = Annotated[
    ZoneInfo,
    BeforeValidator(_parse_time_zone),
    _TIME_ZONE_SCHEMA,
]
"""A time zone by its IANA name."""

TimeZoneName = Annotated[str, AfterValidator(_check_time_zone), _TIME_ZONE_SCHEMA]
"""The IANA name of a time zone."""


def time_zone_or_default(zone: ZoneInfo | None) -> ZoneInfo:
    """Time zone of the request, or else of the portal."""
    return zone or ZoneInfo(current_settings().time_zone)


def to_instant(value: datetime | date, zone: ZoneInfo) -> datetime:
    """Instant of a parameter; a day is its start in `zone`."""
    return value if isinstance(value, datetime) else start_of_day(value, zone)
