"""What ships, modules, rockets and launch pads are called in English and in Russian sentences."""

import re
from typing import NamedTuple

from app.domain.languages import Speech, either, spoken

# The letters of series such as MS, TMA, M-SO1: Soyuz and Progress ships are numbered by them.
_LETTERS = str.maketrans("MSTAOIU", "МСТАОИУ")
_SERIES = re.compile(r"(?P<family>Soyuz|Progress) (?P<series>[A-Z0-9-]+)")
_FAMILIES = {"Soyuz": "Союз", "Progress": "Прогресс"}
_SHUTTLE = re.compile(r"(?P<orbiter>\w+) \((?P<flight>STS-\d+)\)")
_MODULE = re.compile("модуль «(?P<name>[^»]+)»")
ORBITERS = {
    "Atlantis": "Атлантис",
    "Challenger": "Челленджер",
    "Columbia": "Колумбия",
    "Discovery": "Дискавери",
    "Endeavour": "Индевор",
}
_ATV = {
    "ATV-1 Jules Verne": "ATV-1 «Жюль Верн»",
    "ATV-2 Johannes Kepler": "ATV-2 «Иоганн Кеплер»",
    "ATV-3 Edoardo Amaldi": "ATV-3 «Эдоардо Амальди»",
    "ATV-4 Albert Einstein": "ATV-4 «Альберт Эйнштейн»",
    "ATV-5 Georges Lemaître": "ATV-5 «Жорж Леметр»",
}
_VEHICLES = {
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
"""Rockets and their families."""

_SITES = {
    "Baikonur Cosmodrome": "Космодром Байконур",
    "Cape Canaveral": "Мыс Канаверал",
    "Guiana Space Centre": "Гвианский космический центр",
    "Kennedy Space Center": "Космический центр имени Кеннеди",
    "Tanegashima Space Center": "Космический центр Танэгасима",
    "Vostochny Cosmodrome": "Космодром Восточный",
    "Wallops Island (MARS)": "Остров Уоллопс (MARS)",
}
_STATIONS = {"ISS": "МКС"}


class Part(NamedTuple):
    """A module or another thing for the station: in English, in Russian, and there after "с"."""

    english: str
    russian: str
    with_russian: str

    @property
    def name_ru(self) -> str:
        """Its name by itself, in Russian: "Юнити", "Грузовой модуль «Кибо»"."""
        plain = _MODULE.fullmatch(self.russian)
        return plain["name"] if plain else self.russian[:1].upper() + self.russian[1:]

    @property
    def was_russian(self) -> str:
        """The verb that agrees with it: "был модуль", "была камера"."""
        return "была" if self.russian.partition(" ")[0].endswith(("ая", "яя")) else "был"


def _module(name: str, russian: str) -> Part:
    return Part(f"the module {name}", f"модуль «{russian}»", f"модулем «{russian}»")


_LOGISTICS = "многоцелевой модуль снабжения", "многоцелевым модулем снабжения"
PARTS = {
    "BEAM": Part("the module BEAM", "надувной модуль BEAM", "надувным модулем BEAM"),
    "Bishop Airlock": Part(
        "the Bishop airlock", "шлюзовая камера «Бишоп»", "шлюзовой камерой «Бишоп»"
    ),
    "Columbus": _module("Columbus", "Коламбус"),
    "Cupola": _module("Cupola", "Купол"),
    "Destiny": _module("Destiny", "Дестини"),
    "European Robotic Arm": Part(
        "the European Robotic Arm", "европейский манипулятор ERA", "европейским манипулятором ERA"
    ),
    "Harmony": _module("Harmony", "Гармония"),
    "Kibo ELM-PS": Part(
        "the Kibo logistics module", "грузовой модуль «Кибо»", "грузовым модулем «Кибо»"
    ),
    "Kibo Exposed Facility": Part(
        "the Kibo exposed facility", "внешняя платформа «Кибо»", "внешней платформой «Кибо»"
    ),
    "Kibo Pressurized Module": Part(
        "the Kibo pressurized module", "герметичный модуль «Кибо»", "герметичным модулем «Кибо»"
    ),
    "Leonardo MPLM": Part(
        "the logistics module Leonardo", *(f"{text} «Леонардо»" for text in _LOGISTICS)
    ),
    "Leonardo PMM": Part(
        "the permanent module Leonardo",
        "постоянный модуль «Леонардо»",
        "постоянным модулем «Леонардо»",
    ),
    "Nauka": _module("Nauka", "Наука"),
    "Pirs": _module("Pirs", "Пирс"),
    "Poisk": _module("Poisk", "Поиск"),
    "Prichal": _module("Prichal", "Причал"),
    "Quest": _module("Quest", "Квест"),
    "Raffaello MPLM": Part(
        "the logistics module Raffaello", *(f"{text} «Рафаэлло»" for text in _LOGISTICS)
    ),
    "Rassvet": _module("Rassvet", "Рассвет"),
    "Tranquility": _module("Tranquility", "Транквилити"),
    "Unity": _module("Unity", "Юнити"),
    "Zarya": _module("Zarya", "Заря"),
    "Zvezda": _module("Zvezda", "Звезда"),
}


class Place(NamedTuple):
    """From where a rocket rises: its pad, and the site in a word, each in both languages."""

    pad: str
    site: str
    pad_ru: str
    site_ru: str


def _baikonur(pad: str) -> Place:
    return Place(
        f"Site {pad} at Baikonur Cosmodrome",
        "Baikonur",
        f"с площадки № {pad} космодрома Байконур",
        "с Байконура",
    )


_PLACES = {
    ("CC", "LC40"): Place(
        "Space Launch Complex 40 at Cape Canaveral",
        "Cape Canaveral",
        "со стартового комплекса № 40 на мысе Канаверал",
        "с мыса Канаверал",
    ),
    ("CC", "SLC41"): Place(
        "Space Launch Complex 41 at Cape Canaveral",
        "Cape Canaveral",
        "со стартового комплекса № 41 на мысе Канаверал",
        "с мыса Канаверал",
    ),
    ("CSG", "ELA3"): Place(
        "ELA-3 at the Guiana Space Centre",
        "the Guiana Space Centre",
        "с площадки ELA-3 Гвианского космического центра",
        "из Гвианского космического центра",
    ),
    ("GIK-5", "LC1"): _baikonur("1"),
    ("GIK-5", "LC31"): _baikonur("31"),
    ("GIK-5", "LC81/23"): _baikonur("81"),
    ("GIK-5", "LC200/39"): _baikonur("200"),
    ("KSC", "LC39A"): Place(
        "Launch Complex 39A at Kennedy Space Center",
        "Kennedy Space Center",
        "со стартового комплекса 39A Космического центра имени Кеннеди",
        "из Космического центра имени Кеннеди",
    ),
    ("KSC", "LC39B"): Place(
        "Launch Complex 39B at Kennedy Space Center",
        "Kennedy Space Center",
        "со стартового комплекса 39B Космического центра имени Кеннеди",
        "из Космического центра имени Кеннеди",
    ),
    ("MARS", "0A"): Place(
        "Pad 0A on Wallops Island",
        "Wallops Island",
        "со стартовой площадки 0A на острове Уоллопс",
        "с острова Уоллопс",
    ),
    ("TNSC", "Y2"): Place(
        "the second Yoshinobu pad at Tanegashima Space Center",
        "Tanegashima",
        "со второй площадки комплекса Ёсинобу космического центра Танэгасима",
        "с Танэгасимы",
    ),
}


def place(site: str, pad: str) -> Place:
    """Where a launch left from, by the codes of site and pad."""
    return _PLACES[site, pad]


def part(name: str) -> Part:
    """A module or another thing that was brought to the station; one not known by its name."""
    return PARTS.get(name) or Part(name, name, name)


def is_shuttle(ship: str) -> bool:
    """Whether `ship` is an orbiter on one of its flights: "Endeavour (STS-88)"."""
    return _SHUTTLE.fullmatch(ship) is not None


def splashes_down(ship: str) -> bool:
    """Whether `ship` comes down at sea, as every Dragon does, those of Axiom too."""
    return ship.startswith(("Dragon", "Crew Dragon", "Axiom"))


def orbiter(ship: str) -> tuple[str, str, str]:
    """An orbiter in English and in Russian, and its flight: "Endeavour", "Индевор", "STS-88"."""
    found = _SHUTTLE.fullmatch(ship)
    if found is None:
        raise ValueError(f"{ship} is no Space Shuttle")
    name = found["orbiter"]
    return name, ORBITERS.get(name, name), found["flight"]


def ship_en(ship: str) -> str:
    """A ship in an English sentence: "Soyuz MS-12", "the shuttle Endeavour (STS-88)"."""
    return f"the shuttle {ship}" if is_shuttle(ship) else ship


def vehicle_ru(vehicle: str) -> str:
    """A rocket in a Russian sentence: "«Союз-2.1а»"; foreign ones keep their Latin names."""
    return f"«{_VEHICLES[vehicle]}»" if vehicle in _VEHICLES else vehicle


def ship_ru(ship: str) -> str:
    """A ship in a Russian sentence: "«Союз МС-12»", "Dragon CRS-18", "«Индевор» (STS-88)"."""
    if is_shuttle(ship):
        _, name, flight = orbiter(ship)
        return f"«{name}» ({flight})"
    return f"«{named}»" if (named := _in_series(ship)) else _ATV.get(ship, ship)


def is_ours(ship: str) -> bool:
    """Whether `ship` is one that the Russian portal has a word of its own for: ТПК or ТГК."""
    return _in_series(ship) is not None


def _in_series(ship: str) -> str | None:
    found = _SERIES.fullmatch(ship)
    return found and f"{_FAMILIES[found['family']]} {found['series'].translate(_LETTERS)}"


# --- By themselves, in the language that is spoken -----------------------------------------------


def craft(name: str) -> str:
    """A ship or module by itself: "Союз МС-12", "Индевор (STS-88)", "Юнити"."""
    if spoken() is Speech.EN:
        return name
    if name in PARTS:
        return PARTS[name].name_ru
    return ship_ru(name).replace("«", "").replace("»", "")


def vehicle(name: str) -> str:
    """A rocket or a family of rockets by itself."""
    return either(name, _VEHICLES.get(name, name))


def site(name: str) -> str:
    """A launch site by itself."""
    return either(name, _SITES.get(name, name))


def station(name: str) -> str:
    """A station by itself."""
    return either(name, _STATIONS.get(name, name))


def person(name: str, name_ru: str | None) -> str:
    """Somebody, by the name in this language where it is known."""
    return either(name, name_ru or name)
