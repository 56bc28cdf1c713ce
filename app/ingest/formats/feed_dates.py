"""Dates of feeds, with the precision in which they are written.

A time without a time zone, or with an ambiguous abbreviation, is reduced to its day: the day that
the publisher printed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone

from app.domain.dates import MAX_INSTANT, MIN_INSTANT, Precision, period_start

InstantWithPrecision = tuple[datetime, Precision]

_ZONE_OFFSET_MINUTES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "msk": 180, "мск": 180,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip
"""Offsets from UTC by abbreviation: those of RFC 822, and Moscow. IST, BST and AST are ambiguous.
"""

_MONTH_NAMES = (
    "january январь января", "february февраль февраля", "march март марта", "april апрель апреля",
    "may май мая", "june июнь июня", "july июль июля", "august август августа",
    "september сентябрь сентября", "october октябрь октября", "november ноябрь ноября",
    "december декабрь декабря",
)  # fmt: skip

MONTH_NUMBERS = {
    name[:3]: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()
}
"""Month numbers by the first three letters of their English and Russian names."""

_CLOCK = (
    r"(?:(?P<noon>(?:12(?::00)? +)?noon)"
    r"|(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"(?: *(?P<half>[ap])\.?m\b\.?)?)"
)
_ZONE = (
    r"(?P<zone>(?:UTC|GMT)?[+-]\d{2}:?\d{2}|[+-]\d{2}|(?:UTC|GMT)[+-]\d{1,2}|[A-Za-z]{1,5}|мск)?"
)
_TIME = rf"(?:(?:,? +|T|, ?)(?:at +|в +)?{_CLOCK} *{_ZONE})?"
_DAY_NAME = (
    r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда"
    r"|четверг|пятница|суббота|воскресенье"
)
_WEEKDAY = rf"(?:[A-Za-zА-Яа-я]{{2,11}}\.?, *|(?:{_DAY_NAME})\.? +)?"
_YEAR = r"(?P<year>\d{4}|\d{2}(?!\d))"
_MONTH = r"(?P<month>[A-Za-zА-Яа-я]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATE_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})(?:-(?P<month>\d{{2}})(?:-(?P<day>\d{{2}}){_TIME})?)?",
        rf"(?P<year>\d{{4}})[/.](?P<month>\d{{1,2}})[/.](?P<day>\d{{1,2}}){_TIME}",
        rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_TIME}",
        rf"(?P<first>\d{{1,2}})[/-](?P<last>\d{{1,2}})[/-](?P<year>\d{{4}}){_TIME}",
        rf"{_WEEKDAY}{_DAY}[ -]+{_MONTH}[ -]+{_YEAR}(?: *г\.?(?:ода)?)?{_TIME}",
        rf"{_WEEKDAY}{_MONTH} +{_DAY},? +(?P<year>\d{{4}}){_TIME}",
        rf"{_WEEKDAY}{_MONTH} +(?P<day>\d{{1,2}}) +{_CLOCK}(?: +{_ZONE})? +(?P<year>\d{{4}})",
        rf"{_MONTH} +(?P<year>\d{{4}})",
    )
]
_UTC_OFFSET = re.compile(
    r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?", re.IGNORECASE
)
_COMMENT = re.compile(r" *\([^()]*\)$")
"""Comment after a date, such as the long name of its time zone (RFC 5322, 3.2.2)."""


def parse_feed_date(text: str) -> InstantWithPrecision:
    """Parse a date into an instant in UTC and its precision.

    Raises ValueError, with a reason to show, if `text` is not an unambiguous date.
    """
    normalized = _COMMENT.sub("", " ".join(text.split()))
    if not normalized:
        raise ValueError("The date is missing.")
    for pattern in _DATE_PATTERNS:
        if match := pattern.fullmatch(normalized):
            parts = {name: value for name, value in match.groupdict().items() if value}
            return _build_date(parts, f"{normalized[:60]!r}")
    raise ValueError(f"{normalized[:60]!r} is not an unambiguous date.")


def infer_precision_from_zeros(at: datetime, precision: Precision) -> InstantWithPrecision:
    """Reduce the precision of a machine-written date, which pads unknown parts with zeros."""
    if precision is Precision.SECOND and at.second == 0:
        precision = Precision.MINUTE
    if precision is Precision.MINUTE and at.hour == at.minute == 0:
        precision = Precision.DAY
    return at, precision


def check_year(year: int, quoted: str) -> None:
    """Raise ValueError if an instant of `year` cannot be stored. `quoted` is the date's text."""
    if not MIN_INSTANT.year < year < MAX_INSTANT.year - 1:
        raise ValueError(f"{quoted} is outside {MIN_INSTANT.year + 1}–{MAX_INSTANT.year - 2}.")


def _build_date(parts: dict[str, str], quoted: str) -> InstantWithPrecision:
    if "first" in parts:
        parts |= _order_day_and_month(parts["first"], parts["last"], quoted)
    year, month = _parse_year(parts["year"]), _parse_month(parts.get("month", "1"), quoted)
    try:
        day = date(year, month, int(parts.get("day", 1)))
    except ValueError:
        raise ValueError(f"{quoted}: there is no such day.") from None
    check_year(year, quoted)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    clock = _parse_clock(parts, quoted)
    if clock is None:
        precision = Precision.DAY if "day" in parts else Precision.MONTH
        return start, precision if "month" in parts else Precision.YEAR
    offset = _parse_utc_offset(parts.get("zone"))
    if offset is None:
        return start, Precision.DAY
    time_of_day, precision = clock
    return period_start(datetime.combine(day, time_of_day, offset), precision), precision


def _order_day_and_month(first: str, last: str, quoted: str) -> dict[str, str]:
    """Day and month of a date in numbers. Raises ValueError if it can be read in two ways."""
    if int(last) > 12:
        return {"day": last, "month": first}
    if int(first) > 12 or int(first) == int(last) or not int(first) or not int(last):
        return {"day": first, "month": last}
    names = [_MONTH_NAMES[int(month) - 1].split()[0].title() for month in (first, last)]
    readings = f"{int(first)} {names[1]} or {int(last)} {names[0]}"
    raise ValueError(f"{quoted} is ambiguous: {readings}. Write the month as a word.")


def _parse_clock(parts: Mapping[str, str], quoted: str) -> tuple[time, Precision] | None:
    """Time of day and its precision, or None. Raises ValueError if there is no such time."""
    if "noon" in parts:
        return time(12), Precision.MINUTE
    if "hour" not in parts:
        return None
    hour, minute, second = (int(parts.get(name, 0)) for name in ("hour", "minute", "second"))
    if "half" in parts:
        if not 1 <= hour <= 12:
            raise ValueError(f"{quoted}: there is no such time on a 12-hour clock.")
        hour = hour % 12 + (12 if parts["half"].casefold() == "p" else 0)
    elif "minute" not in parts:
        raise ValueError(f"{quoted} has an hour without minutes.")
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{quoted}: there is no such time of day.")
    if "second" in parts:
        return time(hour, minute, min(second, 59)), Precision.SECOND
    return time(hour, minute), Precision.MINUTE if "minute" in parts else Precision.HOUR


def _parse_year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) < 50 else 1900)  # two-digit years by RFC 2822


def _parse_month(text: str, quoted: str) -> int:
    if text.isdigit():
        return int(text)
    name = text.casefold()
    month = MONTH_NUMBERS.get(name[:3])
    if month is None or not any(each.startswith(name) for each in _MONTH_NAMES[month - 1].split()):
        raise ValueError(f"{quoted}: {text!r} is not a month.")
    return month


def _parse_utc_offset(text: str | None) -> timezone | None:
    """Parse an offset or an abbreviation of one; None if it is missing or ambiguous."""
    match = _UTC_OFFSET.fullmatch(text or "")
    if match is None:
        named = _ZONE_OFFSET_MINUTES.get((text or "").casefold())
        return None if named is None else timezone(timedelta(minutes=named))
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > timedelta(hours=14):
        return None
    return timezone(-offset if match["sign"] == "-" else offset)
