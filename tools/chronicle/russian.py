"""The archive's own words in Russian: how each event is told, and each mission.

Names of people stand in the nominative, and a verb about one of them agrees with a noun beside the
name or is left out: then neither case endings nor a guess at a person's gender is needed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.domain import glossary
from app.domain.dates import Precision, whole_days
from app.domain.enums import LaunchStatus, ShipRole, SpacecraftKind
from app.domain.headlines import build_launch_headline_ru
from app.domain.text import upper_first
from app.ingest.dataset.records import DatasetLaunch, DatasetMission, DatasetPerson
from tools.chronicle.derive import MissionFacts, list_spacecraft_names
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

_STATION = "Международной космической станции"
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
    """A launch: what flew, on what, from where, when, with whom, for which mission."""
    launch = event.launch
    pad = get_pad_names(launch.site, launch.pad).pad_ru
    when = format_time_ru(launch.launch_at, launch.launch_at_precision)
    return NewsText(
        title=_launch_title(launch),
        lead=_launch_lead(launch),
        body=join_paragraphs(
            f"Старт состоялся {when} {pad}.{_secondary_payload_sentence(launch)}",
            _crew_sentences(event) if event.crew else _station_crew_sentence(event),
            launch.outcome_note_ru,
        ),
    )


def _launch_title(launch: DatasetLaunch) -> str:
    """As a headline; a launch that went well has a verb, since here it is news."""
    ships = [{"name": craft.name, "kind": craft.kind} for craft in launch.spacecraft]
    told = build_launch_headline_ru(launch.status, launch.vehicle, ships)
    if launch.status in (LaunchStatus.FAILURE, LaunchStatus.PARTIAL_FAILURE):
        return told
    if glossary.is_shuttle(launch.main_spacecraft.name):
        shuttle = glossary.ship_phrase_ru(launch.main_spacecraft.name)
        return told.replace(shuttle, f"{shuttle} стартовал к МКС", 1)
    return f"{told} запущена"


def _launch_lead(launch: DatasetLaunch) -> str:
    site = upper_first(get_pad_names(launch.site, launch.pad).site_ru)
    if launch.status is LaunchStatus.FAILURE:
        noun = "пилотируемого" if launch.crew else "грузового"
        ship = glossary.ship_phrase_ru(launch.main_spacecraft.name)
        return f"Запуск {noun} корабля {ship} к {_STATION} закончился аварией."
    if glossary.is_shuttle(launch.main_spacecraft.name):
        return f"{site} к {_STATION} стартовал шаттл {_ship_with_crew(launch)}."
    lead = f"{site} к {_STATION} стартовала ракета {glossary.vehicle_phrase_ru(launch.vehicle)}"
    if launch.status is LaunchStatus.PARTIAL_FAILURE:
        return f"{lead} с {_ship_with_crew(launch)}, но корабль до станции не дошёл."
    return f"{lead} с {_ship_with_crew(launch)}."


def _ship_with_crew(launch: DatasetLaunch) -> str:
    """The main ship after "с", with whoever is aboard; a shuttle is its own rocket."""
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


def _secondary_payload_sentence(launch: DatasetLaunch) -> str:
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
    own = f"Это был краткосрочный полёт. {_station_crew_sentence(event)}"
    return f"{aboard} {_missions_joined_sentence(event) or own}"


def _missions_joined_sentence(event: ChronicleLaunch) -> str | None:
    """Which missions the crew flew for, None where it was for none."""
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
        told = f"{join_list_ru(_bold_names(people))} вошли в {_mission_crews_phrase(missions)}"
    else:
        told = (
            f"В {_mission_crews_phrase(missions)} вошёл один "
            f"человек — {join_list_ru(_bold_names(people))}"
        )
    return f"{'; '.join([told, *(_further_group_phrase(*group) for group in more)])}."


def _further_group_phrase(people: list[DatasetPerson], missions: list[DatasetMission]) -> str:
    if missions:
        return f"{join_list_ru(_bold_names(people))} — в {_mission_crews_phrase(missions)}"
    if len(people) > 1:
        return "остальные отправились в краткосрочный полёт"
    return f"в краткосрочный полёт отправился один человек — {join_list_ru(_bold_names(people))}"


def _mission_crews_phrase(missions: list[DatasetMission]) -> str:
    return f"{'экипаж' if len(missions) == 1 else 'экипажи'} {_mission_names(missions)}"


def _station_crew_sentence(event: ChronicleLaunch) -> str:
    """Who was on the station."""
    if not event.current_missions:
        first = "С этого запуска началась сборка станции. " if event.is_first else ""
        return (
            f"{first}Постоянного экипажа на станции ещё не было: "
            "первый отправился туда в октябре 2000 года."
        )
    if len(event.current_missions) > 1:
        old, new = (mission.number for mission, _ in event.current_missions)
        return f"В это время экспедиция МКС-{new} сменяла экспедицию МКС-{old}."
    mission, commander = event.current_missions[0]
    return (
        f"На станции работала экспедиция МКС-{mission.number}, командир — **{commander.name_ru}**."
    )


def _mission_names(missions: Iterable[DatasetMission]) -> str:
    return join_list_ru([f"МКС-{mission.number}" for mission in missions])


def _bold_names(people: Iterable[DatasetPerson]) -> list[str]:
    return to_bold([person.name_ru for person in people])


def render_expedition_start(event: ChronicleExpeditionStart) -> NewsText:
    """The start of an expedition, with its crew and how long it was to last."""
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
        return f"Началась экспедиция МКС-{n}: к {_STATION} отправился её командир — {name}."
    if event.previous_commander:
        start = f"С началом экспедиции МКС-{n} на {_STATION} сменился командир"
        return f"{start}: прежний — {event.previous_commander.name_ru}, новый — {name}."
    return f"На {_STATION} началась экспедиция МКС-{n}; командир остался прежним — {name}."


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
    engineers = join_list_ru(_bold_names(event.members_at_start))
    noun = "бортинженер" if len(event.members_at_start) == 1 else "бортинженеры"
    crew = f"Командир — **{event.commander.name_ru}**, {noun} — {engineers}."
    if event.later_arrivals:
        groups = [
            f"{join_list_ru(_bold_names(people))} ({_ship_in_brackets(up)})"
            for up, people in event.later_arrivals
        ]
        alone = sum(len(people) for _, people in event.later_arrivals) == 1
        came = "прибыл ещё один член экипажа —" if alone else "прибыли"
        crew += f" Позднее на станцию {came} {join_clauses_ru(groups)}."
    if event.later_commanders:
        noun = "Следующий командир" if len(event.later_commanders) == 1 else "Следующие командиры"
        crew += f" {noun} — {join_list_ru(_bold_names(event.later_commanders))}."
    return crew


def _ship_in_brackets(launch: DatasetLaunch) -> str:
    """A ship in brackets, which have none within."""
    name = launch.main_spacecraft.name
    return (
        f"шаттл «{glossary.parse_shuttle_name(name)[1]}»"
        if glossary.is_shuttle(name)
        else glossary.ship_phrase_ru(name)
    )


def render_handover(event: ChronicleHandover) -> NewsText:
    """A change of command within an expedition."""
    old, new, n = event.old_commander.name_ru, event.new_commander.name_ru, event.mission.number
    back = None
    if event.return_flight:
        ship, at, precision = event.return_flight
        day = format_local_day_ru(at, precision)
        back = f"Полёт прежнего командира завершился {day} {_aboard_phrase(ship)}."
    until = f" (до {format_day_ru(event.new_commander_until)})" if event.new_commander_until else ""
    return NewsText(
        title=f"Новый командир МКС — {new}",
        lead=f"На {_STATION} сменился командир: прежний — {old}, новый — {new}.",
        body=join_paragraphs(
            f"Смена командира экспедиции МКС-{n} состоялась {format_day_ru(event.handed_over_at)}.",
            f"Прежний командир — **{old}** (с {format_day_ru(event.old_commander_since)}), "
            f"новый — **{new}**{until}.",
            back,
        ),
    )


def render_landing(event: ChronicleLanding) -> NewsText:
    """The return of a ship: who came home, after how long, from which mission."""
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
        way = same if up is event.ship_launch else _aboard_phrase(up)
        return f"Члены экипажа отправились на станцию {day(up)} {way}."
    ways = [
        f"{join_list_ru(_bold_names(people))} — {day(up)} {_aboard_phrase(up)}"
        for up, _, people in event.crew_by_launch
    ]
    return f"Члены экипажа отправились на станцию в разное время: {'; '.join(ways)}."


def _aboard_phrase(launch: DatasetLaunch) -> str:
    noun = "шаттле" if glossary.is_shuttle(launch.main_spacecraft.name) else "корабле"
    return f"на {noun} {glossary.ship_phrase_ru(launch.main_spacecraft.name)}"


def _missions_left_sentence(event: ChronicleLanding) -> str:
    if not event.crew_by_mission:
        return "Это был краткосрочный полёт."
    if len(event.crew_by_mission) == 1 and not event.visitors:
        return f"Вернулись они из экспедиции МКС-{event.crew_by_mission[0][0].number}."
    parts = [
        f"{join_list_ru(_bold_names(people))} — из экспедиции МКС-{mission.number}"
        for mission, people in event.crew_by_mission
    ]
    if event.visitors:
        others = (
            "остальные" if len(event.visitors) > 1 else join_list_ru(_bold_names(event.visitors))
        )
        parts.append(f"{others} — из краткосрочного полёта")
    return f"Вернулись они из разных полётов: {'; '.join(parts)}."


def summarize_mission(course: MissionFacts) -> str:
    """A mission in two to five sentences."""
    mission = course.mission
    first, *later = [person.name_ru for person in course.commanders]
    if later:
        following = "следующий" if len(later) == 1 else "следующие"
        command = f"Первый командир — {first}, {following} — {join_list_ru(later)}."
    else:
        command = f"Командир — {first}."
    crew = (
        f"Экипаж из {format_crew_size_ru(len(mission.launch_by_person))} "
        f"прибыл {_aboard_phrases(course.crew_launches)}."
    )
    return " ".join(
        filter(
            None,
            [
                _summary_opening(mission),
                command,
                crew,
                _supplies_sentence(course),
                _failures_sentence(course),
            ],
        )
    )


def _summary_opening(mission: DatasetMission) -> str:
    head = f"Экспедиция МКС-{mission.number}"
    if mission.ends_at is None:
        start = format_local_day_ru(mission.starts_at, mission.starts_at_precision)
        return f"{head} началась {start}."
    days = format_days_ru(whole_days(mission.starts_at, mission.ends_at))
    elsewhere = _moscow_day_differs(
        mission.starts_at, mission.starts_at_precision
    ) or _moscow_day_differs(mission.ends_at, mission.ends_at_precision)
    clock = " по московскому времени" if elsewhere else ""
    return f"{head} продлилась {days}, {_period_phrase(mission)}{clock}."


def _moscow_day_differs(at: datetime, precision: Precision | None) -> bool:
    """Whether the day in Moscow is another one than by UTC."""
    return precision is not None and format_local_day_ru(at, precision) != format_day_ru(at)


def _period_phrase(mission: DatasetMission) -> str:
    """From day to day: "с 15 марта по 25 июня 2019 года"; without an end "с 9 декабря …"."""
    first = format_local_day_ru(mission.starts_at, mission.starts_at_precision)
    if mission.ends_at is None or mission.ends_at_precision is None:
        return f"с {first}"
    last = format_local_day_ru(mission.ends_at, mission.ends_at_precision)
    return f"с {first.removesuffix(last[-len(' 2019 года') :])} по {last}"


def _supplies_sentence(course: MissionFacts) -> str | None:
    sent = [
        *_module_names(course.supply_launches),
        *filter(None, [_cargo_ships_phrase(course.supply_launches)]),
    ]
    return f"За это время к станции отправили: {join_list_ru(sent)}." if sent else None


def _failures_sentence(course: MissionFacts) -> str | None:
    if not course.failed_launches:
        return None
    ships = join_list_ru(
        [glossary.ship_phrase_ru(launch.main_spacecraft.name) for launch in course.failed_launches]
    )
    if len(course.failed_launches) == 1:
        return f"Запуск корабля {ships} закончился неудачей."
    return f"Неудачей закончились запуски кораблей {ships}."


def describe_tasks(course: MissionFacts) -> list[str]:
    """What a mission had to do."""
    parts, cargo = (
        _module_names(course.delivered_launches),
        _cargo_ships_phrase(course.delivered_launches),
    )
    hosted = join_list_ru([_ship_phrase(launch) for launch in course.later_arrivals])
    return [
        *(f"Прибыть на станцию {_aboard_phrase(launch)}" for launch in course.commander_launches),
        *([f"Встретить {hosted}"] if hosted else []),
        f"Обеспечить работу экипажа на станции {_period_phrase(course.mission)}",
        *([f"Принять на станции: {join_list_ru(parts)}"] if parts else []),
        *([f"Принять {cargo}"] if cargo else []),
        *_handover_tasks(course),
        *(
            [f"Вернуть членов экипажа на Землю {_aboard_phrases(course.departure_launches)}"]
            if course.departure_launches
            else []
        ),
    ]


def _handover_tasks(course: MissionFacts) -> Iterator[str]:
    first, *later = [person.name_ru for person in course.commanders]
    if later:
        yield f"Передать командование станцией: сначала {first}, затем {', затем '.join(later)}"
    if course.successor:
        mission, heir = course.successor
        yield f"Передать станцию экспедиции МКС-{mission.number}, командир — {heir.name_ru}"


def _ship_phrase(launch: DatasetLaunch) -> str:
    noun = "шаттл" if glossary.is_shuttle(launch.main_spacecraft.name) else "корабль"
    return f"{noun} {glossary.ship_phrase_ru(launch.main_spacecraft.name)}"


def _aboard_phrases(launches: Iterable[DatasetLaunch]) -> str:
    """Aboard one ship or several: "на корабле «Союз МС-11» и на шаттле …"."""
    return join_list_ru([_aboard_phrase(launch) for launch in launches])


def _module_names(launches: Iterable[DatasetLaunch]) -> list[str]:
    """The modules that launches carried."""
    return [
        glossary.get_module_names(name).phrase_ru
        for name in list_spacecraft_names(launches, SpacecraftKind.MODULE)
    ]


def _cargo_ships_phrase(launches: Iterable[DatasetLaunch]) -> str:
    """The cargo ships among launches; in the nominative and the accusative alike."""
    ships = [
        glossary.ship_phrase_ru(name) for name in list_spacecraft_names(launches, SpacecraftKind.CV)
    ]
    noun = "грузовой корабль" if len(ships) == 1 else "грузовые корабли"
    return f"{noun} {join_list_ru(ships)}" if ships else ""
