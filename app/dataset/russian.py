"""The chronicle in Russian: how each event is told.

Names of people stand in the nominative and verbs about them in the present tense or the plural:
then neither case endings nor the speaker's guess at a person's gender is needed.
"""

from collections.abc import Iterable

from app.dataset import names
from app.dataset.events import Begun, Handover, Landed, Launched
from app.dataset.records import LaunchRecord, MissionRecord, PersonRecord
from app.dataset.words import (
    Text,
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
from app.dates import whole_days
from app.models import LaunchStatus, ShipRole, SpacecraftKind

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
    pad = names.place(launch.site, launch.pad).pad_ru
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
    """In the portal's own terms: РН, ТГК and ТПК."""
    load = [names.part(craft.name).with_russian for craft in launch.spacecraft[1:]]
    ship = launch.ship.name
    if names.is_shuttle(ship):
        carrying = f" с {joined_ru(load)}" if load else ""
        return f"Шаттл {names.ship_ru(ship)} стартовал к МКС{carrying}"
    launch_ru = f"РН {names.vehicle_ru(launch.vehicle)} с {joined_ru([_with_ship(launch), *load])}"
    match launch.status:
        case LaunchStatus.FAILURE:
            return f"Авария при запуске: {launch_ru}"
        case LaunchStatus.PARTIAL_FAILURE:
            return f"Нештатный запуск: {launch_ru}"
    return f"{launch_ru} запущена"


def _with_ship(launch: LaunchRecord) -> str:
    """The main ship after "с", in a title."""
    name, ours = names.ship_ru(launch.ship.name), launch.ship.name.startswith(("Pro", "Soyuz"))
    match launch.ship.kind:
        case SpacecraftKind.CV:
            return f"ТГК {name}" if ours else f"грузовым кораблём {name}"
        case SpacecraftKind.SC:
            return f"ТПК {name}" if ours else f"кораблём {name}"
    return names.part(launch.ship.name).with_russian


def _launch_lead(launch: LaunchRecord) -> str:
    site = upper_first(names.place(launch.site, launch.pad).site_ru)
    if launch.status is LaunchStatus.FAILURE:
        noun = "пилотируемого" if launch.crew else "грузового"
        ship = names.ship_ru(launch.ship.name)
        return f"Запуск {noun} корабля {ship} к {STATION} закончился аварией."
    if names.is_shuttle(launch.ship.name):
        return f"{site} к {STATION} стартовал шаттл {_load(launch)}."
    lead = f"{site} к {STATION} стартовала ракета {names.vehicle_ru(launch.vehicle)}"
    if launch.status is LaunchStatus.PARTIAL_FAILURE:
        return f"{lead} с {_load(launch)}, но корабль до станции не дошёл."
    return f"{lead} с {_load(launch)}."


def _load(launch: LaunchRecord) -> str:
    """The main ship after "с", with whoever is aboard; a shuttle is its own rocket."""
    name = names.ship_ru(launch.ship.name)
    crew = f"экипажем из {of_people_ru(len(launch.crew))}"
    match launch.ship.kind:
        case SpacecraftKind.CV:
            return f"грузовым кораблём {name}"
        case SpacecraftKind.SC if names.is_shuttle(launch.ship.name):
            return f"{name} с {crew}"
        case SpacecraftKind.SC:
            return f"кораблём {name} {'и ' + crew if launch.crew else 'без людей на борту'}"
    return names.part(launch.ship.name).with_russian


def _also_carried(launch: LaunchRecord) -> str:
    load = [names.part(craft.name).russian for craft in launch.spacecraft[1:]]
    return f" На борту также {joined_ru(load)}." if load else ""


def _crew(event: Launched) -> str:
    groups, last = [], 0
    for role, (one, many) in _ROLES.items():
        people = strong([person.name_ru for person, has in event.crew if has is role])
        if people:
            groups.append(f"{one if len(people) == 1 else many} {joined_ru(people)}")
            last = len(people)
    aboard = f"В экипаже {joined_ru(groups) if last == 1 else ', '.join(groups)}."
    if event.launch.status is LaunchStatus.FAILURE:
        return aboard
    own = f"Для экипажа это короткий полёт. {_addressee(event)}"
    return f"{aboard} {_purpose(event) or own}"


def _purpose(event: Launched) -> str | None:
    """Which missions the crew flew for, None where it was for none."""
    staying = [(people, missions) for people, missions in event.flew_for if missions]
    if not staying:
        return None
    if len(event.flew_for) == 1:
        missions = staying[0][1]
        return f"Это экипаж {_expeditions(len(missions))} {_missions(missions)}."
    parts = [
        f"{joined_ru(_names(people))} — экипаж {_missions(missions)}"
        for people, missions in staying
    ]
    others = [
        name for people, missions in event.flew_for if not missions for name in _names(people)
    ]
    short = "для остальных" if len(others) > 1 else f"{joined_ru(others)}:"
    return f"{'; '.join(parts)}{f'; {short} это короткий полёт' if others else ''}."


def _expeditions(n: int) -> str:
    return "экспедиции" if n == 1 else "экспедиций"


def _addressee(event: Launched) -> str:
    """Who was on the station."""
    if not event.hosts:
        first = "С этого запуска началась сборка станции. " if event.is_first else ""
        return (
            f"{first}Постоянного экипажа тогда ещё не было: первый отправился в октябре 2000 года."
        )
    if len(event.hosts) > 1:
        missions = _missions([mission for mission, _ in event.hosts])
        return f"В это время одна экспедиция сменяет другую: {missions}."
    mission, commander = event.hosts[0]
    return (
        f"На станции работает экспедиция МКС-{mission.number}, командир — **{commander.name_ru}**."
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
        title=f"Начинается экспедиция МКС-{mission.number}, командир — {event.commander.name_ru}",
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
        return f"Начинается экспедиция МКС-{n}: к {STATION} летит её командир — {name}."
    if event.before:
        start = f"С началом экспедиции МКС-{n} у {STATION} новый командир"
        return f"{start} — {name}; прежний — {event.before.name_ru}."
    start = f"На {STATION} начинается экспедиция МКС-{n}"
    return f"{start}; командиром остаётся {name}."


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
        groups = [
            f"{joined_ru(_names(people))} — {names.ship_ru(up.ship.name)}"
            for up, people in event.joining
        ]
        crew += f" Пополнение экипажа: {'; '.join(groups)}."
    if event.later_commanders:
        noun = "Следующий командир" if len(event.later_commanders) == 1 else "Следующие командиры"
        crew += f" {noun} — {joined_ru(_names(event.later_commanders))}."
    return crew


def handed_over(event: Handover) -> Text:
    """A change of command within an expedition."""
    old, new, n = event.old.name_ru, event.new.name_ru, event.mission.number
    back = None
    if event.home:
        ship, at, precision = event.home
        day = russian_local_day(at, precision)
        back = f"**{old}** возвращается на Землю на корабле {names.ship_ru(ship.ship.name)} {day}."
    until = f" (до {russian_day(event.until)})" if event.until else ""
    return Text(
        title=f"Командование МКС принимает {new}",
        lead=f"На {STATION} сменился командир: сдаёт станцию {old}, принимает {new}.",
        body=paragraphs(
            f"Смена командира экспедиции МКС-{n} состоялась {russian_day(event.at)}.",
            f"Прежний командир — **{old}** (с {russian_day(event.since)}), "
            f"новый — **{new}**{until}.",
            back,
        ),
    )


def landed(event: Landed) -> Text:
    """The return of a ship: who came home, after how long, from which mission."""
    noun = "шаттл" if names.is_shuttle(event.ship.ship.name) else "корабль"
    ship = f"{noun} {names.ship_ru(event.ship.ship.name)}"
    crew = of_people_ru(len(event.people))
    back = [
        f"{joined_ru([person.name_ru for person in people])} ({russian_span(time)} в космосе)"
        for _, time, people in event.came
    ]
    return Text(
        title=f"{upper_first(ship)} вернулся на Землю с экипажем из {crew}",
        lead=f"На Землю вернулись {', а также '.join(back)}.",
        body=paragraphs(
            f"Полёт корабля завершился {russian_time(event.at, event.precision)}.",
            f"{_way_up(event)} {_homecoming(event)}",
        ),
    )


def _way_up(event: Landed) -> str:
    def day(up: LaunchRecord) -> str:
        return russian_local_day(up.launch_at, up.launch_at_precision)

    if [up for up, _, _ in event.came] == [event.ship]:
        return f"Экипаж стартовал на этом же корабле {day(event.ship)}."
    ways = [
        f"{joined_ru(_names(people))} — {_aboard(event, up)} {day(up)}"
        for up, _, people in event.came
    ]
    return f"Стартовали: {'; '.join(ways)}."


def _aboard(event: Landed, up: LaunchRecord) -> str:
    if up is event.ship:
        return "на этом же корабле"
    noun = "шаттле" if names.is_shuttle(up.ship.name) else "корабле"
    return f"на {noun} {names.ship_ru(up.ship.name)}"


def _homecoming(event: Landed) -> str:
    if not event.missions:
        return "Это был короткий полёт к станции."
    if len(event.missions) == 1 and not event.visitors:
        return f"Экипаж вернулся из экспедиции МКС-{event.missions[0][0].number}."
    parts = [
        f"из экспедиции МКС-{mission.number} — {joined_ru(_names(people))}"
        for mission, people in event.missions
    ]
    if event.visitors:
        others = "остальные" if len(event.visitors) > 1 else joined_ru(_names(event.visitors))
        parts.append(f"из короткого полёта — {others}")
    return f"Вернулись: {'; '.join(parts)}."
