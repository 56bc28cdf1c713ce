"""The archive's own words in English: how each event is told, and each mission."""

from collections.abc import Iterable, Iterator

from app.db.models import LaunchStatus, ShipRole, SpacecraftKind
from app.domain import glossary
from app.domain.dates import whole_days
from app.domain.grammar import (
    Text,
    clauses,
    counted,
    english_day,
    english_period,
    english_span,
    english_time,
    handed_on,
    joined,
    number,
    paragraphs,
    strong,
    upper_first,
)
from app.domain.headlines import headline_en
from app.ingest.dataset.derive import Course, carried
from app.ingest.dataset.events import Begun, Handover, Landed, Launched
from app.ingest.dataset.records import LaunchRecord, MissionRecord, PersonRecord, SpacecraftRecord

STATION = "the International Space Station"
_ROLES = {
    ShipRole.COMMANDER: ("commander", "commanders"),
    ShipRole.PILOT: ("pilot", "pilots"),
    ShipRole.FLIGHT_ENGINEER: ("flight engineer", "flight engineers"),
    ShipRole.MISSION_SPECIALIST: ("mission specialist", "mission specialists"),
    ShipRole.SPACEFLIGHT_PARTICIPANT: ("spaceflight participant", "spaceflight participants"),
}


def launched(event: Launched) -> Text:
    """A launch: what flew, on what, from where, when, with whom, for which mission."""
    launch = event.launch
    pad = glossary.place(launch.site, launch.pad).pad
    when = english_time(launch.launch_at, launch.launch_at_precision)
    return Text(
        title=_launch_title(launch),
        lead=_launch_lead(launch),
        body=paragraphs(
            f"The launch took place {when} from {pad}.{_also_carried(launch)}",
            _crew(event) if event.crew else _addressee(event),
            launch.outcome_note,
        ),
    )


def _launch_title(launch: LaunchRecord) -> str:
    if not glossary.is_shuttle(launch.ship.name):
        return headline_en(launch.status, launch.vehicle, [_named(it) for it in launch.spacecraft])
    orbiter, _, flight = glossary.orbiter(launch.ship.name)
    load = [glossary.part(craft.name).english for craft in launch.spacecraft[1:]]
    carrying = f" with {joined(load)}" if load else ""
    return f"Space Shuttle {orbiter} is launched on flight {flight}{carrying}"


def _named(craft: SpacecraftRecord) -> dict[str, str]:
    """A ship as a headline takes it; a module goes by its name in a sentence, with the article."""
    if craft.kind in (SpacecraftKind.CV, SpacecraftKind.SC):
        return {"name": craft.name, "kind": craft.kind}
    return {"name": glossary.part(craft.name).english, "kind": SpacecraftKind.OTHER}


def _launch_lead(launch: LaunchRecord) -> str:
    rocket, ship = _rocket(launch), _cargo(launch)
    site = glossary.place(launch.site, launch.pad).site
    if glossary.is_shuttle(launch.ship.name):
        crew = f"with a crew of {number(len(launch.crew))}"
        return f"{upper_first(_ship(launch))} left {site} for {STATION} {crew}."
    match launch.status:
        case LaunchStatus.FAILURE:
            return f"The launch of {rocket} to {STATION} with {ship} failed."
        case LaunchStatus.PARTIAL_FAILURE:
            return f"{upper_first(rocket)} left {site} with {ship}, which did not reach {STATION}."
    return f"{upper_first(rocket)} left {site} for {STATION} with {ship}."


def _rocket(launch: LaunchRecord) -> str:
    # H-IIB is read letter by letter: "an aitch".
    return f"{'an' if launch.vehicle[0] in 'AEHIO' else 'a'} {launch.vehicle} rocket"


def _ship(launch: LaunchRecord) -> str:
    """The main ship as a sentence names it."""
    name = launch.ship.name
    match launch.ship.kind:
        case SpacecraftKind.CV:
            return f"the cargo ship {name}"
        case SpacecraftKind.SC:
            uncrewed = "" if launch.crew else "uncrewed "
            return (
                glossary.ship_en(name)
                if glossary.is_shuttle(name)
                else f"the {uncrewed}ship {name}"
            )
    return glossary.part(name).english


def _cargo(launch: LaunchRecord) -> str:
    """The main ship with whoever is aboard."""
    crew = f" and a crew of {number(len(launch.crew))}" if launch.crew else ""
    return _ship(launch) + crew


def _also_carried(launch: LaunchRecord) -> str:
    load = [glossary.part(craft.name).english for craft in launch.spacecraft[1:]]
    ship = launch.ship.name
    carrier = glossary.orbiter(ship)[0] if glossary.is_shuttle(ship) else ship
    return f" {carrier} carried {joined(load)}." if load else ""


def _crew(event: Launched) -> str:
    groups, last = [], 0
    for role, (one, many) in _ROLES.items():
        people = strong([person.name for person, has in event.crew if has is role])
        if people:
            groups.append(f"{joined(people)} ({one if len(people) == 1 else many})")
            last = len(people)
    # "A (commander), B and C (flight engineers)", but "A (commander) and B (flight engineer)".
    aboard = f"Aboard were {joined(groups) if last == 1 else ', '.join(groups)}."
    if event.launch.status is LaunchStatus.FAILURE:
        return aboard
    own = f"They made a short flight to the station. {_addressee(event)}"
    return f"{aboard} {_purpose(event) or own}"


def _purpose(event: Launched) -> str | None:
    """Which missions the crew flew for, None where it was for none."""
    staying = [(people, missions) for people, missions in event.flew_for if missions]
    if not staying:
        return None
    first, further = ("joined", "") if event.is_aloft else ("flew as part of", "as part of ")
    if len(event.flew_for) == 1:
        return f"They {first} {_missions(staying[0][1])}."
    parts = [
        f"{joined(_names(people))} {further if n else f'{first} '}{_missions(missions)}"
        for n, (people, missions) in enumerate(staying)
    ]
    others = [
        name for people, missions in event.flew_for if not missions for name in _names(people)
    ]
    short = "the others" if len(others) > 1 else joined(others)
    return f"{clauses(parts)}{f'; {short} made a short flight' if others else ''}."


def _addressee(event: Launched) -> str:
    """Who was on the station."""
    if not event.hosts:
        first = "With it the assembly of the station began. " if event.is_first else ""
        return f"{first}Nobody lived on the station yet: its first crew set out in October 2000."
    if len(event.hosts) > 1:
        return f"At the time {_missions([mission for mission, _ in event.hosts])} overlapped."
    mission, commander = event.hosts[0]
    crew = f"The crew of ISS-{mission.number} was on the station"
    return f"{crew}, with **{commander.name}** in command."


def _missions(missions: Iterable[MissionRecord]) -> str:
    return joined([f"ISS-{mission.number}" for mission in missions])


def _names(people: Iterable[PersonRecord]) -> list[str]:
    return strong([person.name for person in people])


def begun(event: Begun) -> Text:
    """The start of an expedition, with its crew and how long it was to last."""
    mission = event.mission
    n = mission.number
    when = english_time(mission.starts_at, mission.starts_at_precision)
    return Text(
        title=f"Expedition {n} begins under {event.commander.name}",
        lead=_start_lead(event),
        body=paragraphs(
            f"Expedition {n} (ISS-{n}) began {when}.{_duration(event)}",
            _members(event),
            "Its main tasks:" if mission.tasks else None,
            "\n".join(f"- {task}" for task in mission.tasks),
        ),
    )


def _start_lead(event: Begun) -> str:
    n, name = event.mission.number, event.commander.name
    if event.sets_out:
        return f"{name} set out for {STATION} to command Expedition {n}."
    if event.before:
        passed = f"the command of {STATION} passed from {event.before.name} to {name}"
        return f"With the start of Expedition {n} {passed}."
    return f"{name} stayed in command of {STATION} as Expedition {n} began."


def _duration(event: Begun) -> str:
    mission = event.mission
    if mission.ends_at is None:
        return ""
    days = counted(whole_days(mission.starts_at, mission.ends_at), "day")
    return f" It lasted {days}, until {english_day(mission.ends_at)}."


def _members(event: Begun) -> str:
    were = "flight engineer was" if len(event.aboard) == 1 else "flight engineers were"
    later = handed_on(_names(event.later_commanders))
    crew = f"**{event.commander.name}** was in command{later}. "
    crew += f"The {were} {joined(_names(event.aboard))}."
    groups = [
        f"by {joined(_names(people))} aboard {glossary.ship_en(up.ship.name)}"
        for up, people in event.joining
    ]
    return f"{crew} They were joined {clauses(groups)}." if groups else crew


def handed_over(event: Handover) -> Text:
    """A change of command within an expedition."""
    old, new, n = event.old.name, event.new.name, event.mission.number
    back = None
    if event.home:
        ship, at, _ = event.home
        name = glossary.ship_en(ship.ship.name)
        back = f"**{old}** {_came_down(ship)} aboard {name} on {english_day(at)}."
    until = f" **{new}** led it until {english_day(event.until)}." if event.until else ""
    return Text(
        title=f"{new} takes command of the station",
        lead=f"{old} handed {STATION} over to {new}.",
        body=paragraphs(
            f"The change of command took place on {english_day(event.at)}, during ISS-{n}.",
            f"**{old}** had led the station since {english_day(event.since)}.{until}",
            back,
        ),
    )


def landed(event: Landed) -> Text:
    """The return of a ship: who came home, after how long, from which mission."""
    ship = glossary.ship_en(event.ship.ship.name)
    return Text(
        title=f"{upper_first(ship)} returns to Earth with a crew of {number(len(event.people))}",
        lead=_landing_lead(event),
        body=paragraphs(
            f"{upper_first(ship)} {_came_down(event.ship)} "
            f"{english_time(event.at, event.precision)}.",
            f"{_way_up(event)} {_homecoming(event)}",
        ),
    )


def _came_down(ship: LaunchRecord) -> str:
    return "splashed down" if glossary.splashes_down(ship.ship.name) else "landed"


def _landing_lead(event: Landed) -> str:
    are = "is" if len(event.came[0][2]) == 1 else "are"
    groups = [
        f"{joined([person.name for person in people])} "
        f"{'' if n else f'{are} back from {STATION} '}after {english_span(time)}"
        for n, (_, time, people) in enumerate(event.came)
    ]
    return f"{clauses(groups)}."


def _way_up(event: Landed) -> str:
    if len(event.came) == 1:
        up = event.came[0][0]
        ship = "the same ship" if up is event.ship else glossary.ship_en(up.ship.name)
        return f"The crew had set out aboard {ship} on {english_day(up.launch_at)}."
    ways = [
        f"{joined(_names(people))} {'' if n else 'had set out '}"
        f"aboard {glossary.ship_en(up.ship.name)} on {english_day(up.launch_at)}"
        for n, (up, _, people) in enumerate(event.came)
    ]
    return f"{clauses(ways)}."


def _homecoming(event: Landed) -> str:
    if not event.missions:
        return "It was a short flight to the station."
    if len(event.missions) == 1 and not event.visitors:
        return f"They came home from ISS-{event.missions[0][0].number}."
    parts = [
        f"{joined(_names(people))} came home from ISS-{mission.number}"
        for mission, people in event.missions
    ]
    if event.visitors:
        others = "the others" if len(event.visitors) > 1 else joined(_names(event.visitors))
        parts.append(f"{others} from a short flight")
    return f"{clauses(parts)}."


def summary(course: Course) -> str:
    """A mission in two to five sentences."""
    mission = course.mission
    first, *later = [person.name for person in course.commanders]
    command = "" if later else f", under the command of {first}"
    head = f"Expedition {mission.number} to {STATION}"
    if mission.ends_at is None:
        lasted = f"{head} began on {english_day(mission.starts_at)}{command}."
    else:
        days = counted(whole_days(mission.starts_at, mission.ends_at), "day")
        period = english_period(mission.starts_at, mission.ends_at)
        lasted = f"{head} lasted {days}, {period}{command}."
    shared = f"{first} was in command{handed_on(later)}." if later else None
    crew = f"Its crew of {number(len(mission.flown_by))} came with {_ships(course.brought)}."
    return " ".join(filter(None, [lasted, shared, crew, _supplies(course), _failures(course)]))


def _supplies(course: Course) -> str | None:
    parts, cargo = _parts(course.sent), _cargo_ships(course.sent)
    if not parts and not cargo:
        return None
    were = "was" if len(parts) + len(cargo) == 1 else "were"
    supplies = joined([*parts, *filter(None, [joined(cargo)])])
    return f"In its time {supplies} {were} launched to the station."


def _failures(course: Course) -> str | None:
    plural = "" if len(course.lost) == 1 else "es"
    return f"The launch{plural} of {_ships(course.lost)} failed." if course.lost else None


def tasks(course: Course) -> list[str]:
    """What a mission had to do."""
    parts, cargo = _parts(course.received), _cargo_ships(course.received)
    return [
        *(f"Reach the station with {_ships([launch])}" for launch in course.own),
        *([f"Host the arrival of {_ships(course.hosted)}"] if course.hosted else []),
        _stay(course.mission),
        *([f"Receive {joined(parts)}"] if parts else []),
        *([f"Receive {joined(cargo)}"] if cargo else []),
        *_handovers(course),
        *(
            [f"Return crew members to Earth with {_ships(course.departed)}"]
            if course.departed
            else []
        ),
    ]


def _stay(mission: MissionRecord) -> str:
    if mission.ends_at is None:
        return f"Keep the station crewed from {english_day(mission.starts_at)}"
    return f"Keep the station crewed {english_period(mission.starts_at, mission.ends_at)}"


def _handovers(course: Course) -> Iterator[str]:
    first, *later = [person.name for person in course.commanders]
    if later:
        yield f"Pass the command from {first} to {', then to '.join(later)}"
    if course.heir:
        mission, heir = course.heir
        yield f"Hand the station over to Expedition {mission.number} under {heir.name}"


def _ships(launches: Iterable[LaunchRecord]) -> str:
    return joined([glossary.ship_en(launch.ship.name) for launch in launches])


def _parts(launches: Iterable[LaunchRecord]) -> list[str]:
    """The modules that launches carried."""
    return [glossary.part(name).english for name in carried(launches, SpacecraftKind.MODULE)]


def _cargo_ships(launches: Iterable[LaunchRecord]) -> list[str]:
    """The cargo ships among launches, the first one with the word before it."""
    ships = carried(launches, SpacecraftKind.CV)
    noun = "the cargo ship " if len(ships) == 1 else "the cargo ships "
    return [noun + ships[0], *ships[1:]] if ships else []
