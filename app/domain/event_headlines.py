"""Headlines of the events of the timeline, in the terms of the portal."""

from collections.abc import Mapping

from app.domain.enums import ArrivalKind, FlightEndKind, TimelineKind
from app.domain.languages import Bilingual

_SHIP_UNDOCKS = Bilingual("{ship} undocks from {port}", "Расстыковка: {ship} — {port}")
_SHIP_IS_RELEASED = Bilingual(
    "{ship} is released from {port}", "Отпущен манипулятором: {ship} — {port}"
)
_SHIP_MOVES = Bilingual(
    "{ship} moves from {from_port} to {port}", "Перестыковка: {ship} — {from_port} → {port}"
)
_SHIP_REDOCKS = Bilingual("{ship} redocks at {port}", "Повторная стыковка: {ship} — {port}")

_SHIP_HEADLINES: Mapping[TimelineKind, Mapping[str | None, Bilingual]] = {
    TimelineKind.DOCKING: {
        ArrivalKind.DOCKING: Bilingual("{ship} docks at {port}", "Стыковка: {ship} — {port}"),
        ArrivalKind.BERTHING: Bilingual(
            "{ship} is berthed at {port}", "Пристыкован манипулятором: {ship} — {port}"
        ),
        ArrivalKind.CAPTURE: Bilingual(
            "{ship} is captured for {port}", "Захвачен манипулятором: {ship} — {port}"
        ),
    },
    TimelineKind.UNDOCKING: {
        ArrivalKind.DOCKING: _SHIP_UNDOCKS,
        ArrivalKind.BERTHING: _SHIP_IS_RELEASED,
        ArrivalKind.CAPTURE: _SHIP_IS_RELEASED,
    },
    TimelineKind.FLIGHT_END: {
        FlightEndKind.LANDED: Bilingual("{ship} lands", "Посадка: {ship}"),
        FlightEndKind.SPLASHDOWN: Bilingual("{ship} splashes down", "Приводнение: {ship}"),
        FlightEndKind.DEORBITED: Bilingual("{ship} is deorbited", "Сведён с орбиты: {ship}"),
        FlightEndKind.LOST: Bilingual("{ship} is lost", "Утрачен: {ship}"),
        None: Bilingual("The flight of {ship} ends", "Конец полёта: {ship}"),
    },
}
"""Headlines by the kind of a stay's arrival, or of the end of a flight."""

_HEADLINES: Mapping[TimelineKind, Bilingual] = {
    TimelineKind.SPACEWALK: Bilingual("Spacewalk of {people}", "Выход в открытый космос: {people}"),
    TimelineKind.MODULE_ATTACHED: Bilingual(
        "{module} is attached to {attached_to}", "Присоединён к станции: {module} — {attached_to}"
    ),
    TimelineKind.MODULE_DETACHED: Bilingual(
        "{module} is detached from {attached_to}", "Отделён от станции: {module} — {attached_to}"
    ),
    TimelineKind.HANDOVER: Bilingual(
        "{people} takes command of the station", "Командование станцией принимает {people}"
    ),
    TimelineKind.MISSION_START: Bilingual("{mission} begins", "Начало экспедиции {mission}"),
    TimelineKind.MISSION_END: Bilingual("{mission} ends", "Окончание экспедиции {mission}"),
}
_UNNAMED_SPACEWALK = Bilingual("A spacewalk", "Выход в открытый космос")


def build_event_headline(kind: TimelineKind, detail: str | None = None, **names: str) -> str:
    """Headline of an event other than a launch, in the current language.

    `detail` is the kind of a stay's arrival or of the end of a flight. `names` are those of the
    `ship`, `port`, `from_port`, `module`, `attached_to`, `mission` and `people` in the event.
    """
    return str(_choose_template(kind, detail, names)).format(**names)


def _choose_template(kind: TimelineKind, detail: str | None, names: Mapping[str, str]) -> Bilingual:
    match kind:
        case TimelineKind.RELOCATION:
            return _SHIP_REDOCKS if names["from_port"] == names["port"] else _SHIP_MOVES
        case TimelineKind.LANDING:
            return _SHIP_HEADLINES[TimelineKind.FLIGHT_END][detail]
        case TimelineKind.SPACEWALK if not names["people"]:
            return _UNNAMED_SPACEWALK
    return _SHIP_HEADLINES[kind][detail] if kind in _SHIP_HEADLINES else _HEADLINES[kind]
