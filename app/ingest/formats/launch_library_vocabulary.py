"""Vocabulary of Launch Library 2, versions 2.0 to 2.3: its words, and ours.

Keys are names, abbreviations and ids of its configuration lists, in lower case. Version 2.0 has
short names ("Go"), later ones long names with an abbreviation.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from app.domain.dates import Precision
from app.domain.enums import LaunchStatus, ShipRole, SpacecraftKind

T = TypeVar("T")


def _invert(table: Mapping[T, str]) -> dict[str, T]:
    """Table by word, from words separated by commas."""
    return {word.strip(): ours for ours, words in table.items() for word in words.split(",")}


TENTATIVE_STATUSES = {"tbd", "to be determined", "2"}
"""Statuses of a launch whose date is a placeholder."""

LAUNCH_STATUSES: Mapping[str, LaunchStatus] = _invert(
    {
        LaunchStatus.PLANNED: "go, go for launch, 1, tbd, to be determined, 2, hold, on hold, 5, "
        "tbc, to be confirmed, 8",
        LaunchStatus.SUCCESS: "success, launch successful, 3, "
        "deployed, payload deployed, launch payload deployed, 9",
        LaunchStatus.FAILURE: "failure, launch failure, 4",
        LaunchStatus.IN_FLIGHT: "in flight, launch in flight, 6",
        LaunchStatus.PARTIAL_FAILURE: "partial failure, launch was a partial failure, 7",
    }
)

PRECISIONS: Mapping[str, Precision] = _invert(
    {
        Precision.SECOND: "sec, second, 0",
        Precision.MINUTE: "min, minute, 1",
        Precision.HOUR: "hr, hour, 2",
        Precision.DAY: "morn, morning, 3, aft, afternoon, 4, day, 5",
        Precision.MONTH: "m, month, 7",
        Precision.QUARTER: "q1, quarter 1, 8, q2, quarter 2, 9, q3, quarter 3, 10, "
        "q4, quarter 4, 11",
        Precision.YEAR: "h1, half 1, 12, h2, half 2, 13, y, year, 14, ny, next year",
    }
)
"""Finest precision whose period contains that of the word."""

WEEK_PRECISIONS = {"week", "6"}
LONG_PRECISIONS = {"fy", "fiscal year", "15", "dec", "decade", "16"}
"""Precisions whose period is no calendar year, or longer than one."""

SHIP_ROLES: Mapping[str, ShipRole] = _invert(
    {
        ShipRole.COMMANDER: "commander, spacecraft commander, mission commander, "
        "vehicle commander, command pilot",
        ShipRole.PILOT: "pilot, co-pilot, spacecraft pilot, joint operations commander, "
        "command module pilot, lunar module pilot, docking module pilot",
        ShipRole.FLIGHT_ENGINEER: "flight engineer, board engineer, engineer, test engineer, "
        "research engineer",
        ShipRole.MISSION_SPECIALIST: "mission specialist, educator mission specialist, "
        "payload specialist, payload commander, science pilot, scientist, crew member, "
        "research cosmonaut, cosmonaut researcher, research doctor, medical doctor, "
        "flight surgeon, orbital module astronaut, descent module monitor astronaut",
        ShipRole.SPACEFLIGHT_PARTICIPANT: "spaceflight participant, space flight participant, "
        "space tourist, tourist, space traveller, private astronaut, passenger",
    }
)
NEUTRAL_SHIP_ROLE = ShipRole.MISSION_SPECIALIST
"""Role of a crew member whose role is unknown: neither in command nor a passenger."""

STATION_COMMANDER_ROLES = {"commander", "expedition commander"}
STATION_ENGINEER_ROLE = "flight engineer"
STATION_VISITOR_ROLES = {
    word for word, role in SHIP_ROLES.items() if role is ShipRole.SPACEFLIGHT_PARTICIPANT
}
"""Roles of people who visit a station, and are not in the crew of its expedition."""

NON_HUMAN_ROLES = {"anthropomorphic test device", "zero-g indicator"}

PAYLOAD_KINDS: Mapping[str, SpacecraftKind] = _invert(
    {
        SpacecraftKind.CV: "resupply",
        SpacecraftKind.SC: "human exploration",
        SpacecraftKind.SATELLITE: "communications, earth science, earth observation, navigation",
    }
)
"""Kinds of payloads by the type of their mission."""

STATION_MISSION_TYPES = {"resupply", "human exploration"}
LOW_EARTH_ORBITS = {"leo", "low earth orbit", "8"}
UNKNOWN_ORBITS = {"", "n/a", "unknown", "tbd"}

STATION_NAME = re.compile(r"\b(?:International Space Station|ISS)\b")
STATION_PROGRAMS = {
    "international space station", "commercial crew program", "commercial resupply services",
}  # fmt: skip

ELSEWHERE = re.compile(
    r"\b(?:Shenzhou|Tianzhou|Tianhe|Wentian|Mengtian|Tiangong|Xuntian|Gaganyaan|Orion|Artemis|"
    r"New Shepard|NS-\d+|Crew Capsule|RSS |SpaceShip|VSS |Starship|Inspiration ?4|Polaris|Fram ?2|"
    r"Haven|Apollo|Gemini|Mercury|Vostok|Voskhod|Salyut|Mir|Skylab|Buran|X-15|X-37B?|"
    r"Mengzhou|Lanyue|Space Rider)\b",
    re.IGNORECASE,
)
"""Names of ships, flights and stations whose flights do not go to this station."""

_AGENCY_SPELLINGS = {
    "AEB": "brazilian space agency",
    "ANGKASA": "malaysian national space agency",
    "ASI": "italian space agency",
    "Axiom Space": "axs",
    "CNES": "national center of space research, centre national d'études spatiales",
    "CNSA": "china national space administration",
    "CSA": "canadian space agency",
    "DLR": "german aerospace center",
    "ESA": "european space agency",
    "ISRO": "indian space research organization, indian space research organisation",
    "JAXA": "japan aerospace exploration agency, nasda, national space development agency of japan",
    "KARI": "korea aerospace research institute",
    "KazCosmos": "national space agency of the republic of kazakhstan",
    "Khrunichev": "khrunichev state research and production space center, khsc",
    "MBRSC": "mohammed bin rashid space centre",
    "NAS of Belarus": "national academy of sciences of belarus",
    "NASA": "national aeronautics and space administration",
    "Northrop Grumman": "northrop grumman space systems, northrop grumman innovation systems",
    "Roscosmos": "rfsa, fka, rka, russian federal space agency (roscosmos), "
    "russian federal space agency, russian space agency, roscosmos state corporation, "
    "roscosmos state corporation for space activities, state corporation roscosmos",
    "Saudi Space Commission": "saudi space agency",
    "SpaceX": "spx, space exploration technologies corp.",
    "TUA": "turkish space agency, türkiye uzay ajansı",
    "United Launch Alliance": "ula",
}
AGENCIES: Mapping[str, str] = {
    **{name.casefold(): name for name in _AGENCY_SPELLINGS},
    **_invert(_AGENCY_SPELLINGS),
}
"""Agencies as the archive names them. Abbreviations of several agencies (SA, SSA) are absent."""

_SITE_SPELLINGS = {
    "Baikonur Cosmodrome": "baikonur, 15",
    "Cape Canaveral": "cape canaveral sfs, cape canaveral space force station, "
    "cape canaveral afs, cape canaveral air force station, 12",
    "Guiana Space Centre": "guiana space center, 13",
    "Kennedy Space Center": "27",
    "Tanegashima Space Center": "tanegashima, 26",
    "Wallops Island (MARS)": "wallops flight facility, wallops island, 21",
}
SITES: Mapping[str, str] = {
    **{name.casefold(): name for name in _SITE_SPELLINGS},
    **_invert(_SITE_SPELLINGS),
}
"""Launch sites as the archive names them, by name or id of the location."""


LANGUAGE_CODE = re.compile("[a-z]{2,3}")


def words_of(value: Any) -> list[str]:
    """Words of a configuration object, the most specific first: abbreviation, name, id.

    Versions differ in whether a value is an object or its name alone.
    """
    found = value if isinstance(value, dict) else {"name": value}
    words = [found.get(name) for name in ("abbrev", "role", "name", "id")]
    return [
        str(word).strip() for word in words if isinstance(word, str | int) and str(word).strip()
    ]


def look_up(table: Mapping[str, T], value: Any) -> T | None:
    """Our word for a configuration object of the source; None if none of its words is known."""
    words = (word.casefold() for word in words_of(value))
    return next((table[word] for word in words if word in table), None)


def is_any_of(words: set[str], value: Any) -> bool:
    """True if one of the words of a configuration object is in `words`."""
    return not words.isdisjoint(word.casefold() for word in words_of(value))


def role_words(seat: Any) -> tuple[str, str]:
    """Role of a seat in lower case, without its number, and the number or ""."""
    role = seat.get("role") if isinstance(seat, dict) else None
    name = next(iter(words_of(role)), "").casefold().removeprefix("iss ").removeprefix("station ")
    found = re.fullmatch(r"(.*?)[ -]*(\d*)", name)
    return (found[1], found[2]) if found else (name, "")


def split_nationalities(text: str) -> Iterator[str]:
    """Yield the demonyms of a list such as "American, Italian" or "British and American"."""
    for word in re.split(r"[,/;&]| and |-(?=[A-Z])", text):
        if word.strip():
            yield word.strip()
