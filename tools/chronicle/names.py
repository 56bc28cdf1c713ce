"""Names in sentences of the chronicle: launch pads, ships and modules."""

from typing import NamedTuple

from app.domain.glossary import ModuleNames, is_shuttle


class PadNames(NamedTuple):
    """Phrases for a launch pad and for its site, in English and in Russian."""

    pad: str
    site: str
    pad_ru: str
    site_ru: str


def _build_baikonur_pad(pad: str) -> PadNames:
    return PadNames(
        f"Site {pad} at Baikonur Cosmodrome",
        "Baikonur",
        f"с площадки № {pad} космодрома Байконур",
        "с Байконура",
    )


_PAD_NAMES = {
    ("CC", "LC40"): PadNames(
        "Space Launch Complex 40 at Cape Canaveral",
        "Cape Canaveral",
        "со стартового комплекса № 40 на мысе Канаверал",
        "с мыса Канаверал",
    ),
    ("CC", "SLC41"): PadNames(
        "Space Launch Complex 41 at Cape Canaveral",
        "Cape Canaveral",
        "со стартового комплекса № 41 на мысе Канаверал",
        "с мыса Канаверал",
    ),
    ("CSG", "ELA3"): PadNames(
        "ELA-3 at the Guiana Space Centre",
        "the Guiana Space Centre",
        "с площадки ELA-3 Гвианского космического центра",
        "из Гвианского космического центра",
    ),
    ("GIK-5", "LC1"): _build_baikonur_pad("1/5"),
    ("GIK-5", "LC31"): _build_baikonur_pad("31/6"),
    ("GIK-5", "LC81/23"): _build_baikonur_pad("81/23"),
    ("GIK-5", "LC200/39"): _build_baikonur_pad("200/39"),
    ("KSC", "LC39A"): PadNames(
        "Launch Complex 39A at Kennedy Space Center",
        "Kennedy Space Center",
        "со стартового комплекса 39A Космического центра имени Кеннеди",
        "из Космического центра имени Кеннеди",
    ),
    ("KSC", "LC39B"): PadNames(
        "Launch Complex 39B at Kennedy Space Center",
        "Kennedy Space Center",
        "со стартового комплекса 39B Космического центра имени Кеннеди",
        "из Космического центра имени Кеннеди",
    ),
    ("MARS", "0A"): PadNames(
        "Pad 0A on Wallops Island",
        "Wallops Island",
        "со стартовой площадки 0A на острове Уоллопс",
        "с острова Уоллопс",
    ),
    ("TNSC", "Y2"): PadNames(
        "the second Yoshinobu pad at Tanegashima Space Center",
        "Tanegashima",
        "со второй площадки комплекса Ёсинобу космического центра Танэгасима",
        "с Танэгасимы",
    ),
}


def get_pad_names(site: str, pad: str) -> PadNames:
    """Phrases for a launch pad, by the codes of site and pad. Raises KeyError if it is unknown."""
    return _PAD_NAMES[site, pad]


def splashes_down(ship: str) -> bool:
    """Return true for a ship that lands in the sea: every Dragon, including those of Axiom."""
    return ship.startswith(("Dragon", "Crew Dragon", "Axiom"))


def ship_phrase_en(ship: str) -> str:
    """A ship in an English sentence: "Soyuz MS-12", "the shuttle Endeavour (STS-88)"."""
    return f"the shuttle {ship}" if is_shuttle(ship) else ship


def was_verb_ru(module: ModuleNames) -> str:
    """The Russian verb that agrees with a module: "был модуль", "была камера"."""
    return "была" if module.phrase_ru.partition(" ")[0].endswith(("ая", "яя")) else "был"
