"""Synonyms of spacecraft, launch vehicles and sites, in English and Russian."""

import re
from collections.abc import Iterator

from app.domain.enums import SpacecraftKind
from app.domain.glossary import (
    MODULE_NAMES,
    ORBITER_NAMES_RU,
    is_shuttle,
    parse_shuttle_name,
    ship_phrase_ru,
    vehicle_phrase_ru,
)
from app.domain.text import fold

FoldedWords = tuple[str, ...]

SPACECRAFT_KEYWORDS = {
    SpacecraftKind.SC: "SC spacecraft ship ТПК корабль",
    SpacecraftKind.CV: "CV cargo vehicle ship ТГК грузовой корабль",
    SpacecraftKind.MODULE: "module модуль",
    SpacecraftKind.SATELLITE: "satellite спутник",
    SpacecraftKind.OTHER: "",
}
"""Words for spacecraft of each kind."""

_RUSSIAN_SERIES = {
    "soyuz": "союз",
    "progress": "прогресс",
    "ms": "мс",
    "tm": "тм",
    "tma": "тма",
    "m": "м",
}
LATIN_SERIES = {russian: latin for latin, russian in _RUSSIAN_SERIES.items()}
"""English words of the names of Russian ships, by Russian word."""

_WORD = re.compile(r"[^\W\d_]+|\d+")


def fold_words(text: str) -> FoldedWords:
    """Words and numbers of `text`, folded: the same for "Soyuz MS-01" and "SOYUZ MS1"."""
    found = _WORD.findall(fold(text))
    return tuple(word.lstrip("0") or "0" if word.isdigit() else word for word in found)


def derive_ship_aliases(words: FoldedWords) -> Iterator[FoldedWords]:
    """Further names of a spacecraft by the conventions of its series.

    `words` are those of its name, by `fold_words`.
    """
    match words:
        case ("soyuz" | "progress", *rest):
            yield tuple(_RUSSIAN_SERIES.get(word, word) for word in words)
        case ("dragon", "crs", number):
            yield "spacex", "crs", number  # not "CRS-24" alone: other companies have such contracts
        case ("dragon", "crew", number):
            yield "spacex", "crew", number
            yield "crew", "dragon", number
        case ("cygnus", ("ng" | "oa") as series, number):
            yield series, number
        case ("atv", number, *rest) if rest:
            yield "atv", number
            yield tuple(rest)
        case ("htv", number):
            yield "kounotori", number
            yield "h", "ii", "transfer", "vehicle", number
        case ("axiom", "ax", number):
            yield "ax", number
            yield "axiom", "mission", number
        case (_, "sts", number):  # the flight, as the orbiters flew many times
            yield "sts", number
        case ("crew", "dragon", "demo", number):
            yield "demo", number


_RUSSIAN_PHONETIC_NAMES = {
    "Antares": "Антарес",
    "Ariane": "Ариан",
    "Atlas": "Атлас",
    "Axiom": "Аксиом",
    "Cygnus": "Сигнус",
    "Dragon": "Дракон Драгон",
    "Falcon": "Фалкон",
    "HTV": "Конотори Коунотори",
    "Long March": "Великий поход Чанчжэн",
    "Space Shuttle": "Спейс шаттл",
    "SpaceX": "Спейс-Икс",
    "Starliner": "Старлайнер",
}
"""Russian phonetic spellings by prefix of the English name."""


def _build_phonetic_names(name: str) -> list[str]:
    return [
        f"{russian} {name.removeprefix(english)}"
        for english, words in _RUSSIAN_PHONETIC_NAMES.items()
        if name.startswith(english)
        for russian in ([words] if " " in english else words.split())
    ]


def get_ship_synonyms(name: str) -> list[str]:
    """All names of a spacecraft, module or other payload."""
    names = [
        name,
        *(" ".join(other) for other in derive_ship_aliases(fold_words(name))),
        *_build_phonetic_names(name),
    ]
    if name.startswith("Dragon CRS-"):
        names.append(name.replace("Dragon CRS-", "SpX-"))
    if not is_shuttle(name):
        names.append(ship_phrase_ru(name))
    elif name.partition(" ")[0] in ORBITER_NAMES_RU:
        english, russian, flight = parse_shuttle_name(name)
        names += [
            ship_phrase_ru(name),
            f"{english} {flight}",
            f"шаттл {russian}",
            f"shuttle {english}",
        ]
    if name in MODULE_NAMES:
        names += [MODULE_NAMES[name].phrase_en, MODULE_NAMES[name].phrase_ru]
    return names


def get_vehicle_synonyms(name: str) -> list[str]:
    """All names of a launch vehicle."""
    return [name, vehicle_phrase_ru(name), *_build_phonetic_names(name)]


_SITE_SYNONYMS = {
    "Baikonur": "Baikonur, Байконур, космодром Байконур, Tyuratam, Тюратам",
    "Cape Canaveral": "мыс Канаверал, Канаверал, Canaveral, CCSFS, CCAFS",
    "Guiana": "Гвианский космический центр, Куру, Kourou",
    "Jiuquan": "Цзюцюань",
    "Kennedy": "Космический центр имени Кеннеди, Центр Кеннеди, KSC",
    "Plesetsk": "Плесецк, космодром Плесецк",
    "Tanegashima": "Tanegashima, Танэгасима, Танегасима",
    "Vandenberg": "Ванденберг",
    "Vostochny": "Восточный, космодром Восточный",
    "Wallops": "Wallops, остров Уоллопс, Уоллопс",
}


def get_site_synonyms(name: str) -> list[str]:
    """All names of a launch site."""
    synonyms = [names for prefix, names in _SITE_SYNONYMS.items() if name.startswith(prefix)]
    return [name, *(each.strip() for names in synonyms for each in names.split(","))]
