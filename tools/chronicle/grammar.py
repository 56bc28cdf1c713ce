"""Lists, numbers and times in English and Russian sentences."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.domain.dates import PRECISIONS_WITH_TIME, Precision
from app.domain.text import join_list

MOSCOW = ZoneInfo("Europe/Moscow")

_NUMBER_WORDS_EN = "zero one two three four five six seven eight nine ten eleven twelve".split()
_ORDINAL_WORDS_EN = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
).split()
_NUMBER_WORDS_GENITIVE_RU = (
    "нуля одного двух трёх четырёх пяти шести семи восьми девяти десяти".split()
)
_UNITS_RU = (
    ("день", "дня", "дней"),
    ("час", "часа", "часов"),
    ("минуту", "минуты", "минут"),
)
"""Units of durations after numbers: the forms for one, few and many, in the accusative."""
_MONTH_NAMES_EN = (
    "January February March April May June July August September October November December"
).split()
_MONTH_NAMES_GENITIVE_RU = (
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
).split()


class NewsText(NamedTuple):
    """Text of an article: title, lead sentence, Markdown body."""

    title: str
    lead: str
    body: str


def join_paragraphs(*texts: str | None) -> str:
    """Join non-empty paragraphs of Markdown."""
    return "\n\n".join(text for text in texts if text)


def join_numbered(items: Sequence[str]) -> str:
    """A numbered list in a sentence: "1) one; 2) two"; without a number if it has one item."""
    if len(items) == 1:
        return items[0]
    return "; ".join(f"{n}) {item}" for n, item in enumerate(items, start=1))


def to_bold(names: Sequence[str]) -> list[str]:
    """Names in bold Markdown."""
    return [f"**{name}**" for name in names]


def _format_clock(at: datetime, precision: Precision) -> str:
    return f"{at:%H:%M:%S}" if precision is Precision.SECOND else f"{at:%H:%M}"


def _format_hour_bounds(at: datetime) -> tuple[str, str]:
    """Start and end of an hour."""
    return f"{at:%H:%M}", f"{at + timedelta(hours=1):%H:%M}"


# --- English -------------------------------------------------------------------------------------


def join_list_en(items: Sequence[str]) -> str:
    """A list in a sentence: "Unity", "Tranquility and Cupola", "one, two and three"."""
    return join_list(items, " and ")


def join_clauses_en(items: Sequence[str]) -> str:
    """A list whose parts may be lists themselves: "one, and two and three"."""
    return join_list(items, ", and ")


def later_commanders_phrase_en(later: Sequence[str]) -> str:
    """Continuation of a sentence about a commander: " at first; the command later passed to B"."""
    return f" at first; the command later passed to {', then to '.join(later)}" if later else ""


def spell_number_en(n: int) -> str:
    """A number in a sentence: in words up to twelve."""
    return _NUMBER_WORDS_EN[n] if n < len(_NUMBER_WORDS_EN) else str(n)


def pluralize_en(n: int, noun: str) -> str:
    """A number of things whose plural ends in s: "1 day", "101 days"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _split_duration(time: timedelta) -> tuple[int, int, int]:
    """Days, hours and minutes; without the minutes if there are days."""
    minutes = time.seconds // 60
    return time.days, minutes // 60, 0 if time.days else minutes % 60


def format_duration_en(time: timedelta) -> str:
    """A duration: "203 days and 15 hours", "6 hours and 32 minutes".

    A rounded number of days would be disputed.
    """
    numbers = zip(_split_duration(time), ("day", "hour", "minute"), strict=True)
    return " and ".join(pluralize_en(n, noun) for n, noun in numbers if n)


def format_ordinal_en(n: int) -> str:
    """An ordinal number: in words up to twelfth, then "16th", "21st", "112th"."""
    if n <= len(_ORDINAL_WORDS_EN):
        return _ORDINAL_WORDS_EN[n - 1]
    last = 0 if n % 100 in (11, 12, 13) else n % 10
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def _format_date_en(at: datetime) -> str:
    return f"{at.day} {_MONTH_NAMES_EN[at.month - 1]} {at.year}"


def _moscow_suffix(*days: datetime) -> str:
    """ " (Moscow time)" if one of the days differs in UTC."""
    differs = any(at.astimezone(MOSCOW).date() != at.date() for at in days)
    return " (Moscow time)" if differs else ""


def format_day_en(at: datetime) -> str:
    """The day in Moscow: "4 April 2019"; "25 June 2019 (Moscow time)" if it differs in UTC."""
    return _format_date_en(at.astimezone(MOSCOW)) + _moscow_suffix(at)


def format_period_en(start: datetime, end: datetime) -> str:
    """From day to day: "from 25 June to 3 October 2019"; the year twice where it changes."""
    here, there = start.astimezone(MOSCOW), end.astimezone(MOSCOW)
    first = _format_date_en(here).removesuffix(f" {there.year}")
    return f"from {first} to {_format_date_en(there)}{_moscow_suffix(start, end)}"


def format_time_en(at: datetime, precision: Precision) -> str:
    """Time with its precision: "at 11:01 UTC on 4 April 2019 (… Moscow time)".

    The day in Moscow is added if it differs.
    """
    if precision not in PRECISIONS_WITH_TIME:
        return f"on {_format_date_en(at)}"
    there = at.astimezone(MOSCOW)
    date = (
        "" if there.date() == at.date() else f" on {there.day} {_MONTH_NAMES_EN[there.month - 1]}"
    )
    if precision is Precision.HOUR:
        when, clock = (
            f"between {' and '.join(_format_hour_bounds(at))}",
            "–".join(_format_hour_bounds(there)),
        )
    else:
        when, clock = f"at {_format_clock(at, precision)}", _format_clock(there, precision)
    return f"{when} UTC on {_format_date_en(at)} ({clock}{date} Moscow time)"


# --- Russian -------------------------------------------------------------------------------------


def join_list_ru(items: Sequence[str]) -> str:
    """List in a Russian sentence: "А", "А и Б", "А, Б и В"."""
    return join_list(items, " и ")


def join_clauses_ru(items: Sequence[str]) -> str:
    """A list whose parts may be lists themselves: "А, а также Б и В"."""
    return join_list(items, ", а также ")


def plural_form_ru(n: int, one: str, few: str, many: str) -> str:
    """The form that a noun takes after `n`: 1 день, 3 дня, 11 дней, 21 день."""
    if n % 10 == 1 and n % 100 != 11:
        return one
    return few if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else many


def format_days_ru(n: int) -> str:
    """A number of days: "1 день", "204 дня"."""
    return f"{n} {plural_form_ru(n, 'день', 'дня', 'дней')}"


def format_duration_ru(time: timedelta) -> str:
    """A duration: "203 дня 15 часов"; in the accusative, "6 часов 21 минуту"."""
    numbers = zip(_split_duration(time), _UNITS_RU, strict=True)
    return " ".join(f"{n} {plural_form_ru(n, *forms)}" for n, forms in numbers if n)


def format_crew_size_ru(n: int) -> str:
    """Size of a crew, in the genitive: "трёх человек", "11 человек"."""
    words = _NUMBER_WORDS_GENITIVE_RU[n] if n < len(_NUMBER_WORDS_GENITIVE_RU) else str(n)
    return f"{words} {'человека' if n == 1 else 'человек'}"


def format_day_ru(at: datetime) -> str:
    """A day: "4 апреля 2019 года"."""
    return f"{at.day} {_MONTH_NAMES_GENITIVE_RU[at.month - 1]} {at.year} года"


def format_local_day_ru(at: datetime, precision: Precision) -> str:
    """The day of an instant by the Moscow calendar; where a day alone is known, that day."""
    return format_day_ru(at.astimezone(MOSCOW) if precision in PRECISIONS_WITH_TIME else at)


def format_time_ru(at: datetime, precision: Precision) -> str:
    """Time with its precision: "4 апреля 2019 года в 14:01 по московскому времени (11:01 UTC)".

    The day in UTC is added if it differs.
    """
    if precision not in PRECISIONS_WITH_TIME:
        return format_day_ru(at)
    here = at.astimezone(MOSCOW)
    date = (
        "" if here.date() == at.date() else f"{at.day} {_MONTH_NAMES_GENITIVE_RU[at.month - 1]}, "
    )
    if precision is Precision.HOUR:
        when, clock = (
            f"между {' и '.join(_format_hour_bounds(here))}",
            "–".join(_format_hour_bounds(at)),
        )
    else:
        when, clock = f"в {_format_clock(here, precision)}", _format_clock(at, precision)
    return f"{format_day_ru(here)} {when} по московскому времени ({date}{clock} UTC)"
