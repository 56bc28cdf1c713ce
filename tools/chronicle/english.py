"""English texts of events."""

from collections.abc import Iterable, Sequence

from app.domain import glossary
from app.domain.dates import whole_days
from app.domain.enums import LaunchStatus, ShipRole, SpacecraftKind
from app.domain.headlines import build_launch_headline_en
from app.domain.text import upper_first
from app.ingest.dataset.records import (
    DatasetLaunch,
    DatasetMission,
    DatasetPerson,
    DatasetSpacecraft,
)
from tools.chronicle.events import (
    ChronicleExpeditionStart,
    ChronicleHandover,
    ChronicleLanding,
    ChronicleLaunch,
)
from tools.chronicle.grammar import (
    NewsText,
    format_day_en,
    format_duration_en,
    format_time_en,
    join_clauses_en,
    join_list_en,
    join_paragraphs,
    later_commanders_phrase_en,
    pluralize_en,
    spell_number_en,
    to_bold,
)
from tools.chronicle.names import get_pad_names, ship_phrase_en, splashes_down

STATION = "the International Space Station"
_ROLE_NOUNS = {
    ShipRole.COMMANDER: ("commander", "commanders"),
    ShipRole.PILOT: ("pilot", "pilots"),
    ShipRole.FLIGHT_ENGINEER: ("flight engineer", "flight engineers"),
    ShipRole.MISSION_SPECIALIST: ("mission specialist", "mission specialists"),
    ShipRole.SPACEFLIGHT_PARTICIPANT: ("spaceflight participant", "spaceflight participants"),
}


def render_launch(event: ChronicleLaunch) -> NewsText:
    """Text of a launch."""
    launch = event.launch
    pad = get_pad_names(launch.site, launch.pad).pad
    when = format_time_en(launch.launch_at, launch.launch_at_precision)
    return NewsText(
        title=_launch_title(launch),
        lead=_launch_lead(launch),
        body=join_paragraphs(
            f"The launch took place {when} from {pad}.{secondary_payload_sentence(launch)}",
            _crew_sentences(event) if event.crew else _station_crew_at_launch(event),
            launch.outcome_note,
        ),
    )


def _launch_title(launch: DatasetLaunch) -> str:
    if not glossary.is_shuttle(launch.main_spacecraft.name):
        return build_launch_headline_en(
            launch.status, launch.vehicle, [_headline_spacecraft(it) for it in launch.spacecraft]
        )
    orbiter, _, flight = glossary.parse_shuttle_name(launch.main_spacecraft.name)
    load = payload_phrases(launch)
    carrying = f" with {join_list_en(load)}" if load else ""
    return f"Space Shuttle {orbiter} is launched on flight {flight}{carrying}"


def payload_phrases(launch: DatasetLaunch) -> list[str]:
    """Phrases for the modules that the main spacecraft of a launch carried."""
    return [glossary.get_module_names(craft.name).phrase_en for craft in launch.spacecraft[1:]]


def _headline_spacecraft(craft: DatasetSpacecraft) -> dict[str, str]:
    """Fields of a headline; a module has its phrase with the article."""
    if craft.kind in (SpacecraftKind.CV, SpacecraftKind.SC):
        return {"name": craft.name, "kind": craft.kind}
    return {"name": glossary.get_module_names(craft.name).phrase_en, "kind": SpacecraftKind.OTHER}


def _launch_lead(launch: DatasetLaunch) -> str:
    rocket, ship = _rocket_phrase(launch), _ship_with_crew(launch)
    site = get_pad_names(launch.site, launch.pad).site
    if glossary.is_shuttle(launch.main_spacecraft.name):
        crew = f"with a crew of {spell_number_en(len(launch.crew))}"
        return f"{upper_first(main_ship_phrase(launch))} left {site} for {STATION} {crew}."
    match launch.status:
        case LaunchStatus.FAILURE:
            return f"The launch of {rocket} to {STATION} with {ship} failed."
        case LaunchStatus.PARTIAL_FAILURE:
            return f"{upper_first(rocket)} left {site} with {ship}, which did not reach {STATION}."
    return f"{upper_first(rocket)} left {site} for {STATION} with {ship}."


def _rocket_phrase(launch: DatasetLaunch) -> str:
    # H-IIB is read letter by letter: "an aitch".
    return f"{'an' if launch.vehicle[0] in 'AEHIO' else 'a'} {launch.vehicle} rocket"


def main_ship_phrase(launch: DatasetLaunch) -> str:
    """Phrase for the main spacecraft of a launch: "the cargo ship Cygnus NG-11"."""
    name = launch.main_spacecraft.name
    match launch.main_spacecraft.kind:
        case SpacecraftKind.CV:
            return f"the cargo ship {name}"
        case SpacecraftKind.SC:
            uncrewed = "" if launch.crew else "uncrewed "
            return (
                ship_phrase_en(name) if glossary.is_shuttle(name) else f"the {uncrewed}ship {name}"
            )
    return glossary.get_module_names(name).phrase_en


def _ship_with_crew(launch: DatasetLaunch) -> str:
    """Phrase for the main spacecraft and its crew."""
    crew = f" and a crew of {spell_number_en(len(launch.crew))}" if launch.crew else ""
    return main_ship_phrase(launch) + crew


def secondary_payload_sentence(launch: DatasetLaunch) -> str:
    """Sentence about the modules that a ship carried, after a space; empty if it had none."""
    load = payload_phrases(launch)
    ship = launch.main_spacecraft.name
    carrier = glossary.parse_shuttle_name(ship)[0] if glossary.is_shuttle(ship) else ship
    return f" {carrier} carried {join_list_en(load)}." if load else ""


def _crew_sentences(event: ChronicleLaunch) -> str:
    groups, last = [], 0
    for role, (one, many) in _ROLE_NOUNS.items():
        people = to_bold([person.name for person, has in event.crew if has is role])
        if people:
            groups.append(f"{join_list_en(people)} ({one if len(people) == 1 else many})")
            last = len(people)
    # "A (commander), B and C (flight engineers)", but "A (commander) and B (flight engineer)".
    aboard = f"Aboard were {join_list_en(groups) if last == 1 else ', '.join(groups)}."
    if event.launch.status is LaunchStatus.FAILURE:
        return aboard
    own = f"They made a short flight to the station. {_station_crew_at_launch(event)}"
    return f"{aboard} {_missions_joined_sentence(event) or own}"


def _missions_joined_sentence(event: ChronicleLaunch) -> str | None:
    """Sentence about the missions of the crew, or None."""
    staying = [(people, missions) for people, missions in event.crew_by_missions if missions]
    if not staying:
        return None
    first, further = (
        ("joined", "") if event.has_crew_in_space else ("flew as part of", "as part of ")
    )
    if len(event.crew_by_missions) == 1:
        return f"They {first} {_mission_names(staying[0][1])}."
    parts = [
        f"{join_list_en(bold_names(people))} "
        f"{further if n else f'{first} '}{_mission_names(missions)}"
        for n, (people, missions) in enumerate(staying)
    ]
    others = [
        name
        for people, missions in event.crew_by_missions
        if not missions
        for name in bold_names(people)
    ]
    short = "the others" if len(others) > 1 else join_list_en(others)
    return f"{join_clauses_en(parts)}{f'; {short} made a short flight' if others else ''}."


def _station_crew_at_launch(event: ChronicleLaunch) -> str:
    first = "With it the assembly of the station began. " if event.is_first else ""
    return first + station_crew_sentence(event.current_missions)


def station_crew_sentence(missions: Sequence[tuple[DatasetMission, DatasetPerson]]) -> str:
    """Sentence about the crew of the station: the first of `missions` and its commander."""
    if not missions:
        return "Nobody lived on the station yet: its first crew set out in October 2000."
    mission, commander = missions[0]
    crew = f"The crew of ISS-{mission.number} was on the station"
    return f"{crew}, with **{commander.name}** in command."


def _mission_names(missions: Iterable[DatasetMission]) -> str:
    return join_list_en([f"ISS-{mission.number}" for mission in missions])


def bold_names(people: Iterable[DatasetPerson]) -> list[str]:
    """Names of people in bold Markdown."""
    return to_bold([person.name for person in people])


def render_expedition_start(event: ChronicleExpeditionStart) -> NewsText:
    """Text of the start of an expedition."""
    mission = event.mission
    n = mission.number
    when = format_time_en(mission.starts_at, mission.starts_at_precision)
    return NewsText(
        title=f"Expedition {n} begins under {event.commander.name}",
        lead=_start_lead(event),
        body=join_paragraphs(
            f"Expedition {n} (ISS-{n}) began {when}.{_duration_sentence(event)}",
            _members_sentences(event),
            "Its main tasks:" if mission.tasks else None,
            "\n".join(f"- {task}" for task in mission.tasks),
        ),
    )


def _start_lead(event: ChronicleExpeditionStart) -> str:
    n, name = event.mission.number, event.commander.name
    if event.starts_with_launch:
        return f"{name} set out for {STATION} to command Expedition {n}."
    if event.previous_commander:
        passed = f"the command of {STATION} passed from {event.previous_commander.name} to {name}"
        return f"With the start of Expedition {n} {passed}."
    return f"{name} stayed in command of {STATION} as Expedition {n} began."


def _duration_sentence(event: ChronicleExpeditionStart) -> str:
    mission = event.mission
    if mission.ends_at is None:
        return ""
    days = pluralize_en(whole_days(mission.starts_at, mission.ends_at), "day")
    return f" It lasted {days}, until {format_day_en(mission.ends_at)}."


def _members_sentences(event: ChronicleExpeditionStart) -> str:
    were = "flight engineer was" if len(event.members_at_start) == 1 else "flight engineers were"
    later = later_commanders_phrase_en(bold_names(event.later_commanders))
    crew = f"**{event.commander.name}** was in command{later}. "
    crew += f"The {were} {join_list_en(bold_names(event.members_at_start))}."
    groups = [
        f"by {join_list_en(bold_names(people))} aboard {ship_phrase_en(up.main_spacecraft.name)}"
        for up, people in event.later_arrivals
    ]
    return f"{crew} They were joined {join_clauses_en(groups)}." if groups else crew


def render_handover(event: ChronicleHandover) -> NewsText:
    """Text of a change of command within an expedition."""
    old, new, n = event.old_commander.name, event.new_commander.name, event.mission.number
    back = None
    if event.return_flight:
        ship, at, _ = event.return_flight
        name = ship_phrase_en(ship.main_spacecraft.name)
        back = f"**{old}** {_landing_verb(ship)} aboard {name} on {format_day_en(at)}."
    until = (
        f" **{new}** led it until {format_day_en(event.new_commander_until)}."
        if event.new_commander_until
        else ""
    )
    return NewsText(
        title=f"{new} takes command of the station",
        lead=f"{old} handed {STATION} over to {new}.",
        body=join_paragraphs(
            "The change of command took place on "
            f"{format_day_en(event.handed_over_at)}, during ISS-{n}.",
            f"**{old}** had led the station since "
            f"{format_day_en(event.old_commander_since)}.{until}",
            back,
        ),
    )


def render_landing(event: ChronicleLanding) -> NewsText:
    """Text of a landing."""
    ship = ship_phrase_en(event.ship_launch.main_spacecraft.name)
    return NewsText(
        title=f"{upper_first(ship)} returns to Earth with a "
        f"crew of {spell_number_en(len(event.people))}",
        lead=_landing_lead(event),
        body=join_paragraphs(
            f"{upper_first(ship)} {_landing_verb(event.ship_launch)} "
            f"{format_time_en(event.landed_at, event.landed_at_precision)}.",
            f"{_ascent_sentence(event)} {_missions_left_sentence(event)}",
        ),
    )


def _landing_verb(ship: DatasetLaunch) -> str:
    return "splashed down" if splashes_down(ship.main_spacecraft.name) else "landed"


def _landing_lead(event: ChronicleLanding) -> str:
    are = "is" if len(event.crew_by_launch[0][2]) == 1 else "are"
    groups = [
        f"{join_list_en([person.name for person in people])} "
        f"{'' if n else f'{are} back from {STATION} '}after {format_duration_en(time)}"
        for n, (_, time, people) in enumerate(event.crew_by_launch)
    ]
    return f"{join_clauses_en(groups)}."


def _ascent_sentence(event: ChronicleLanding) -> str:
    if len(event.crew_by_launch) == 1:
        up = event.crew_by_launch[0][0]
        ship = (
            "the same ship" if up is event.ship_launch else ship_phrase_en(up.main_spacecraft.name)
        )
        return f"The crew had set out aboard {ship} on {format_day_en(up.launch_at)}."
    ways = [
        f"{join_list_en(bold_names(people))} {'' if n else 'had set out '}"
        f"aboard {ship_phrase_en(up.main_spacecraft.name)} "
        f"on {format_day_en(up.launch_at)}"
        for n, (up, _, people) in enumerate(event.crew_by_launch)
    ]
    return f"{join_clauses_en(ways)}."


def _missions_left_sentence(event: ChronicleLanding) -> str:
    if not event.crew_by_mission:
        return "It was a short flight to the station."
    if len(event.crew_by_mission) == 1 and not event.visitors:
        return f"They came home from ISS-{event.crew_by_mission[0][0].number}."
    parts = [
        f"{join_list_en(bold_names(people))} came home from ISS-{mission.number}"
        for mission, people in event.crew_by_mission
    ]
    if event.visitors:
        others = (
            "the others" if len(event.visitors) > 1 else join_list_en(bold_names(event.visitors))
        )
        parts.append(f"{others} from a short flight")
    return f"{join_clauses_en(parts)}."
