"""Jinja filters of the portal's templates: dates, numbers and names, in each language.

`web/filters.js` defines the same filters, so that browsers render a template to the same HTML.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit
from zoneinfo import ZoneInfo

from app.api.links import append_query, in_language
from app.config import current_settings
from app.domain.dates import ONE_DAY, PRECISIONS_WITH_TIME, Precision
from app.domain.enums import RecordType
from app.domain.horizon import is_outdated
from app.domain.languages import Language
from app.portal.station_diagram import draw_station, is_over
from app.resources.horizon.schemas import KnownUntil
from app.resources.station.moment import find_last_known_day
from app.resources.station.schemas import StationFacts

WEB_DIRECTORY = Path(__file__).parent / "web"
UI_STRINGS: dict[Language, dict[str, Any]] = {
    language: json.loads((WEB_DIRECTORY / "strings" / f"{language}.json").read_text("utf-8"))
    for language in Language
}
PAGE_PATH_SEGMENTS: Mapping[RecordType, str] = {
    RecordType.MISSION: "missions",
    RecordType.PERSON: "people",
    RecordType.LAUNCH: "launches",
    RecordType.ARTICLE: "articles",
    RecordType.SPACEWALK: "spacewalks",
    RecordType.SPACECRAFT: "spacecraft",
    RecordType.MODULE: "modules",
    RecordType.SITE: "sites",
    RecordType.VEHICLE: "vehicles",
    RecordType.SPACECRAFT_TYPE: "spacecraft-types",
    RecordType.AGENCY: "agencies",
}
"""First segment of the path of a record's page, by the type of the record, if it has one."""

_MAX_WEIGHT_LEVEL = 5


class TextFragment(NamedTuple):
    """Part of a text; `hit` if it matches the search."""

    text: str
    hit: bool


def get_base_path() -> str:
    """Path of the public URL, without a trailing slash; empty if the portal is at the root."""
    return (current_settings().public_url.path or "").rstrip("/")


def build_page_path(*segments: str, **parameters: str | None) -> str:
    """Path of a page, with the `parameters` that are not empty."""
    query = {name: value for name, value in parameters.items() if value}
    inner = "/".join(quote(segment, safe="") for segment in segments)
    return append_query(f"{get_base_path()}/{inner}", query)


class TemplateFilters:
    """Filters that depend on the language."""

    def __init__(self, language: Language) -> None:
        self.language_code = language
        self.strings = UI_STRINGS[language]
        self._plural_form = _PLURAL_RULES[language]

    def all(self) -> tuple[Callable[..., Any], ...]:
        """All filters of this language."""
        return (
            self.when,
            self.local_when,
            self.date,
            self.counted,
            self.zone,
            self.country,
            self.agency,
            self.source,
            self.licence,
            self.language,
            self.duration,
            self.tonnes,
            self.metres,
            self.percent,
            self.coordinates,
            self.diagram,
        )

    def when(self, at: str, precision: str) -> str:
        """Date, time and time zone, to the given precision."""
        if precision not in PRECISIONS_WITH_TIME:
            return self.date(at, precision)
        return self._moment(_to_local(at), precision, self.zone(current_settings().time_zone))

    def local_when(self, at: str, precision: str) -> str:
        """Date, time and offset of an instant that is written with its offset."""
        return self._moment(at, precision, f"UTC{at[19:]}")

    def _moment(self, local: str, precision: str, zone: str) -> str:
        form = "hour" if precision == Precision.HOUR else "minute"
        clock = {"hour": local[11:13], "minute": local[14:16]}
        date = self.date(local, "day")
        return str(self.strings["dates"][form].format(date=date, zone=zone, **clock))

    def date(self, at: str, precision: str) -> str:
        """Date without the time of day, to the given precision; an instant in the portal's zone."""
        form = precision
        if precision in PRECISIONS_WITH_TIME:
            form, at = "day", _to_local(at)
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
        """Number with its noun in the right plural form: `101 days`."""
        forms: Sequence[str] = self.strings["counted"][noun]
        return forms[self._plural_form(n)].format(n=n)

    def zone(self, name: str) -> str:
        """Abbreviation of an IANA time zone; `name` itself if it has none."""
        return str(self.strings["zones"].get(name, name))

    def country(self, code: str) -> str:
        """Name of a country; its code if the name is unknown."""
        return str(self.strings["countries"].get(code, code))

    def agency(self, name: str | None) -> str | None:
        """Name of an agency; `name` itself if it has no translation."""
        return self.strings["agencies"].get(name, name)  # type: ignore[no-any-return]  # JSON of ours

    def source(self, name: str) -> str:
        """Name of a publisher or cited source; `name` itself if it has no translation."""
        return str(self.strings["source_names"].get(name, name))

    def licence(self, name: str) -> str:
        """Licence of a cited source; `name` itself if it has no translation."""
        return str(self.strings["licences"].get(name, name))

    def language(self, code: str) -> str:
        """Name of a language; its code if the name is unknown."""
        return str(self.strings["languages"].get(code, code))

    def duration(self, seconds: int) -> str:
        """Hours and minutes: `6 h 39 min`."""
        minutes = seconds // 60
        return str(self.strings["hours"].format(hours=minutes // 60, minutes=minutes % 60))

    def tonnes(self, kilograms: int) -> str:
        """Mass in tonnes with one decimal: `24.9 t`, with the comma of the language."""
        tenths = (kilograms + 50) // 100
        whole, part = divmod(tenths, 10)
        return str(self.strings["tonnes"].format(whole=whole, part=part))

    def metres(self, length: float) -> str:
        """Length in metres with at most two decimals: `7.2 m`."""
        return str(self.strings["metres"].format(n=self._decimal(length, 2)))

    def percent(self, share: float) -> str:
        """Share in percent with at most one decimal: `98.8 %`."""
        return f"{self._decimal(100 * share, 1)} %"

    def coordinates(self, place: dict[str, float]) -> str:
        """Latitude and longitude of a place in degrees: `45.92° N, 63.342° E`."""
        return ", ".join(
            f"{self._decimal(abs(place[name]), 4)}° {self.strings[f'{name}s'][place[name] < 0]}"
            for name in ("latitude", "longitude")
        )

    def _decimal(self, value: float, digits: int) -> str:
        """Number with at most `digits` decimals, rounded as in browsers."""
        rounded = math.floor(value * 10**digits + 0.5) / 10**digits
        return str(rounded).removesuffix(".0").replace(".", self.strings["decimal_sign"])

    def diagram(self, station: dict[str, Any]) -> dict[str, Any]:
        """Shapes of the diagram of a station."""
        return draw_station(station, self.language_code)


def _zone() -> ZoneInfo:
    return ZoneInfo(current_settings().time_zone)


def _to_local(at: str) -> str:
    """Instant `at` in the portal's time zone."""
    return datetime.fromisoformat(at).astimezone(_zone()).isoformat()


def day_of(at: str, precision: str) -> str:
    """Day of an instant in the portal's time zone; of a longer period, its first day."""
    return (_to_local(at) if precision in PRECISIONS_WITH_TIME else at)[:10]


def next_day(day: str) -> str:
    """The day after `day`."""
    return str(date.fromisoformat(day) + ONE_DAY)


def previous_day(day: str) -> str:
    """The day before `day`."""
    return str(date.fromisoformat(day) - ONE_DAY)


def last_known_day(known_until: dict[str, str | None]) -> str:
    """The last day of the station that is known: today, unless a horizon is outdated."""
    return str(find_last_known_day(KnownUntil.model_validate(known_until), StationFacts, _zone()))


def _is_at_port(stay: dict[str, Any], known_until: str | None) -> bool:
    """Test if the ship of a stay is at its port: now, or at the horizon if that is outdated."""
    is_known = not (known_until and is_outdated(datetime.fromisoformat(known_until)))
    moment = {"at": None if is_known else known_until}
    return is_over(stay["arrived_at"], moment) and not is_over(stay["departed_at"], moment)


def find_stay_at_port(stays: dict[str, Any], port: str) -> dict[str, Any] | None:
    """Find the stay of the ship that is at a port, in a page of stays; None if there is none."""
    at_port = (stay for stay in stays["items"] if stay["port"]["slug"] == port)
    return next((stay for stay in at_port if _is_at_port(stay, stays["known_until"])), None)


def departed(crew: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Crew members whose landing is known."""
    return [member for member in crew if member["departed_with"]]


def with_cursor(address: str, cursor: str) -> str:
    """Path `address` of a list with another `cursor`."""
    path, _, query = address.partition("?")
    others = [part for part in query.split("&") if part and not part.startswith("cursor=")]
    return f"{path}?{'&'.join([*others, f'cursor={quote(cursor)}'])}"


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
    """Days of a month by weeks, Monday first; None for days of other months."""
    cells: list[dict[str, Any] | None] = [None] * (days[0]["weekday"] - 1)
    cells += days
    cells += [None] * (-len(cells) % 7)
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]


def twelve(months: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """List the months of a year from January to December; None for each missing month."""
    by_number = {int(month["month"][5:]): month for month in months}
    return [by_number.get(n) for n in range(1, 13)]


def weight(count: int) -> int:
    """Shade level, from 0 to 5, of a day or month with `count` news items."""
    return min(count.bit_length(), _MAX_WEIGHT_LEVEL)


def day_number(day: str) -> str:
    """Number of a day in its month, without a leading zero."""
    return day[8:].lstrip("0")


def short(name: str) -> str:
    """First three letters of a name."""
    return name[:3]


def initials(name: str) -> str:
    """Initials of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)])


def clocked(precision: str) -> bool:
    """Return true if the time of day is known, so that a countdown can be shown."""
    return precision in PRECISIONS_WITH_TIME


def cursor(next_page: str) -> str:
    """Cursor in the URL of the next page of a list."""
    return parse_qs(urlsplit(next_page).query)["cursor"][0]


def path_of(url: str) -> str:
    """Path of a URL of this site: pages load files from their own host, whatever the public URL."""
    return urlsplit(url).path


def srcset(sources: Sequence[dict[str, Any]], media_type: str) -> str:
    """Value of the attribute `srcset` with the files of an image that have a type."""
    files = (source for source in sources if source["type"] == media_type)
    return ", ".join(f"{path_of(source['url'])} {source['width']}w" for source in files)


def parts(text: str, highlights: Sequence[dict[str, Any]], field: str) -> Iterator[TextFragment]:
    """Split `text` into the `highlights` of `field` and the parts between them."""
    at = 0
    for hit in highlights:
        if hit["field"] == field:
            yield TextFragment(text[at : hit["start"]], False)
            yield TextFragment(text[hit["start"] : hit["end"]], True)
            at = hit["end"]
    yield TextFragment(text[at:], False)


SHARED_FILTERS: tuple[Callable[..., Any], ...] = (
    weeks,
    twelve,
    weight,
    day_number,
    short,
    initials,
    clocked,
    cursor,
    path_of,
    srcset,
    parts,
    in_language,
    with_cursor,
    day_of,
    next_day,
    previous_day,
    last_known_day,
    is_over,
    find_stay_at_port,
    departed,
)
"""Filters that do not depend on the language."""
