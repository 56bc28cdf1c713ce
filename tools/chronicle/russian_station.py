"""Russian texts of events at the station: arrivals of ships, spacewalks."""

from app.domain import glossary
from app.domain.dates import Precision
from app.domain.enums import ArrivalKind, ModuleKind, PortDirection, SpacecraftKind
from app.domain.text import upper_first
from app.ingest.dataset.records import DatasetLaunch, DatasetModule
from tools.chronicle.grammar import (
    NewsText,
    format_crew_size_ru,
    format_day_ru,
    format_days_ru,
    format_duration_ru,
    format_time_ru,
    join_list_ru,
    join_paragraphs,
)
from tools.chronicle.russian import (
    STATION,
    bold_names,
    secondary_payload_sentence,
    station_crew_sentence,
)
from tools.chronicle.station_events import ChronicleArrival, ChronicleSpacewalk

_DIRECTIONS_DATIVE = {
    PortDirection.FORWARD: "переднему",
    PortDirection.AFT: "кормовому",
    PortDirection.PORT: "левому",
    PortDirection.STARBOARD: "правому",
    PortDirection.ZENITH: "зенитному",
    PortDirection.NADIR: "надирному",
}


def render_arrival(event: ChronicleArrival) -> NewsText:
    """Text of an arrival: the ship, its port, its flight and the people."""
    crew = f" с экипажем из {format_crew_size_ru(len(event.crew))}" if event.crew else ""
    after = _after_launch_phrase(event)
    return NewsText(
        title=_arrival_title(event),
        lead=f"К {STATION}{after} прибыл {_ship_phrase(event.launch)}{crew}.",
        body=join_paragraphs(
            _arrival_sentence(event) + secondary_payload_sentence(event.launch),
            f"В экипаже были {join_list_ru(bold_names(event.crew))}." if event.crew else None,
            _reception_sentence(event),
        ),
    )


def _ship_phrase(launch: DatasetLaunch) -> str:
    """The ship of a launch, in the nominative and the accusative alike."""
    name = launch.main_spacecraft.name
    if glossary.is_shuttle(name):
        noun = "шаттл"
    elif launch.main_spacecraft.kind is SpacecraftKind.CV:
        noun = "грузовой корабль"
    else:
        noun = "корабль" if launch.crew else "беспилотный корабль"
    return f"{noun} {glossary.ship_phrase_ru(name)}"


def _arrival_title(event: ChronicleArrival) -> str:
    ship = _ship_phrase(event.launch)
    module = _module_phrase(event.module, "модулю", "гермоадаптеру")
    if event.brought_port:
        load = [
            glossary.get_module_names(craft.name).instrumental_ru
            for craft in event.launch.spacecraft[1:]
        ]
        return f"{upper_first(ship)} прибыл к станции с {join_list_ru(load)}"
    match event.stay.arrival_kind:
        case ArrivalKind.DOCKING:
            return f"{upper_first(ship)} пристыковался к {module}"
        case ArrivalKind.BERTHING:
            return f"{upper_first(ship)} пристыкован к {module}"
        case ArrivalKind.CAPTURE:
            return f"Манипулятор станции захватил {ship}"


def _module_phrase(module: DatasetModule, noun: str, adapter: str) -> str:
    """A module with the noun in a case: "модулю «Пирс»", "гермоадаптера PMA-2"."""
    if module.kind is ModuleKind.ADAPTER:
        return f"{adapter} {module.name}"
    return f"{noun} «{module.name_ru}»"


def _after_launch_phrase(event: ChronicleArrival) -> str:
    """The time from launch to arrival, after a space; empty for an uncertain day."""
    if event.flight_duration is not None:
        return f" через {format_duration_ru(event.flight_duration)} после старта"
    if event.stay.arrived_at_uncertain:
        return ""
    days = event.flight_days
    if days == 0:
        return " в день старта"
    return (
        " на следующий день после старта"
        if days == 1
        else (f" через {format_days_ru(days)} после старта")
    )


def _arrival_sentence(event: ChronicleArrival) -> str:
    stay = event.stay
    port = (
        f"{_DIRECTIONS_DATIVE[event.port.direction]} узлу "
        f"{_module_phrase(event.module, 'модуля', 'гермоадаптера')}"
    )
    when = (
        f"около {format_day_ru(stay.arrived_at)}"
        if stay.arrived_at_uncertain
        else format_time_ru(stay.arrived_at, stay.arrived_at_precision)
    )
    if event.brought_port:
        return f"Груз стал частью станции {when}; корабль был пристыкован к {port}."
    match stay.arrival_kind:
        case ArrivalKind.DOCKING:
            return f"Стыковка к {port} состоялась {when}."
        case ArrivalKind.BERTHING:
            return f"Манипулятор станции пристыковал корабль к {port} {when}."
        case ArrivalKind.CAPTURE:
            return f"Захват состоялся {when}; затем корабль был пристыкован к {port}."


def _reception_sentence(event: ChronicleArrival) -> str:
    if event.brought_commander:
        mission, commander = event.current_missions[0]
        return (
            f"На станции начала работу экспедиция МКС-{mission.number}, "
            f"командир — **{commander.name_ru}**."
        )
    return station_crew_sentence(event.current_missions)


def render_spacewalk(event: ChronicleSpacewalk) -> NewsText:
    """Text of a spacewalk: its crew, duration, airlock and work."""
    walk = event.walk
    names = join_list_ru([person.name_ru for person, _ in event.crew])
    began = "состоялся" if walk.starts_at_precision is Precision.DAY else "начался"
    when = format_time_ru(walk.starts_at, walk.starts_at_precision)
    during = f", во время экспедиции МКС-{event.mission.number}" if event.mission else ""
    counts = join_list_ru([f"**{person.name_ru}** — {count}" for person, count in event.crew])
    return NewsText(
        title=f"{names} вышли в открытый космос",
        lead=f"Выход в открытый космос у {STATION} продлился "
        f"{format_duration_ru(event.duration)}; его совершили {names}.",
        body=join_paragraphs(
            f"{walk.number}-й выход у станции {began} {when} {_airlock_phrase(event)}{during}.",
            f"Личный счёт выходов у станции: {counts}.",
            "Содержание выхода:",
            f"- {walk.purpose_ru}",
        ),
    )


def _airlock_phrase(event: ChronicleSpacewalk) -> str:
    if isinstance(event.airlock, DatasetLaunch):
        return f"с шаттла {glossary.ship_phrase_ru(event.airlock.main_spacecraft.name)}"
    if event.airlock.kind is ModuleKind.AIRLOCK:
        return f"из модуля «{event.airlock.name_ru}»"
    return f"внутри модуля «{event.airlock.name_ru}»"
