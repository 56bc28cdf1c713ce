"""People of Launch Library 2: astronauts, and crews of spacecraft and of expeditions.

A seat that cannot be kept is left out with a note; its launch or expedition is imported.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from app.api.date_params import FIRST_PAST_DAY
from app.domain.dates import Precision, format_rfc3339_utc, now
from app.domain.enums import CrewRole, ShipRole
from app.domain.text import slugify
from app.ingest.countries import COUNTRY_BY_DEMONYM, COUNTRY_CODE
from app.ingest.entity_linking import AmbiguousName
from app.ingest.entries import IdentityHints, InvalidEntry, Landing
from app.ingest.formats.feed_dates import infer_precision_from_zeros, parse_feed_date
from app.ingest.formats.launch_library_vocabulary import (
    AGENCIES,
    NEUTRAL_SHIP_ROLE,
    NON_HUMAN_ROLES,
    SHIP_ROLES,
    STATION_COMMANDER_ROLES,
    STATION_ENGINEER_ROLE,
    STATION_VISITOR_ROLES,
    is_any_of,
    look_up,
    role_words,
    split_nationalities,
)
from app.ingest.json_values import list_at, object_at, text_at

R = TypeVar("R", ShipRole, CrewRole)


class PersonFinder(Protocol):
    """Lookup of the people of the archive."""

    def find_person(self, key: str, name: str) -> str | None:
        """Slug of an astronaut, by id or else by name; None if unknown. Raises `AmbiguousName`."""


def parse_person(
    value: Mapping[str, Any], notes: list[str]
) -> tuple[dict[str, Any], IdentityHints]:
    """Person document of an astronaut, and hints to their identity. Raises `InvalidEntry`."""
    if is_any_of({"non-human"}, value.get("type")):
        raise InvalidEntry("type", "Not a person: remove it from the file.")
    if not text_at(value, "name"):
        raise InvalidEntry("name", "The name is missing: add it.")
    document = {
        "name": text_at(value, "name"),
        "agency": parse_agency(value.get("agency")),
        "nationality": _parse_nationality(value.get("nationality"), notes),
        "born_on": _parse_birth_date(value, notes),
    }
    stated = value.get("flights")
    flights = _read_times(stated if isinstance(stated, list) else ())
    return document, IdentityHints(
        flown_at=_parse_flight_times(value, flights), has_all_flights=bool(flights)
    )


def _parse_birth_date(value: Mapping[str, Any], notes: list[str]) -> str | None:
    """Date of birth; None if it is unknown. The first of January stands for a year alone."""
    text = text_at(value, "date_of_birth")
    try:
        born_on = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        born_on = None
    is_day = born_on is not None and (born_on.month, born_on.day) != (1, 1)
    if born_on and is_day and FIRST_PAST_DAY <= born_on <= now().date():
        return born_on.isoformat()
    if text:
        notes.append(f"Date of birth left empty: {text!r} is no certain day.")
    return None


def parse_agency(agency: Any) -> str | None:
    """Parse an agency of Launch Library: the archive's name for it, or None.

    The name decides: several agencies use the same abbreviation.
    """
    name = (
        text_at(agency, "name") if isinstance(agency, dict) else text_at({"name": agency}, "name")
    )
    stated = name or text_at(agency, "abbrev")
    found = AGENCIES.get(stated.casefold()) or look_up(AGENCIES, agency) or stated
    return found if slugify(found) else None


def _parse_nationality(nationality: Any, notes: list[str]) -> str | None:
    """Country of a demonym or a list of countries; None if there are several, or none is known."""
    if isinstance(nationality, str):
        words = list(split_nationalities(nationality))
        codes = [COUNTRY_BY_DEMONYM.get(word.casefold(), "") for word in words]
    else:
        countries = nationality if isinstance(nationality, list) else []
        words = [text_at(each, "nationality_name") or text_at(each, "name") for each in countries]
        codes = [text_at(each, "alpha_2_code") for each in countries]
    if len(codes) == 1 and COUNTRY_CODE.fullmatch(codes[0]):
        return codes[0]
    if codes:
        reason = "several" if len(codes) > 1 else "unknown"
        notes.append(f"Nationality left empty: {reason} ({', '.join(words)}).")
    return None


def _parse_flight_times(
    value: Mapping[str, Any], flights: tuple[datetime, ...]
) -> tuple[datetime, ...] | None:
    """Times of the launches of a person; None if the source does not say that they have flown."""
    ends = [{"net": value.get(name)} for name in ("first_flight", "last_flight")]
    if times := flights or _read_times(ends):
        return times
    says_none = "flights" in value or "first_flight" in value or value.get("flights_count") == 0
    return () if says_none else None


def _read_times(launches: Iterable[Any]) -> tuple[datetime, ...]:
    """Times of launches in order, without those that cannot be read."""
    times = set[datetime]()
    for each in launches:
        with suppress(ValueError):
            times.add(parse_feed_date(text_at(each, "net"))[0])
    return tuple(sorted(times))


def parse_launch_crew(
    stages: Iterable[Mapping[str, Any]], people: PersonFinder, notes: list[str]
) -> list[dict[str, Any]]:
    """Seats of a launch document, from the spacecraft of a launch."""
    crew = list[dict[str, Any]]()
    for stage in stages:
        for seat, person in _people_in(list_at(stage, "launch_crew"), people, crew, notes):
            role = SHIP_ROLES.get(role_words(seat)[0]) or _replace_unknown_role(
                seat, NEUTRAL_SHIP_ROLE, notes
            )
            crew.append({"person": person, "role": role, **_parse_landing(stage, seat, notes)})
    return crew


def count_seats(stages: Iterable[Mapping[str, Any]]) -> int:
    """Number of people in the crew of a launch, known to the archive or not."""
    seats = (seat for stage in stages for seat in list_at(stage, "launch_crew"))
    people = (each for each in seats if role_words(each)[0] not in NON_HUMAN_ROLES)
    return len({str(object_at(seat, "astronaut").get("id", _name_of(seat))) for seat in people})


def parse_expedition_crew(
    seats: Iterable[Any],
    people: PersonFinder,
    find_flight: Callable[[str], str | None],
    notes: list[str],
) -> list[dict[str, Any]]:
    """Crew of a mission document, with one commander.

    `find_flight` returns the slug of the launch that a person arrived with.
    """
    crew = _parse_expedition_seats(seats, people, notes)
    for member in crew:
        if flight := find_flight(member["person"]):
            member["arrived_with"] = flight
    return crew


def _parse_expedition_seats(
    seats: Iterable[Any], people: PersonFinder, notes: list[str]
) -> list[dict[str, Any]]:
    crew = list[dict[str, Any]]()
    for seat, person in _people_in(seats, people, crew, notes):
        role, number = role_words(seat)
        if role in STATION_COMMANDER_ROLES:
            if not any(each["role"] is CrewRole.COMMANDER for each in crew):
                crew.append({"person": person, "role": CrewRole.COMMANDER})
                continue
            notes.append(
                f"{_name_of(seat)} is a second commander, without dates: kept as flight engineer."
            )
        elif role in STATION_VISITOR_ROLES:
            notes.append(f"{_name_of(seat)} was left out: a visitor ({role}), not in the crew.")
            continue
        elif role != STATION_ENGINEER_ROLE:
            _replace_unknown_role(seat, CrewRole.FLIGHT_ENGINEER, notes)
        position = f"FE-{number}" if number and role == STATION_ENGINEER_ROLE else None
        crew.append({"person": person, "role": CrewRole.FLIGHT_ENGINEER, "position": position})
    return crew


def _people_in(
    seats: Iterable[Any],
    people: PersonFinder,
    crew: list[dict[str, Any]],
    notes: list[str],
) -> Iterator[tuple[Any, str]]:
    """Yield seats with the slugs of their people; those who are in `crew` are not repeated."""
    for seat in seats:
        name = _name_of(seat)
        if role_words(seat)[0] in NON_HUMAN_ROLES:
            notes.append(f"{name} was left out of the crew: not a person.")
            continue
        try:
            person = people.find_person(str(object_at(seat, "astronaut").get("id")), name)
        except AmbiguousName as error:
            notes.append(
                f"{name!r} was left out of the crew: {error} Import astronauts first, or add this "
                "spelling to the aliases of the person; then import this record again."
            )
            continue
        if person is None:
            notes.append(
                f"{name!r} was left out of the crew: no person of the archive has this name. "
                "Import astronauts, or add an alias; then import this record again."
            )
        elif any(each["person"] == person for each in crew):
            notes.append(f"{name!r} is in the crew twice: the first seat was kept.")
        else:
            yield seat, person


def _name_of(seat: Any) -> str:
    return text_at(seat, "astronaut", "name")


def _replace_unknown_role(seat: Any, role: R, notes: list[str]) -> R:
    stated = role_words(seat)[0]
    notes.append(f"Unknown role {stated!r} of {_name_of(seat)}: kept as {role.value}.")
    return role


def _parse_landing(stage: Mapping[str, Any], seat: Any, notes: list[str]) -> dict[str, Any]:
    """Landing of a crew member with the spacecraft; {} if in space, or landed otherwise."""
    ended_at = _parse_mission_end(stage)
    if ended_at is None:
        return {}
    at, precision = ended_at
    if at > now():
        # The note goes when the time has come, so that the record is read again.
        notes.append("The end of the flight is ahead: no landing was kept.")
        return {}
    astronaut = object_at(seat, "astronaut")
    landed = [object_at(each, "astronaut").get("id") for each in list_at(stage, "landing_crew")]
    if astronaut.get("id") is not None and astronaut["id"] in landed:
        return {"landed_at": format_rfc3339_utc(at), "landed_at_precision": precision}
    if astronaut.get("in_space") is not True:
        notes.append(f"{_name_of(seat)} did not land with this spacecraft.")
    return {}


def _parse_mission_end(stage: Mapping[str, Any]) -> tuple[datetime, Precision] | None:
    """End of the flight of a spacecraft, with its precision; None if it is unknown."""
    try:
        return infer_precision_from_zeros(*parse_feed_date(text_at(stage, "mission_end")))
    except ValueError:
        return None


def parse_landings(
    stages: Iterable[Mapping[str, Any]], people: PersonFinder
) -> tuple[Landing, ...]:
    """Landings with the spacecraft of a launch of people whom it did not bring."""
    landings = []
    for stage in stages:
        ended_at = _parse_mission_end(stage)
        if ended_at is None or ended_at[0] > now():
            continue
        launched = {
            object_at(each, "astronaut").get("id") for each in list_at(stage, "launch_crew")
        }
        for seat in list_at(stage, "landing_crew"):
            id_ = object_at(seat, "astronaut").get("id")
            with suppress(AmbiguousName):
                person = people.find_person(str(id_), _name_of(seat))
                if id_ not in launched and person is not None:
                    landings.append(Landing(person, *ended_at))
    return tuple(landings)


def iter_astronauts(seats: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the people of seats, if they are described as in lists of astronauts."""
    for seat in seats:
        astronaut = object_at(seat, "astronaut")
        is_person = not is_any_of({"non-human"}, astronaut.get("type"))
        if is_person and text_at(astronaut, "name") and is_astronaut(astronaut):
            yield astronaut


def is_astronaut(value: Mapping[str, Any]) -> bool:
    """True if a record is an astronaut."""
    return "nationality" in value or "date_of_birth" in value
