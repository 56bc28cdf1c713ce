"""Names of spacecraft, rockets and people, in English and in Russian."""

import re
from typing import NamedTuple

from app.domain.languages import Language, current_language, tr

# Letters of the series of Soyuz and Progress ships: MS, TMA, M-SO1.
_CYRILLIC_LETTERS = str.maketrans("MSTAOIU", "МСТАОИУ")
_SERIES_PATTERN = re.compile(r"(?P<family>Soyuz|Progress) (?P<series>[A-Z0-9-]+)")
_FAMILY_NAMES_RU = {"Soyuz": "Союз", "Progress": "Прогресс"}
_SHUTTLE_PATTERN = re.compile(r"(?P<orbiter>\w+) \((?P<flight>STS-\d+)\)")
_MODULE_PATTERN = re.compile("модуль «(?P<name>[^»]+)»")
ORBITER_NAMES_RU = {
    "Atlantis": "Атлантис",
    "Challenger": "Челленджер",
    "Columbia": "Колумбия",
    "Discovery": "Дискавери",
    "Endeavour": "Индевор",
}
_FOREIGN_SHIP_NAMES_RU = {
    "ATV-1 Jules Verne": "ATV-1 «Жюль Верн»",
    "ATV-2 Johannes Kepler": "ATV-2 «Иоганн Кеплер»",
    "ATV-3 Edoardo Amaldi": "ATV-3 «Эдоардо Амальди»",
    "ATV-4 Albert Einstein": "ATV-4 «Альберт Эйнштейн»",
    "ATV-5 Georges Lemaître": "ATV-5 «Жорж Леметр»",
    "Space Shuttle orbiter": "орбитальный корабль «Спейс шаттл»",
}
_VEHICLE_NAMES_RU = {
    "Proton": "Протон",
    "Proton-K": "Протон-К",
    "Proton-M": "Протон-М",
    "Soyuz": "Союз",
    "Soyuz-2.1a": "Союз-2.1а",
    "Soyuz-2.1b": "Союз-2.1б",
    "Soyuz-5": "Союз-5",
    "Soyuz-FG": "Союз-ФГ",
    "Soyuz-U": "Союз-У",
    "Space Shuttle": "Спейс шаттл",
}
"""Rockets and families of rockets."""

_STATION_NAMES_RU = {"ISS": "МКС"}


class ModuleNames(NamedTuple):
    """Phrases for a module or other payload; `instrumental_ru` follows the preposition "с"."""

    phrase_en: str
    phrase_ru: str
    instrumental_ru: str

    @property
    def name_ru(self) -> str:
        """Russian name on its own: "Юнити", "Грузовой модуль «Кибо»"."""
        plain = _MODULE_PATTERN.fullmatch(self.phrase_ru)
        return plain["name"] if plain else self.phrase_ru[:1].upper() + self.phrase_ru[1:]


def _build_module_names(name: str, russian: str) -> ModuleNames:
    return ModuleNames(f"the module {name}", f"модуль «{russian}»", f"модулем «{russian}»")


_LOGISTICS_MODULE_RU = "многоцелевой модуль снабжения", "многоцелевым модулем снабжения"
MODULE_NAMES = {
    "BEAM": ModuleNames("the module BEAM", "надувной модуль BEAM", "надувным модулем BEAM"),
    "Bishop Airlock": ModuleNames(
        "the Bishop airlock", "шлюзовая камера «Бишоп»", "шлюзовой камерой «Бишоп»"
    ),
    "Columbus": _build_module_names("Columbus", "Коламбус"),
    "Cupola": _build_module_names("Cupola", "Купол"),
    "Destiny": _build_module_names("Destiny", "Дестини"),
    "European Robotic Arm": ModuleNames(
        "the European Robotic Arm", "европейский манипулятор ERA", "европейским манипулятором ERA"
    ),
    "Harmony": _build_module_names("Harmony", "Гармония"),
    "Kibo ELM-PS": ModuleNames(
        "the Kibo logistics module", "грузовой модуль «Кибо»", "грузовым модулем «Кибо»"
    ),
    "Kibo Exposed Facility": ModuleNames(
        "the Kibo exposed facility", "внешняя платформа «Кибо»", "внешней платформой «Кибо»"
    ),
    "Kibo Pressurized Module": ModuleNames(
        "the Kibo pressurized module", "герметичный модуль «Кибо»", "герметичным модулем «Кибо»"
    ),
    "Leonardo MPLM": ModuleNames(
        "the logistics module Leonardo", *(f"{text} «Леонардо»" for text in _LOGISTICS_MODULE_RU)
    ),
    "Leonardo PMM": ModuleNames(
        "the permanent module Leonardo",
        "постоянный модуль «Леонардо»",
        "постоянным модулем «Леонардо»",
    ),
    "Nauka": _build_module_names("Nauka", "Наука"),
    "Pirs": _build_module_names("Pirs", "Пирс"),
    "Poisk": _build_module_names("Poisk", "Поиск"),
    "Prichal": _build_module_names("Prichal", "Причал"),
    "Quest": _build_module_names("Quest", "Квест"),
    "Raffaello MPLM": ModuleNames(
        "the logistics module Raffaello", *(f"{text} «Рафаэлло»" for text in _LOGISTICS_MODULE_RU)
    ),
    "Rassvet": _build_module_names("Rassvet", "Рассвет"),
    "Tranquility": _build_module_names("Tranquility", "Транквилити"),
    "Unity": _build_module_names("Unity", "Юнити"),
    "Zarya": _build_module_names("Zarya", "Заря"),
    "Zvezda": _build_module_names("Zvezda", "Звезда"),
}


def get_module_names(name: str) -> ModuleNames:
    """Phrases for a module or other payload; an unknown one has its name in all of them."""
    return MODULE_NAMES.get(name) or ModuleNames(name, name, name)


def is_shuttle(ship: str) -> bool:
    """Return true for a Space Shuttle on a flight: "Endeavour (STS-88)"."""
    return _SHUTTLE_PATTERN.fullmatch(ship) is not None


def parse_shuttle_name(ship: str) -> tuple[str, str, str]:
    """Orbiter in English and in Russian, and flight: "Endeavour", "Индевор", "STS-88".

    Raises ValueError if `ship` is not a Space Shuttle.
    """
    match = _SHUTTLE_PATTERN.fullmatch(ship)
    if match is None:
        raise ValueError(f"{ship} is not a Space Shuttle")
    name = match["orbiter"]
    return name, ORBITER_NAMES_RU.get(name, name), match["flight"]


def vehicle_phrase_ru(vehicle: str) -> str:
    """Rocket in a Russian sentence: "«Союз-2.1а»"; foreign rockets keep their Latin names."""
    return f"«{_VEHICLE_NAMES_RU[vehicle]}»" if vehicle in _VEHICLE_NAMES_RU else vehicle


def ship_phrase_ru(ship: str) -> str:
    """Ship in a Russian sentence: "«Союз МС-12»", "Dragon CRS-18", "«Индевор» (STS-88)"."""
    if is_shuttle(ship):
        _, name, flight = parse_shuttle_name(ship)
        return f"«{name}» ({flight})"
    series = _russian_series_name(ship)
    if ship in ORBITER_NAMES_RU:
        return f"«{ORBITER_NAMES_RU[ship]}»"
    return f"«{series}»" if series else _FOREIGN_SHIP_NAMES_RU.get(ship, ship)


def has_russian_series(ship: str) -> bool:
    """Return true for a Soyuz or Progress, which the Russian portal calls ТПК or ТГК."""
    return _russian_series_name(ship) is not None


def _russian_series_name(ship: str) -> str | None:
    match = _SERIES_PATTERN.fullmatch(ship)
    return (
        match
        and f"{_FAMILY_NAMES_RU[match['family']]} {match['series'].translate(_CYRILLIC_LETTERS)}"
    )


# --- Names on their own, in the current language -------------------------------------------------


def spacecraft_name(name: str) -> str:
    """Ship or module: "Союз МС-12", "Индевор (STS-88)", "Юнити"."""
    if current_language() is Language.EN:
        return name
    if name in MODULE_NAMES:
        return MODULE_NAMES[name].name_ru
    return ship_phrase_ru(name).replace("«", "").replace("»", "")


def vehicle_name(name: str) -> str:
    """Rocket or family of rockets."""
    return tr(name, _VEHICLE_NAMES_RU.get(name, name))


def station_name(name: str) -> str:
    """Space station."""
    return tr(name, _STATION_NAMES_RU.get(name, name))


def person_name(name: str, name_ru: str | None) -> str:
    """Name of a person: the Russian name if the language is Russian and the name is known."""
    return tr(name, name_ru or name)
