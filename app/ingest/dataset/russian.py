"""The archive's own words in Russian: how each event is told, and each mission.

Names of people stand in the nominative, and a verb about one of them agrees with a noun beside the
name or is left out: then neither case endings nor a guess at a person's gender is needed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.db.models import LaunchStatus, ShipRole, SpacecraftKind
from app.domain import glossary
from app.domain.dates import Precision, whole_days
from app.domain.grammar import (
    Text,
    clauses_ru,
    days_ru,
    joined_ru,
    of_people_ru,
    paragraphs,
    russian_day,
    russian_local_day,
    russian_span,
    russian_time,
    strong,
    upper_first,
)
from app.domain.headlines import headline_ru
from app.ingest.dataset.derive import Course, carried
from app.ingest.dataset.events import Begun, Handover, Landed, Launched
from app.ingest.dataset.records import LaunchRecord, MissionRecord, PersonRecord

STATION = "Международной космической станции"
_ROLES = {
    ShipRole.COMMANDER: ("командир", "командиры"),
    ShipRole.PILOT: ("пилот", "пилоты"),
    ShipRole.FLIGHT_ENGINEER: ("бортинженер", "бортинженеры"),
    ShipRole.MISSION_SPECIALIST: ("специалист полёта", "специалисты полёта"),
    ShipRole.SPACEFLIGHT_PARTICIPANT: (
        "участник космического полёта",
        "участники космического полёта",
    ),
}


def launched(event: Launched) -> Text:
    """A launch: what flew, on what, from where, when, with whom, for which mission."""
    launch = event.launch
    pad = glossary.place(launch.site, launch.pad).pad_ru
    when = russian_time(launch.launch_at, launch.launch_at_precision)
    return Text(
        title=_launch_title(launch),
        lead=_launch_lead(launch),
        body=paragraphs(
            f"Старт состоялся {when} {pad}.{_also_carried(launch)}",
            _crew(event) if event.crew else _addressee(event),
            launch.outcome_note_ru,
        ),
    )


def _launch_title(launch: LaunchRecord) -> str:
    """As a headline; a launch that went well has a verb, since here it is news."""
    ships = [{"name": craft.name, "kind": craft.kind} for craft in launch.spacecraft]
    told = headline_ru(launch.status, launch.vehicle, ships)
    if launch.status in (LaunchStatus.FAILURE, LaunchStatus.PARTIAL_FAILURE):
        return told
    if glossary.is_shuttle(launch.ship.name):
        shuttle = glossary.ship_ru(launch.ship.name)
        return told.replace(shuttle, f"{shuttle} стартовал к МКС", 1)
    return f"{told} запущена"


def _launch_lead(launch: LaunchRecord) -> str:
    site = upper_first(glossary.place(launch.site, launch.pad).site_ru)
    if launch.status is LaunchStatus.FAILURE:
        noun = "пилотируемого" if launch.crew else "грузового"
        ship = glossary.ship_ru(launch.ship.name)
        return f"Запуск {noun} корабля {ship} к {STATION} закончился аварией."
    if glossary.is_shuttle(launch.ship.name):
        return f"{site} к {STATION} стартовал шаттл {_load(launch)}."
    lead = f"{site} к {STATION} стартовала ракета {glossary.vehicle_ru(launch.vehicle)}"
    if launch.status is LaunchStatus.PARTIAL_FAILURE:
        return f"{lead} с {_load(launch)}, но корабль до станции не дошёл."
    return f"{lead} с {_load(launch)}."


def _load(launch: LaunchRecord) -> str:
    """The main ship after "с", with whoever is aboard; a shuttle is its own rocket."""
    name = glossary.ship_ru(launch.ship.name)
    crew = f"экипажем из {of_people_ru(len(launch.crew))}"
    match launch.ship.kind:
        case SpacecraftKind.CV:
            return f"грузовым кораблём {name}"
        case SpacecraftKind.SC if glossary.is_shuttle(launch.ship.name):
            return f"{name} с {crew}"
        case SpacecraftKind.SC:
            return f"кораблём {name} и {crew}" if launch.crew else f"беспилотным кораблём {name}"
    return glossary.part(launch.ship.name).with_russian


def _also_carried(launch: LaunchRecord) -> str:
    load = [glossary.part(craft.name) for craft in launch.spacecraft[1:]]
    if not load:
        return ""
    was = load[0].was_russian if len(load) == 1 else "были"
    return f" На борту {was} {', '.join(f'и {part.russian}' for part in load)}."


def _crew(event: Launched) -> str:
    groups, last = [], 0
    for role, (one, many) in _ROLES.items():
        people = strong([person.name_ru for person, has in event.crew if has is role])
        if people:
            groups.append(f"{one if len(people) == 1 else many} {joined_ru(people)}")
            last = len(people)
    aboard = f"В экипаже были {joined_ru(groups) if last == 1 else ', '.join(groups)}."
    if event.launch.status is LaunchStatus.FAILURE:
        return aboard
    own = f"Это был краткосрочный полёт. {_addressee(event)}"
    return f"{aboard} {_purpose(event) or own}"


def _purpose(event: Launched) -> str | None:
    """Which missions the crew flew for, None where it was for none."""
    # Visitors come last; a group of several comes first, since its verb tells no gender.
    first, *more = sorted(event.flew_for, key=lambda group: (not group[1], len(group[0]) == 1))
    people, missions = first
    if not missions:
        return None
    if not more:
        return f"Они вошли в {_crews(missions)}."
    if len(people) > 1:
        told = f"{joined_ru(_names(people))} вошли в {_crews(missions)}"
    else:
        told = f"В {_crews(missions)} вошёл один человек — {joined_ru(_names(people))}"
    return f"{'; '.join([told, *(_as_well(*group) for group in more)])}."


def _as_well(people: list[PersonRecord], missions: list[MissionRecord]) -> str:
    if missions:
        return f"{joined_ru(_names(people))} — в {_crews(missions)}"
    if len(people) > 1:
        return "остальные отправились в краткосрочный полёт"
    return f"в краткосрочный полёт отправился один человек — {joined_ru(_names(people))}"


def _crews(missions: list[MissionRecord]) -> str:
    return f"{'экипаж' if len(missions) == 1 else 'экипажи'} {_missions(missions)}"


def _addressee(event: Launched) -> str:
    """Who was on the station."""
    if not event.hosts:
        first = "С этого запуска началась сборка станции. " if event.is_first else ""
        return (
            f"{first}Постоянного экипажа на станции ещё не было: "
            "первый отправился туда в октябре 2000 года."
        )
    if len(event.hosts) > 1:
        old, new = (mission.number for mission, _ in event.hosts)
        return f"В это время экспедиция МКС-{new} сменяла экспедицию МКС-{old}."
    mission, commander = event.hosts[0]
    return (
        f"На станции работала экспедиция МКС-{mission.number}, командир — **{commander.name_ru}**."
    )


def _missions(missions: Iterable[MissionRecord]) -> str:
    return joined_ru([f"МКС-{mission.number}" for mission in missions])


def _names(people: Iterable[PersonRecord]) -> list[str]:
    return strong([person.name_ru for person in people])


def begun(event: Begun) -> Text:
    """The start of an expedition, with its crew and how long it was to last."""
    mission = event.mission
    when = russian_time(mission.starts_at, mission.starts_at_precision)
    return Text(
        title=f"Началась экспедиция МКС-{mission.number}, командир — {event.commander.name_ru}",
        lead=_start_lead(event),
        body=paragraphs(
            f"Экспедиция МКС-{mission.number} началась {when}.{_duration(event)}",
            _members(event),
            "Основные задачи:" if mission.tasks_ru else None,
            "\n".join(f"- {task}" for task in mission.tasks_ru),
        ),
    )


def _start_lead(event: Begun) -> str:
    n, name = event.mission.number, event.commander.name_ru
    if event.sets_out:
        return f"Началась экспедиция МКС-{n}: к {STATION} отправился её командир — {name}."
    if event.before:
        start = f"С началом экспедиции МКС-{n} на {STATION} сменился командир"
        return f"{start}: прежний — {event.before.name_ru}, новый — {name}."
    return f"На {STATION} началась экспедиция МКС-{n}; командир остался прежним — {name}."


def _duration(event: Begun) -> str:
    mission = event.mission
    if mission.ends_at is None or mission.ends_at_precision is None:
        return ""
    until = russian_local_day(mission.ends_at, mission.ends_at_precision)
    return f" Она продлилась {days_ru(whole_days(mission.starts_at, mission.ends_at))}, до {until}."


def _members(event: Begun) -> str:
    engineers = joined_ru(_names(event.aboard))
    noun = "бортинженер" if len(event.aboard) == 1 else "бортинженеры"
    crew = f"Командир — **{event.commander.name_ru}**, {noun} — {engineers}."
    if event.joining:
        groups = [f"{joined_ru(_names(people))} ({_ship(up)})" for up, people in event.joining]
        alone = sum(len(people) for _, people in event.joining) == 1
        came = "прибыл ещё один член экипажа —" if alone else "прибыли"
        crew += f" Позднее на станцию {came} {clauses_ru(groups)}."
    if event.later_commanders:
        noun = "Следующий командир" if len(event.later_commanders) == 1 else "Следующие командиры"
        crew += f" {noun} — {joined_ru(_names(event.later_commanders))}."
    return crew


def _ship(launch: LaunchRecord) -> str:
    """A ship in brackets, which have none within."""
    name = launch.ship.name
    return (
        f"шаттл «{glossary.orbiter(name)[1]}»"
        if glossary.is_shuttle(name)
        else glossary.ship_ru(name)
    )


def handed_over(event: Handover) -> Text:
    """A change of command within an expedition."""
    old, new, n = event.old.name_ru, event.new.name_ru, event.mission.number
    back = None
    if event.home:
        ship, at, precision = event.home
        day = russian_local_day(at, precision)
        back = f"Полёт прежнего командира завершился {day} {_aboard(ship)}."
    until = f" (до {russian_day(event.until)})" if event.until else ""
    return Text(
        title=f"Новый командир МКС — {new}",
        lead=f"На {STATION} сменился командир: прежний — {old}, новый — {new}.",
        body=paragraphs(
            f"Смена командира экспедиции МКС-{n} состоялась {russian_day(event.at)}.",
            f"Прежний командир — **{old}** (с {russian_day(event.since)}), "
            f"новый — **{new}**{until}.",
            back,
        ),
    )


def landed(event: Landed) -> Text:
    """The return of a ship: who came home, after how long, from which mission."""
    noun = "шаттл" if glossary.is_shuttle(event.ship.ship.name) else "корабль"
    ship = f"{noun} {glossary.ship_ru(event.ship.ship.name)}"
    down = "приводнился" if glossary.splashes_down(event.ship.ship.name) else "совершил посадку"
    crew = of_people_ru(len(event.people))
    back = [
        f"{joined_ru([person.name_ru for person in people])} ({russian_span(time)} в космосе)"
        for _, time, people in event.came
    ]
    return Text(
        title=f"{upper_first(ship)} вернулся на Землю с экипажем из {crew}",
        lead=f"На Землю вернулись {clauses_ru(back)}.",
        body=paragraphs(
            f"{upper_first(noun)} {down} {russian_time(event.at, event.precision)}.",
            f"{_way_up(event)} {_homecoming(event)}",
        ),
    )


def _way_up(event: Landed) -> str:
    def day(up: LaunchRecord) -> str:
        return russian_local_day(up.launch_at, up.launch_at_precision)

    if len(event.came) == 1:
        up = event.came[0][0]
        same = "на этом же шаттле" if glossary.is_shuttle(up.ship.name) else "на этом же корабле"
        way = same if up is event.ship else _aboard(up)
        return f"Члены экипажа отправились на станцию {day(up)} {way}."
    ways = [
        f"{joined_ru(_names(people))} — {day(up)} {_aboard(up)}" for up, _, people in event.came
    ]
    return f"Члены экипажа отправились на станцию в разное время: {'; '.join(ways)}."


def _aboard(launch: LaunchRecord) -> str:
    noun = "шаттле" if glossary.is_shuttle(launch.ship.name) else "корабле"
    return f"на {noun} {glossary.ship_ru(launch.ship.name)}"


def _homecoming(event: Landed) -> str:
    if not event.missions:
        return "Это был краткосрочный полёт."
    if len(event.missions) == 1 and not event.visitors:
        return f"Вернулись они из экспедиции МКС-{event.missions[0][0].number}."
    parts = [
        f"{joined_ru(_names(people))} — из экспедиции МКС-{mission.number}"
        for mission, people in event.missions
    ]
    if event.visitors:
        others = "остальные" if len(event.visitors) > 1 else joined_ru(_names(event.visitors))
        parts.append(f"{others} — из краткосрочного полёта")
    return f"Вернулись они из разных полётов: {'; '.join(parts)}."


def summary(course: Course) -> str:
    """A mission in two to five sentences."""
    mission = course.mission
    first, *later = [person.name_ru for person in course.commanders]
    if later:
        following = "следующий" if len(later) == 1 else "следующие"
        command = f"Первый командир — {first}, {following} — {joined_ru(later)}."
    else:
        command = f"Командир — {first}."
    crew = f"Экипаж из {of_people_ru(len(mission.flown_by))} прибыл {_by_ships(course.brought)}."
    return " ".join(
        filter(None, [_lasted(mission), command, crew, _supplies(course), _failures(course)])
    )


def _lasted(mission: MissionRecord) -> str:
    head = f"Экспедиция МКС-{mission.number}"
    if mission.ends_at is None:
        start = russian_local_day(mission.starts_at, mission.starts_at_precision)
        return f"{head} началась {start}."
    days = days_ru(whole_days(mission.starts_at, mission.ends_at))
    elsewhere = _differs(mission.starts_at, mission.starts_at_precision) or _differs(
        mission.ends_at, mission.ends_at_precision
    )
    clock = " по московскому времени" if elsewhere else ""
    return f"{head} продлилась {days}, {_period(mission)}{clock}."


def _differs(at: datetime, precision: Precision | None) -> bool:
    """Whether the day in Moscow is another one than by UTC."""
    return precision is not None and russian_local_day(at, precision) != russian_day(at)


def _period(mission: MissionRecord) -> str:
    """From day to day: "с 15 марта по 25 июня 2019 года"; without an end "с 9 декабря …"."""
    first = russian_local_day(mission.starts_at, mission.starts_at_precision)
    if mission.ends_at is None or mission.ends_at_precision is None:
        return f"с {first}"
    last = russian_local_day(mission.ends_at, mission.ends_at_precision)
    return f"с {first.removesuffix(last[-len(' 2019 года') :])} по {last}"


def _supplies(course: Course) -> str | None:
    sent = [*_parts(course.sent), *filter(None, [_cargo_ships(course.sent)])]
    return f"За это время к станции отправили: {joined_ru(sent)}." if sent else None


def _failures(course: Course) -> str | None:
    if not course.lost:
        return None
    ships = joined_ru([glossary.ship_ru(launch.ship.name) for launch in course.lost])
    if len(course.lost) == 1:
        return f"Запуск корабля {ships} закончился неудачей."
    return f"Неудачей закончились запуски кораблей {ships}."


def tasks(course: Course) -> list[str]:
    """What a mission had to do."""
    parts, cargo = _parts(course.received), _cargo_ships(course.received)
    hosted = joined_ru([_a_ship(launch) for launch in course.hosted])
    return [
        *(f"Прибыть на станцию {_aboard(launch)}" for launch in course.own),
        *([f"Встретить {hosted}"] if hosted else []),
        f"Обеспечить работу экипажа на станции {_period(course.mission)}",
        *([f"Принять на станции: {joined_ru(parts)}"] if parts else []),
        *([f"Принять {cargo}"] if cargo else []),
        *_handovers(course),
        *(
            [f"Вернуть членов экипажа на Землю {_by_ships(course.departed)}"]
            if course.departed
            else []
        ),
    ]


def _handovers(course: Course) -> Iterator[str]:
    first, *later = [person.name_ru for person in course.commanders]
    if later:
        yield f"Передать командование станцией: сначала {first}, затем {', затем '.join(later)}"
    if course.heir:
        mission, heir = course.heir
        yield f"Передать станцию экспедиции МКС-{mission.number}, командир — {heir.name_ru}"


def _a_ship(launch: LaunchRecord) -> str:
    noun = "шаттл" if glossary.is_shuttle(launch.ship.name) else "корабль"
    return f"{noun} {glossary.ship_ru(launch.ship.name)}"


def _by_ships(launches: Iterable[LaunchRecord]) -> str:
    """Aboard one ship or several: "на корабле «Союз МС-11» и на шаттле …"."""
    return joined_ru([_aboard(launch) for launch in launches])


def _parts(launches: Iterable[LaunchRecord]) -> list[str]:
    """The modules that launches carried."""
    return [glossary.part(name).russian for name in carried(launches, SpacecraftKind.MODULE)]


def _cargo_ships(launches: Iterable[LaunchRecord]) -> str:
    """The cargo ships among launches; in the nominative and the accusative alike."""
    ships = [glossary.ship_ru(name) for name in carried(launches, SpacecraftKind.CV)]
    noun = "грузовой корабль" if len(ships) == 1 else "грузовые корабли"
    return f"{noun} {joined_ru(ships)}" if ships else ""
