"""Russian summaries and tasks of missions."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.domain import glossary
from app.domain.dates import Precision, whole_days
from app.domain.enums import SpacecraftKind
from app.ingest.dataset.records import DatasetLaunch, DatasetMission
from tools.chronicle.derive import MAX_LISTED_SPACEWALK_COUNT, MissionFacts, list_spacecraft_names
from tools.chronicle.grammar import (
    format_crew_size_ru,
    format_day_ru,
    format_days_ru,
    format_local_day_ru,
    join_list_ru,
    join_numbered,
    plural_form_ru,
)
from tools.chronicle.russian import aboard_phrase


def summarize_mission(course: MissionFacts) -> str:
    """Summary of a mission in two to five sentences."""
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
    """True if the day in Moscow differs from the day in UTC."""
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
    """Tasks of a mission."""
    parts, cargo = (
        _module_names(course.delivered_launches),
        _cargo_ships_phrase(course.delivered_launches),
    )
    hosted = join_list_ru([_ship_phrase(launch) for launch in course.later_arrivals])
    return [
        *(f"Прибыть на станцию {aboard_phrase(launch)}" for launch in course.commander_launches),
        *([f"Встретить {hosted}"] if hosted else []),
        f"Обеспечить работу экипажа на станции {_period_phrase(course.mission)}",
        *([f"Принять на станции: {join_list_ru(parts)}"] if parts else []),
        *([f"Принять {cargo}"] if cargo else []),
        *_spacewalk_tasks(course),
        *_handover_tasks(course),
        *(
            [f"Вернуть членов экипажа на Землю {_aboard_phrases(course.departure_launches)}"]
            if course.departure_launches
            else []
        ),
    ]


def _spacewalk_tasks(course: MissionFacts) -> Iterator[str]:
    walks = course.spacewalks
    number = "" if len(walks) == 1 else f"{len(walks)} "
    noun = plural_form_ru(len(walks), "выход", "выхода", "выходов")
    task = f"Выполнить {number}{noun} в открытый космос"
    if len(walks) > MAX_LISTED_SPACEWALK_COUNT:
        hours = round(sum(walk.duration_seconds for walk in walks) / 3600)
        yield f"{task}, всего {hours} {plural_form_ru(hours, 'час', 'часа', 'часов')}"
    elif walks:
        yield f"{task}: {join_numbered([walk.purpose_ru for walk in walks])}"


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
    return join_list_ru([aboard_phrase(launch) for launch in launches])


def _module_names(launches: Iterable[DatasetLaunch]) -> list[str]:
    """Phrases for the modules of launches."""
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
