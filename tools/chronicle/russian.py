"""Russian texts of events.

Names of people are in the nominative, and verbs agree with a noun beside the name or are omitted,
so that neither case endings nor the gender of a person is needed.
"""

from collections.abc import Iterable, Sequence

from app.domain import glossary
from app.domain.dates import whole_days
from app.domain.enums import LaunchStatus, ShipRole, SpacecraftKind
from app.domain.headlines import build_launch_headline_ru
from app.domain.text import upper_first
from app.ingest.dataset.records import DatasetLaunch, DatasetMission, DatasetPerson
from tools.chronicle.events import (
    ChronicleExpeditionStart,
    ChronicleHandover,
    ChronicleLanding,
    ChronicleLaunch,
)
from tools.chronicle.grammar import (
    NewsText,
    format_crew_size_ru,
    format_day_ru,
    format_days_ru,
    format_duration_ru,
    format_local_day_ru,
    format_time_ru,
    join_clauses_ru,
    join_list_ru,
    join_paragraphs,
    to_bold,
)
from tools.chronicle.names import get_pad_names, splashes_down, was_verb_ru

STATION = "Международной космической станции"
_ROLE_NOUNS = {
    ShipRole.COMMANDER: ("командир", "командиры"),
    ShipRole.PILOT: ("пилот", "пилоты"),
    ShipRole.FLIGHT_ENGINEER: ("бортинженер", "бортинженеры"),
    ShipRole.MISSION_SPECIALIST: ("специалист полёта", "специалисты полёта"),
    ShipRole.SPACEFLIGHT_PARTICIPANT: (
        "участник космического полёта",
        "участники космического полёта",
    ),
}


def render_launch(event: ChronicleLaunch) -> NewsText:
    """Text of a launch."""
    launch = event.launch
    pad = get_pad_names(launch.site, launch.pad).pad_ru
    when = format_time_ru(launch.launch_at, launch.launch_at_precision)
    return NewsText(
        title=_launch_title(launch),
        lead=_launch_lead(launch),
        body=join_paragraphs(
            f"Старт состоялся {when} {pad}.{secondary_payload_sentence(launch)}",
            _crew_sentences(event) if event.crew else _station_crew_at_launch(event),
            launch.outcome_note_ru,
        ),
    )


def _launch_title(launch: DatasetLaunch) -> str:
    """Title of a launch: its headline, with a verb added if the launch succeeded."""
    ships = [{"name": craft.name, "kind": craft.kind} for craft in launch.spacecraft]
    text = build_launch_headline_ru(launch.status, launch.vehicle, ships)
    if launch.status in (LaunchStatus.FAILURE, LaunchStatus.PARTIAL_FAILURE):
        return text
    if glossary.is_shuttle(launch.main_spacecraft.name):
        shuttle = glossary.ship_phrase_ru(launch.main_spacecraft.name)
        return text.replace(shuttle, f"{shuttle} стартовал к МКС", 1)
    return f"{text} запущена"


def _launch_lead(launch: DatasetLaunch) -> str:
    site = upper_first(get_pad_names(launch.site, launch.pad).site_ru)
    if launch.status is LaunchStatus.FAILURE:
        noun = "пилотируемого" if launch.crew else "грузового"
        ship = glossary.ship_phrase_ru(launch.main_spacecraft.name)
        return f"Запуск {noun} корабля {ship} к {STATION} закончился аварией."
    if glossary.is_shuttle(launch.main_spacecraft.name):
        return f"{site} к {STATION} стартовал шаттл {_ship_with_crew(launch)}."
    lead = f"{site} к {STATION} стартовала ракета {glossary.vehicle_phrase_ru(launch.vehicle)}"
    if launch.status is LaunchStatus.PARTIAL_FAILURE:
        return f"{lead} с {_ship_with_crew(launch)}, но корабль до станции не дошёл."
    return f"{lead} с {_ship_with_crew(launch)}."


def _ship_with_crew(launch: DatasetLaunch) -> str:
    """The main ship after "с", with its crew; a shuttle is its own rocket."""
    name = glossary.ship_phrase_ru(launch.main_spacecraft.name)
    crew = f"экипажем из {format_crew_size_ru(len(launch.crew))}"
    match launch.main_spacecraft.kind:
        case SpacecraftKind.CV:
            return f"грузовым кораблём {name}"
        case SpacecraftKind.SC if glossary.is_shuttle(launch.main_spacecraft.name):
            return f"{name} с {crew}"
        case SpacecraftKind.SC:
            return f"кораблём {name} и {crew}" if launch.crew else f"беспилотным кораблём {name}"
    return glossary.get_module_names(launch.main_spacecraft.name).instrumental_ru


def secondary_payload_sentence(launch: DatasetLaunch) -> str:
    """Sentence about the modules that a ship carried, after a space; empty if it had none."""
    load = [glossary.get_module_names(craft.name) for craft in launch.spacecraft[1:]]
    if not load:
        return ""
    was = was_verb_ru(load[0]) if len(load) == 1 else "были"
    return f" На борту {was} {', '.join(f'и {part.phrase_ru}' for part in load)}."


def _crew_sentences(event: ChronicleLaunch) -> str:
    groups, last = [], 0
    for role, (one, many) in _ROLE_NOUNS.items():
        people = to_bold([person.name_ru for person, has in event.crew if has is role])
        if people:
            groups.append(f"{one if len(people) == 1 else many} {join_list_ru(people)}")
            last = len(people)
    aboard = f"В экипаже были {join_list_ru(groups) if last == 1 else ', '.join(groups)}."
    if event.launch.status is LaunchStatus.FAILURE:
        return aboard
    own = f"Это был краткосрочный полёт. {_station_crew_at_launch(event)}"
    return f"{aboard} {_missions_joined_sentence(event) or own}"


def _missions_joined_sentence(event: ChronicleLaunch) -> str | None:
    """Sentence about the missions of the crew, or None."""
    # Visitors come last; a group of several comes first, since its verb tells no gender.
    first, *more = sorted(
        event.crew_by_missions, key=lambda group: (not group[1], len(group[0]) == 1)
    )
    people, missions = first
    if not missions:
        return None
    if not more:
        return f"Они вошли в {_mission_crews_phrase(missions)}."
    if len(people) > 1:
        text = f"{join_list_ru(bold_names(people))} вошли в {_mission_crews_phrase(missions)}"
    else:
        text = (
            f"В {_mission_crews_phrase(missions)} вошёл один "
            f"человек — {join_list_ru(bold_names(people))}"
        )
    return f"{'; '.join([text, *(_further_group_phrase(*group) for group in more)])}."


def _further_group_phrase(people: list[DatasetPerson], missions: list[DatasetMission]) -> str:
    if missions:
        return f"{join_list_ru(bold_names(people))} — в {_mission_crews_phrase(missions)}"
    if len(people) > 1:
        return "остальные отправились в краткосрочный полёт"
    return f"в краткосрочный полёт отправился один человек — {join_list_ru(bold_names(people))}"


def _mission_crews_phrase(missions: list[DatasetMission]) -> str:
    return f"{'экипаж' if len(missions) == 1 else 'экипажи'} {_mission_names(missions)}"


def _station_crew_at_launch(event: ChronicleLaunch) -> str:
    first = "С этого запуска началась сборка станции. " if event.is_first else ""
    return first + station_crew_sentence(event.current_missions)


def station_crew_sentence(missions: Sequence[tuple[DatasetMission, DatasetPerson]]) -> str:
    """Sentence about the crew of the station: the first of `missions` and its commander."""
    if not missions:
        return (
            "Постоянного экипажа на станции ещё не было: "
            "первый отправился туда в октябре 2000 года."
        )
    mission, commander = missions[0]
    return (
        f"На станции работала экспедиция МКС-{mission.number}, командир — **{commander.name_ru}**."
    )


def _mission_names(missions: Iterable[DatasetMission]) -> str:
    return join_list_ru([f"МКС-{mission.number}" for mission in missions])


def bold_names(people: Iterable[DatasetPerson]) -> list[str]:
    """Names of people in bold Markdown."""
    return to_bold([person.name_ru for person in people])


def render_expedition_start(event: ChronicleExpeditionStart) -> NewsText:
    """Text of the start of an expedition, with its crew and its planned duration."""
    mission = event.mission
    when = format_time_ru(mission.starts_at, mission.starts_at_precision)
    return NewsText(
        title=f"Началась экспедиция МКС-{mission.number}, командир — {event.commander.name_ru}",
        lead=_start_lead(event),
        body=join_paragraphs(
            f"Экспедиция МКС-{mission.number} началась {when}.{_duration_sentence(event)}",
            _members_sentences(event),
            "Основные задачи:" if mission.tasks_ru else None,
            "\n".join(f"- {task}" for task in mission.tasks_ru),
        ),
    )


def _start_lead(event: ChronicleExpeditionStart) -> str:
    n, name = event.mission.number, event.commander.name_ru
    if event.starts_with_launch:
        return f"Началась экспедиция МКС-{n}: к {STATION} отправился её командир — {name}."
    if event.previous_commander:
        start = f"С началом экспедиции МКС-{n} на {STATION} сменился командир"
        return f"{start}: прежний — {event.previous_commander.name_ru}, новый — {name}."
    return f"На {STATION} началась экспедиция МКС-{n}; командир остался прежним — {name}."


def _duration_sentence(event: ChronicleExpeditionStart) -> str:
    mission = event.mission
    if mission.ends_at is None or mission.ends_at_precision is None:
        return ""
    until = format_local_day_ru(mission.ends_at, mission.ends_at_precision)
    return (
        " Она продлилась "
        f"{format_days_ru(whole_days(mission.starts_at, mission.ends_at))}, до {until}."
    )


def _members_sentences(event: ChronicleExpeditionStart) -> str:
    engineers = join_list_ru(bold_names(event.members_at_start))
    noun = "бортинженер" if len(event.members_at_start) == 1 else "бортинженеры"
    crew = f"Командир — **{event.commander.name_ru}**, {noun} — {engineers}."
    if event.later_arrivals:
        groups = [
            f"{join_list_ru(bold_names(people))} ({_ship_in_brackets(up)})"
            for up, people in event.later_arrivals
        ]
        alone = sum(len(people) for _, people in event.later_arrivals) == 1
        came = "прибыл ещё один член экипажа —" if alone else "прибыли"
        crew += f" Позднее на станцию {came} {join_clauses_ru(groups)}."
    if event.later_commanders:
        noun = "Следующий командир" if len(event.later_commanders) == 1 else "Следующие командиры"
        crew += f" {noun} — {join_list_ru(bold_names(event.later_commanders))}."
    return crew


def _ship_in_brackets(launch: DatasetLaunch) -> str:
    """Name of a ship to put into brackets, so without brackets of its own."""
    name = launch.main_spacecraft.name
    return (
        f"шаттл «{glossary.parse_shuttle_name(name)[1]}»"
        if glossary.is_shuttle(name)
        else glossary.ship_phrase_ru(name)
    )


def render_handover(event: ChronicleHandover) -> NewsText:
    """Text of a change of command within an expedition."""
    old, new, n = event.old_commander.name_ru, event.new_commander.name_ru, event.mission.number
    back = None
    if event.return_flight:
        ship, at, precision = event.return_flight
        day = format_local_day_ru(at, precision)
        back = f"Полёт прежнего командира завершился {day} {aboard_phrase(ship)}."
    until = f" (до {format_day_ru(event.new_commander_until)})" if event.new_commander_until else ""
    return NewsText(
        title=f"Новый командир МКС — {new}",
        lead=f"На {STATION} сменился командир: прежний — {old}, новый — {new}.",
        body=join_paragraphs(
            f"Смена командира экспедиции МКС-{n} состоялась {format_day_ru(event.handed_over_at)}.",
            f"Прежний командир — **{old}** (с {format_day_ru(event.old_commander_since)}), "
            f"новый — **{new}**{until}.",
            back,
        ),
    )


def render_landing(event: ChronicleLanding) -> NewsText:
    """Text of a landing: the people, their time in space and their missions."""
    noun = "шаттл" if glossary.is_shuttle(event.ship_launch.main_spacecraft.name) else "корабль"
    ship = f"{noun} {glossary.ship_phrase_ru(event.ship_launch.main_spacecraft.name)}"
    down = (
        "приводнился"
        if splashes_down(event.ship_launch.main_spacecraft.name)
        else "совершил посадку"
    )
    crew = format_crew_size_ru(len(event.people))
    back = [
        f"{join_list_ru([person.name_ru for person in people])} "
        f"({format_duration_ru(time)} в космосе)"
        for _, time, people in event.crew_by_launch
    ]
    return NewsText(
        title=f"{upper_first(ship)} вернулся на Землю с экипажем из {crew}",
        lead=f"На Землю вернулись {join_clauses_ru(back)}.",
        body=join_paragraphs(
            f"{upper_first(noun)} {down} "
            f"{format_time_ru(event.landed_at, event.landed_at_precision)}.",
            f"{_ascent_sentence(event)} {_missions_left_sentence(event)}",
        ),
    )


def _ascent_sentence(event: ChronicleLanding) -> str:
    def day(up: DatasetLaunch) -> str:
        return format_local_day_ru(up.launch_at, up.launch_at_precision)

    if len(event.crew_by_launch) == 1:
        up = event.crew_by_launch[0][0]
        same = (
            "на этом же шаттле"
            if glossary.is_shuttle(up.main_spacecraft.name)
            else "на этом же корабле"
        )
        way = same if up is event.ship_launch else aboard_phrase(up)
        return f"Члены экипажа отправились на станцию {day(up)} {way}."
    ways = [
        f"{join_list_ru(bold_names(people))} — {day(up)} {aboard_phrase(up)}"
        for up, _, people in event.crew_by_launch
    ]
    return f"Члены экипажа отправились на станцию в разное время: {'; '.join(ways)}."


def aboard_phrase(launch: DatasetLaunch) -> str:
    """Phrase "aboard a ship": "на корабле «Союз МС-11»"."""
    noun = "шаттле" if glossary.is_shuttle(launch.main_spacecraft.name) else "корабле"
    return f"на {noun} {glossary.ship_phrase_ru(launch.main_spacecraft.name)}"


def _missions_left_sentence(event: ChronicleLanding) -> str:
    if not event.crew_by_mission:
        return "Это был краткосрочный полёт."
    if len(event.crew_by_mission) == 1 and not event.visitors:
        return f"Вернулись они из экспедиции МКС-{event.crew_by_mission[0][0].number}."
    parts = [
        f"{join_list_ru(bold_names(people))} — из экспедиции МКС-{mission.number}"
        for mission, people in event.crew_by_mission
    ]
    if event.visitors:
        others = (
            "остальные" if len(event.visitors) > 1 else join_list_ru(bold_names(event.visitors))
        )
        parts.append(f"{others} — из краткосрочного полёта")
    return f"Вернулись они из разных полётов: {'; '.join(parts)}."
