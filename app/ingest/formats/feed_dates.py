"""Dates of feeds, with the precision in which they are written.

A time without a time zone, or with an ambiguous abbreviation, is reduced to its day: the day that
the publisher printed.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from app.domain.dates import MAX_INSTANT, MIN_INSTANT, Precision, period_start

InstantWithPrecision = tuple[datetime, Precision]

_ZONE_OFFSET_MINUTES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "msk": 180,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip
"""Offsets from UTC by abbreviation: those of RFC 822, and Moscow. IST, BST and AST are ambiguous.
"""

MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        (
            "jan янв", "feb фев", "mar мар", "apr апр", "may май мая", "jun июн",
            "jul июл", "aug авг", "sep сен", "oct окт", "nov ноя", "dec дек",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Month numbers by the first three letters of their English and Russian names."""

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_ZONE = r"(?P<zone>[+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?"
_TIME = rf"(?:(?:,? +|T|, ?)(?:at +|в +)?{_CLOCK} *{_ZONE})?"
_WEEKDAY = r"(?:[A-Za-zА-Яа-я]{2,11}\.?, *)?"
_YEAR = r"(?P<year>\d{4}|\d{2}(?!\d))"
_MONTH = r"(?P<month>[A-Za-zА-Яа-я]{3,9})\.?"
_DATE_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})(?:-(?P<month>\d{{2}})(?:-(?P<day>\d{{2}}){_TIME})?)?",
        rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_TIME}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})[ -]+{_MONTH}[ -]+{_YEAR}(?: *г\.?(?:ода)?)?{_TIME}",
        rf"{_WEEKDAY}{_MONTH} +(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<year>\d{{4}}){_TIME}",
        rf"{_MONTH} +(?P<year>\d{{4}})",
    )
]


def parse_feed_date(text: str) -> InstantWithPrecision:
    """Parse a date into an instant in UTC and its precision.

    Raises ValueError, with a reason to show, if `text` is not an unambiguous date.
    """
    normalized = " ".join(text.split())
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
    year, month = _parse_year(parts["year"]), _parse_month(parts.get("month", "1"), quoted)
    try:
        day = date(year, month, int(parts.get("day", 1)))
    except ValueError:
        raise ValueError(f"{quoted}: there is no such day.") from None
    check_year(year, quoted)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if "hour" not in parts:
        precision = Precision.DAY if "day" in parts else Precision.MONTH
        return start, precision if "month" in parts else Precision.YEAR
    hour, minute, second = (int(parts.get(name, 0)) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{quoted}: there is no such time of day.")
    offset = _parse_utc_offset(parts.get("zone"))
    if offset is None:
        return start, Precision.DAY
    precision = Precision.SECOND if "second" in parts else Precision.MINUTE
    local = datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=offset)
    return period_start(local, precision), precision


def _parse_year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) < 50 else 1900)  # two-digit years by RFC 2822


def _parse_month(text: str, quoted: str) -> int:
    if text.isdigit():
        return int(text)
    if (month := MONTH_NUMBERS.get(text.casefold()[:3])) is None:
        raise ValueError(f"{quoted}: {text!r} is not a month.")
    return month


def _parse_utc_offset(text: str | None) -> timezone | None:
    """Parse an offset or an abbreviation of one; None if it is missing or ambiguous."""
    if text is None:
        return None
    if text[0] not in "+-":
        minutes = _ZONE_OFFSET_MINUTES.get(text.casefold())
        return None if minutes is None else timezone(timedelta(minutes=minutes))
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if int(text[-2:]) > 59 or minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
