"""Headlines of launches, in the terms of the portal."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain import glossary
from app.domain.enums import LaunchStatus, SpacecraftKind
from app.domain.languages import Language, current_language
from app.domain.text import join_list, upper_first

HeadlineShip = Mapping[str, Any]
"""A ship or module: its `name` and `kind`."""


def build_launch_headline(
    status: LaunchStatus, vehicle: str | None, ships: Sequence[HeadlineShip]
) -> str:
    """Headline of a launch in the current language."""
    if current_language() is Language.RU:
        return build_launch_headline_ru(status, vehicle, ships)
    return build_launch_headline_en(status, vehicle, ships)


def build_launch_headline_en(
    status: LaunchStatus, vehicle: str | None, ships: Sequence[HeadlineShip]
) -> str:
    """Headline of a launch in English; LV, CV and SC are terms of the portal."""
    load = " and ".join(map(describe_ship_en, ships))
    launch = " with ".join(part for part in (f"LV {vehicle}" if vehicle else "", load) if part)
    match status:
        case LaunchStatus.PLANNED:
            return f"The launch of {launch} is planned"
        case LaunchStatus.CANCELLED:
            return f"The launch of {launch} is cancelled"
        case LaunchStatus.FAILURE:
            return f"The launch of {launch} failed"
        case LaunchStatus.PARTIAL_FAILURE:
            return f"The launch of {launch} failed in part"
        case LaunchStatus.IN_FLIGHT | LaunchStatus.SUCCESS:
            return f"{launch} is launched"


def build_launch_headline_ru(
    status: LaunchStatus, vehicle: str | None, ships: Sequence[HeadlineShip]
) -> str:
    """Headline of a launch in Russian; РН, ТГК and ТПК are terms of the portal.

    A colon precedes the names, so that they stay in the nominative.
    """
    launch = vehicle_with_payload_ru(vehicle, ships)
    match status:
        case LaunchStatus.PLANNED:
            return f"Планируется запуск: {launch}"
        case LaunchStatus.CANCELLED:
            return f"Запуск отменён: {launch}"
        case LaunchStatus.FAILURE:
            return f"Авария при запуске: {launch}"
        case LaunchStatus.PARTIAL_FAILURE:
            return f"Нештатный запуск: {launch}"
        case LaunchStatus.IN_FLIGHT | LaunchStatus.SUCCESS:
            return upper_first(launch)


def vehicle_with_payload_ru(vehicle: str | None, ships: Sequence[HeadlineShip]) -> str:
    """Rocket and payload: "РН «Союз-2.1а» с ТГК «Прогресс МС-11»"; a shuttle has no rocket."""
    if ships and glossary.is_shuttle(ships[0]["name"]):
        carrier, load = f"шаттл {glossary.ship_phrase_ru(ships[0]['name'])}", ships[1:]
    elif vehicle:
        carrier, load = f"РН {glossary.vehicle_phrase_ru(vehicle)}", ships
    else:
        return join_list([describe_ship_ru(ship) for ship in ships], " и ")
    return " с ".join(
        filter(None, [carrier, join_list([_instrumental_ru(ship) for ship in load], " и ")])
    )


def describe_ship_en(ship: HeadlineShip) -> str:
    """Ship or module with its kind: "CV Progress MS-11"."""
    is_other = ship["kind"] == SpacecraftKind.OTHER
    return str(ship["name"]) if is_other else f"{ship['kind']} {ship['name']}"


def describe_ship_ru(ship: HeadlineShip) -> str:
    """Ship or module with its kind, in the nominative: "ТГК «Прогресс МС-11»"."""
    name = ship["name"]
    match ship["kind"]:
        case SpacecraftKind.CV:
            noun = "ТГК" if glossary.has_russian_series(name) else "грузовой корабль"
        case SpacecraftKind.SC:
            noun = "ТПК" if glossary.has_russian_series(name) else "корабль"
        case _:
            return glossary.get_module_names(name).phrase_ru
    return f"{noun} {glossary.ship_phrase_ru(name)}"


def _instrumental_ru(ship: HeadlineShip) -> str:
    """The phrase after the preposition "с"."""
    name = ship["name"]
    match ship["kind"]:
        case SpacecraftKind.CV:
            noun = "ТГК" if glossary.has_russian_series(name) else "грузовым кораблём"
        case SpacecraftKind.SC:
            noun = "ТПК" if glossary.has_russian_series(name) else "кораблём"
        case _:
            return glossary.get_module_names(name).instrumental_ru
    return f"{noun} {glossary.ship_phrase_ru(name)}"
