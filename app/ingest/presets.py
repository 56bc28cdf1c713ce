"""Presets: well-known public feeds, with polite intervals and limits.

Nothing is fetched unless the operator adds the sources of a preset.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import func, select

from app.db.database import Reader
from app.db.models import FeedSource, Launch
from app.domain.dates import ONE_DAY, now
from app.domain.enums import HorizonKind, LaunchStatus, SourceFormat

_LONGEST_FLIGHT_DURATION = 400 * ONE_DAY
"""Longer than any flight: ships that launched earlier have landed."""

_RECENT_NEWS_PERIOD = timedelta(days=30)

_STATION_BEGINS_ON = "1998-11-20"


class PresetName(StrEnum):
    """Name of a preset."""

    LAUNCH_LIBRARY = "launch-library"
    SNAPI = "snapi"
    NASA = "nasa"


@dataclass(frozen=True)
class PresetSource:
    """One source of a preset."""

    name: str
    path: str
    """Path and query of its URL. `{launched_since}` and `{published_since}` are dates."""
    brings: str
    every_minutes: int
    covers: tuple[HorizonKind, ...] = ()


@dataclass(frozen=True)
class Preset:
    """Sources of one public server."""

    title: str
    server: str
    format: SourceFormat
    requests_per_hour: int
    sources: tuple[PresetSource, ...]
    trusted: bool = False
    """True if the records have no drafts."""

    def build_documents(
        self, dates: Mapping[str, str], *, server: str | None, trusted: bool
    ) -> list[dict[str, Any]]:
        """Documents of the sources, as the write API accepts them.

        `server` is another address of the same API, such as a mirror.
        """
        is_trusted = trusted or self.trusted
        return [
            {
                "name": f"{self.title}: {source.name}",
                "feed_url": (server or self.server).rstrip("/") + source.path.format(**dates),
                "format": self.format,
                "trusted": is_trusted,
                "language": "en",
                "every_minutes": source.every_minutes,
                "requests_per_hour": self.requests_per_hour,
                "covers": list(source.covers) if is_trusted else [],
            }
            for source in self.sources
        ]


_STATION_QUOTED = quote('"International Space Station"', safe="")

PRESETS: Mapping[PresetName, Preset] = {
    PresetName.LAUNCH_LIBRARY: Preset(
        "Launch Library 2",
        "https://ll.thespacedevs.com",
        SourceFormat.LAUNCH_LIBRARY,
        12,  # of 15 without a key: the rest is for people
        (
            PresetSource(
                "upcoming launches",
                "/2.3.0/launches/upcoming/?program=17&mode=detailed&limit=25"
                "&ordering=-last_updated",
                "planned launches to the station, their slips and crews",
                60,
                (HorizonKind.LAUNCHES,),
            ),
            PresetSource(
                "previous launches",
                "/2.3.0/launches/previous/?program=17&net__gte={launched_since}&mode=detailed"
                "&limit=25&ordering=-last_updated",
                "launches to the station, their outcomes, crews and landings",
                120,
                (HorizonKind.CREWS, HorizonKind.LAUNCHES),
            ),
            PresetSource(
                "expeditions",
                "/2.3.0/expeditions/?space_station=4&start__gte={launched_since}&mode=detailed"
                "&limit=25&ordering=-start",
                "missions, their starts, ends and crews",
                360,
                (HorizonKind.CREWS,),
            ),
        ),
        trusted=True,
    ),
    PresetName.SNAPI: Preset(
        "Spaceflight News API",
        "https://api.spaceflightnewsapi.net",
        SourceFormat.SNAPI,
        12,
        (
            PresetSource(
                "station news",
                f"/v4/articles/?search={_STATION_QUOTED}&published_at_gte={{published_since}}"
                "&limit=100&ordering=-updated_at",
                "summaries of articles of many publishers, linked to launches",
                60,
                (HorizonKind.NEWS,),
            ),
        ),
    ),
    PresetName.NASA: Preset(
        "NASA",
        "https://www.nasa.gov",
        SourceFormat.FEED,
        6,
        (
            PresetSource(
                "station blog",
                "/blogs/spacestation/feed/",
                "entries of the space station blog",
                60,
                (HorizonKind.NEWS,),
            ),
        ),
    ),
}
"""Presets by name. The URLs have filters for the station, as the servers document them."""


def load_preset_dates(reader: Reader) -> dict[str, str]:
    """Dates for the addresses of presets, so that their lists are short.

    Launches and missions start before the last launch of the archive, by the longest flight: what
    was known of them may have changed since.
    """
    flown = LaunchStatus.SUCCESS, LaunchStatus.PARTIAL_FAILURE
    last: datetime | None = reader.scalar(
        select(func.max(Launch.launch_at)).where(Launch.status.in_(flown), Launch.to_station)
    )
    return {
        "launched_since": f"{last - _LONGEST_FLIGHT_DURATION:%Y-%m-%d}"
        if last
        else _STATION_BEGINS_ON,
        "published_since": f"{now() - _RECENT_NEWS_PERIOD:%Y-%m-%d}",
    }


def find_source_of_list(reader: Reader, url: str) -> int | None:
    """Id of a source of the same list as `url`, whatever its filters; None if there is none."""
    wanted = urlsplit(url)
    for row in reader.all(select(FeedSource.id, FeedSource.address).order_by(FeedSource.id)):
        known = urlsplit(row["address"])
        if (known.netloc, known.path) == (wanted.netloc, wanted.path):
            return int(row["id"])
    return None
