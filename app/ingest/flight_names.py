"""Names of flights to the station, in the spelling of the archive.

Sources name one flight in many ways: `SpX-34`, `CRS-34` and `Dragon CRS-2 SpX-34` are all
Dragon CRS-34. Texts in brackets are further names: `Progress MS-11 (72P)`. A reused capsule has a
serial number, which names no flight: `Cargo Dragon C209`.
"""

import re
from collections.abc import Iterable, Iterator

from app.domain.bounded_cache import bounded_cache
from app.search.synonyms import LATIN_SERIES, FoldedWords, derive_ship_aliases, fold_words

_CACHE_BYTES = 2**22
"""Size of each cache of names."""

_CONTRACT = r"(?:cots |crs |commercial resupply services )?(?:[123] )?"
_SPACEX = r"(?:spacex |spx |nasa |uscv |cargo |dragon |v?2 )*"
_BOEING = r"(?:boeing |cst 100 |starliner )*"
_SERIES = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"(?:cygnus )?{_CONTRACT}ng (\d+)", "Cygnus NG-{}"),
        (rf"(?:cygnus )?{_CONTRACT}oa (\d+)(?: e)?", "Cygnus OA-{}"),
        (rf"(?:cygnus )?{_CONTRACT}orb(?:ital)? (\d+)", "Cygnus Orb-{}"),
        (r"(?:cygnus )?(?:cots )?orb d (\d+)|cygnus cots demo (\d+)", "Cygnus Orb-D{}"),
        (rf"{_SPACEX}{_CONTRACT}(?:spx|spacex) (\d+)", "Dragon CRS-{}"),
        (rf"{_SPACEX}crs (\d+)", "Dragon CRS-{}"),
        (rf"(?=.*(?:dragon|cots)){_SPACEX}(?:c|cots|cots demo|cots demo flight) 2", "Dragon C2+"),
        (rf"{_SPACEX}(?:crew )?{_SPACEX}(?:dm|demo|demonstration mission) (\d)",
         "Crew Dragon Demo-{}"),
        (rf"{_SPACEX}crew (?:dragon )?(\d+)", "Dragon Crew-{}"),
        (rf"{_SPACEX}(?:crew )?{_SPACEX}(?:axiom )?(?:space )?ax (\d+)", "Axiom Ax-{}"),
        (r"axiom (?:space )?(?:mission )?(\d+)", "Axiom Ax-{}"),
        (rf"{_BOEING}(?:oft|orbital flight test)", "Starliner OFT"),
        (rf"{_BOEING}(?:oft|orbital flight test) (\d+)", "Starliner OFT-{}"),
        (rf"{_BOEING}(?:cft|(?:crew|crewed) flight test)", "Starliner CFT"),
        (r"(?:boeing |cst 100 )*starliner (\d+)", "Starliner-{}"),
        (r"(?:htv|kounotori|h ii transfer vehicle) (\d+)", "HTV-{}"),
        (r"htv x (\d+)", "HTV-X{}"),
        (r"(?:iss )?progress ms (\d+)", "Progress MS-{:02}"),
        (r"(?:iss )?soyuz ms (\d+)", "Soyuz MS-{:02}"),
    )
)  # fmt: skip
"""Names in the archive's spelling, by pattern of folded words. Contracts (CRS-2) are no flights."""

_SERIAL_NUMBER = re.compile(r"(?:cargo |crew )?(?:dragon |cygnus )?[cs] ?\d{2,}")
"""Serial number of a capsule, which flies several times: Cargo Dragon C209."""

_SHUTTLE_FLIGHT = re.compile(r"(?:.* )?(sts) (\d+)")
_NUMBERED_SERIES = {
    "atv", "axiom", "crew", "cygnus", "dragon", "htv", "kounotori", "progress", "soyuz",
    "starliner", "sts",
}  # fmt: skip
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


@bounded_cache(2**23)
def standard_flight_name(name: str) -> str | None:
    """The archive's spelling of a flight of a known series; None for any other name."""
    words = " ".join(_fold_to_latin(name))
    for pattern, spelling in _SERIES:
        if found := pattern.fullmatch(words):
            return spelling.format(*(int(each) for each in found.groups() if each))
    return None


def split_flight_names(text: str) -> Iterator[str]:
    """Yield the name of a flight without its brackets, then the further names in them.

    The name of a launch may begin with its rocket: `Soyuz 2.1a | Progress MS-11 (72P)`.
    """
    flight = text.rpartition("|")[2]
    yield " ".join(_BRACKETS.sub(" ", flight).split())
    yield from (each.strip() for each in _BRACKETS.findall(flight))


def flight_keys(names: Iterable[str]) -> frozenset[FoldedWords]:
    """Keys of the names of one flight. Two lists of names are of one flight if they share a key."""
    parts = (part for name in names for part in split_flight_names(name))
    return frozenset(key for part in parts for key in _keys_of_part(part)) - {()}


def is_serial_number(name: str) -> bool:
    """True for the serial number of a capsule, which names no flight."""
    return bool(_SERIAL_NUMBER.fullmatch(" ".join(fold_words(name))))


def is_flight_number(key: FoldedWords) -> bool:
    """True for the key of one flight of a known series, such as Progress MS-11."""
    return key[0] in _NUMBERED_SERIES and any(word.isdigit() for word in key)


@bounded_cache(2**23)
def _keys_of_part(name: str) -> tuple[FoldedWords, ...]:
    """Folded words of the standard name of a flight and its aliases; none for a serial number."""
    words = _fold_to_latin(standard_flight_name(name) or name)
    text = " ".join(words)
    if found := _SHUTTLE_FLIGHT.fullmatch(text):
        return (found.groups(),)
    if is_serial_number(text):
        return ()
    if words[-1:] == ("atv",):
        words = words[:-1]  # "Georges Lemaître ATV"
    return words, *derive_ship_aliases(words)


def _fold_to_latin(name: str) -> FoldedWords:
    words = fold_words(name)
    if words[:1] not in {("союз",), ("прогресс",)}:
        return words
    return tuple(LATIN_SERIES.get(word, word) for word in words)
