"""Answers of Launch Library 2 about people, made from the facts of the embedded archive."""

from functools import cache
from random import Random
from typing import Any

from app.ingest.dataset.records import DatasetLaunch, DatasetPerson
from tests.support.launch_library import (
    COUNTRIES,
    archive_facts,
    astronaut_id,
    country_as,
    format_time,
    launch_library_id,
)

_AGENCIES = {
    "NASA": (44, "National Aeronautics and Space Administration", "NASA"),
    "Roscosmos": (63, "Russian Federal Space Agency (ROSCOSMOS)", "RFSA"),
    "ESA": (27, "European Space Agency", "ESA"),
    "JAXA": (37, "Japan Aerospace Exploration Agency", "JAXA"),
    "CSA": (16, "Canadian Space Agency", "CSA"),
    "Axiom Space": (1022, "Axiom Space", "AXS"),
    "Space Adventures": None,
}
"""Agencies that are not named as in the archive; private travellers have none."""

_NATIONALITIES = {"charles-simonyi": "HU", "richard-garriott": "GB", "salizhan-sharipov": "KG"}
"""Nationalities in Launch Library 2 that differ from the archive's, by slug."""

_OTHER_FLIGHTS = {
    "andrew-feustel": "2009-05-11T18:01:56Z",
    "brian-duffy": "1992-03-24T13:13:39Z 1993-06-21T13:07:22Z 1996-01-11T09:41:00Z",
    "claudie-haignere": "1996-08-17T13:18:03Z",
    "franklin-chang-diaz": "1986-01-12T11:55:00Z 1989-10-18T16:53:40Z 1998-06-02T22:06:24Z",
    "james-newman": "1993-09-12T11:45:00Z 1995-09-07T15:09:00Z 2002-03-01T11:22:02Z",
    "jerry-ross": "1985-11-27T00:29:00Z 1988-12-02T14:30:34Z 1995-11-12T12:30:43Z",
    "ken-bowersox": "1992-06-25T16:12:23Z 1993-12-02T09:27:00Z 1997-02-11T08:55:17Z",
    "koichi-wakata": "1996-01-11T09:41:00Z",
    "linda-godwin": "1991-04-05T14:22:45Z 1994-04-09T11:05:01Z 1996-03-22T08:13:04Z",
    "megan-mcarthur": "2009-05-11T18:01:56Z",
    "michael-foale": "1992-03-24T13:13:39Z 1997-05-15T08:07:48Z 1999-12-20T00:50:00Z",
    "michael-good": "2009-05-11T18:01:56Z",
    "nancy-currie": "1993-06-21T13:07:22Z 1995-07-13T13:41:55Z 2002-03-01T11:22:02Z",
    "richard-linnehan": "1996-06-20T14:49:00Z 1998-04-17T18:19:00Z 2002-03-01T11:22:02Z",
    "scott-altman": "1998-04-17T18:19:00Z 2002-03-01T11:22:02Z 2009-05-11T18:01:56Z",
    "sergei-krikalev": "1988-11-26T15:49:34Z 1991-05-18T12:50:28Z 1994-02-03T12:10:00Z",
    "thomas-reiter": "1995-09-03T09:00:23Z",
    "viktor-afanasyev": "1990-12-02T08:13:32Z 1994-01-08T10:05:34Z 1999-02-20T04:18:01Z",
    "walter-villadei": "2023-06-29T15:28:38Z",
    "yuri-malenchenko": "1994-07-01T12:24:50Z",
}
"""Times of flights elsewhere, which the archive does not have, by slug."""


def astronaut_as(
    version: str, person: DatasetPerson, name: str, rng: Random, *, states_flights: bool = True
) -> dict[str, Any]:
    """A person of the archive as `version` of Launch Library 2 answers it, under another name.

    One in seven answers that state flights has the first and the last alone.
    """
    return make_astronaut(
        version,
        astronaut_id(person.slug),
        name,
        nationality=_NATIONALITIES.get(person.slug, person.nationality),
        agency=person.agency,
        flights=_flight_times(person.slug) if states_flights else None,
        lists_flights=rng.random() < 6 / 7,
    )


def make_astronaut(
    version: str,
    id_: int,
    name: str,
    *,
    nationality: str | None,
    agency: str | None,
    flights: list[str] | None,
    lists_flights: bool = True,
) -> dict[str, Any]:
    """An astronaut in the shape of `version`.

    `flights` are times; None if the answer states neither them nor the first and the last.
    """
    value: dict[str, Any] = {
        "id": id_,
        "name": name,
        "status": {"id": 2, "name": "Retired"},
        "type": {"id": 2, "name": "Government"},
        "nationality": _nationality_as(version, nationality),
        "agency": _agency_as(version, agency),
        "bio": "",
    }
    if flights is None:
        return value
    value |= {"last_flight": max(flights, default=None), "first_flight": min(flights, default=None)}
    if lists_flights:
        value["flights"] = [{"id": launch_library_id(net), "net": net} for net in flights]
    return value


@cache
def _flights_by_person() -> dict[str, list[DatasetLaunch]]:
    flights: dict[str, list[DatasetLaunch]] = {}
    for launch in archive_facts().launches.values():
        for seat in launch.crew:
            flights.setdefault(seat.person, []).append(launch)
    return flights


def _nationality_as(version: str, code: str | None) -> Any:
    """Demonym before version 2.3, a list of countries in it."""
    if version == "2.3.0":
        return [country_as(code)] if code else []
    return COUNTRIES[code][2] if code else ""


def _agency_as(version: str, name: str | None) -> dict[str, Any] | None:
    known = _AGENCIES.get(name or "", (1, name, name))
    if known is None or name is None:
        return None
    id_, long_name, abbreviation = known
    value = {"id": id_, "name": long_name, "type": "Government"}
    return value if version == "2.0.0" else value | {"abbrev": abbreviation}


def _flight_times(slug: str) -> list[str]:
    station = [format_time(each.launch_at) for each in _flights_by_person().get(slug, ())]
    return sorted([*station, *_OTHER_FLIGHTS.get(slug, "").split()])
