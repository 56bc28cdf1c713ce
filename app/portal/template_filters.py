"""What the templates of the portal say in words: dates, numbers, places, in each language.

`web/filters.js` has the same under the same names: a template comes out alike on either side.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from app.api.links import append_query
from app.config import get_settings
from app.domain.dates import PRECISIONS_WITH_TIME, Precision
from app.domain.languages import Language

WEB_DIRECTORY = Path(__file__).parent / "web"
UI_STRINGS: dict[Language, dict[str, Any]] = {
    speech: json.loads((WEB_DIRECTORY / "strings" / f"{speech}.json").read_text("utf-8"))
    for speech in Language
}
PAGE_PATH_SEGMENTS = {
    "mission": "missions",
    "person": "people",
    "launch": "launches",
    "article": "articles",
}
"""Where the pages of what is found lie, by its type."""

_MAX_WEIGHT_LEVEL = 5


class TextFragment(NamedTuple):
    """A piece of a text, and whether it is what was searched for."""

    text: str
    hit: bool


def get_base_path() -> str:
    """What stands before every path: empty unless the portal lies in a folder of its host."""
    return (get_settings().public_url.path or "").rstrip("/")


def build_page_path(*segments: str, **parameters: str | None) -> str:
    """The path of a page, with those of `parameters` that are given."""
    given = {name: value for name, value in parameters.items() if value}
    inner = "/".join(quote(segment, safe="") for segment in segments)
    return append_query(f"{get_base_path()}/{inner}", given)


def in_language(address: str, language: str) -> str:
    """`address` of a page in a language of its own, whatever the browser would rather have."""
    before, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("lang=")]
    return f"{before}?{'&'.join([*kept, f'lang={language}'])}"


class TemplateFilters:
    """The filters and functions of the templates in one language."""

    def __init__(self, speech: Language) -> None:
        self.strings = UI_STRINGS[speech]
        self._plural_form = _PLURAL_RULES[speech]

    def when(self, at: str, precision: str) -> str:
        """A date and time as exact as it is known."""
        if precision in PRECISIONS_WITH_TIME:
            form = "hour" if precision == Precision.HOUR else "minute"
            clock = {"hour": at[11:13], "minute": at[14:16]}
            return str(self.strings["dates"][form].format(date=self.date(at, "day"), **clock))
        return self.date(at, precision)

    def date(self, at: str, precision: str) -> str:
        """A date as exact as it is known, its time of day left out."""
        form = "day" if precision in PRECISIONS_WITH_TIME else precision
        month = int(at[5:7] or 1) - 1
        names = self.strings["months_of" if form == "day" else "months"]
        parts = {
            "year": at[:4],
            "month": names[month],
            "quarter": self.strings["quarters"][month // 3],
            "day": at[8:10].lstrip("0"),
        }
        return str(self.strings["dates"][form].format(**parts))

    def counted(self, n: int, noun: str) -> str:
        """A number of things: `101 days`."""
        forms: Sequence[str] = self.strings["counted"][noun]
        return forms[self._plural_form(n)].format(n=n)

    def country(self, code: str) -> str:
        """The name of a country, its code where it has none here."""
        return str(self.strings["countries"].get(code, code))

    def agency(self, name: str | None) -> str | None:
        """The name of an agency, which mostly is the same in every language."""
        return self.strings["agencies"].get(name, name)  # type: ignore[no-any-return]  # JSON of ours

    def language(self, code: str) -> str:
        """The name of a language, its code where it has none here."""
        return str(self.strings["languages"].get(code, code))


def _english_plural_form(n: int) -> int:
    return 0 if n == 1 else 1


def _russian_plural_form(n: int) -> int:
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2


_PLURAL_RULES: dict[Language, Callable[[int], int]] = {
    Language.EN: _english_plural_form,
    Language.RU: _russian_plural_form,
}


def weeks(days: Sequence[dict[str, Any]]) -> list[list[dict[str, Any] | None]]:
    """The days of a month by weeks, Monday first, with None where other months have theirs."""
    cells: list[dict[str, Any] | None] = [None] * (days[0]["weekday"] - 1)
    cells += days
    cells += [None] * (-len(cells) % 7)
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]


def twelve(months: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """The months of a year, None for each that is not there."""
    there = {int(month["month"][5:]): month for month in months}
    return [there.get(n) for n in range(1, 13)]


def weight(count: int) -> int:
    """How heavy a day or month of so many news items looks."""
    return min(count.bit_length(), _MAX_WEIGHT_LEVEL)


def day_number(day: str) -> str:
    """The number of a day in its month."""
    return day[8:].lstrip("0")


def short(name: str) -> str:
    """A name in three letters."""
    return name[:3]


def clocked(precision: str) -> bool:
    """Whether a time of day is known, so that it can be counted down to."""
    return precision in PRECISIONS_WITH_TIME


def cursor(next_page: str) -> str:
    """Where the list of an API address goes on."""
    return parse_qs(urlsplit(next_page).query)["cursor"][0]


def parts(text: str, highlights: Sequence[dict[str, Any]], field: str) -> Iterator[TextFragment]:
    """`text` in pieces, those that `highlights` of `field` name and those between."""
    at = 0
    for hit in highlights:
        if hit["field"] == field:
            yield TextFragment(text[at : hit["start"]], False)
            yield TextFragment(text[hit["start"] : hit["end"]], True)
            at = hit["end"]
    yield TextFragment(text[at:], False)
