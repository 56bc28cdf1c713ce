"""Names in Russian and English; all records of the dataset have them."""

import pytest

from app.domain.glossary import (
    get_module_names,
    is_shuttle,
    parse_shuttle_name,
    ship_phrase_ru,
    vehicle_phrase_ru,
)
from app.ingest.dataset.records import Dataset
from tools.chronicle.names import get_pad_names, ship_phrase_en, splashes_down, was_verb_ru


@pytest.mark.parametrize(
    ("name", "russian"),
    [
        ("Soyuz TM-31", "«Союз ТМ-31»"),
        ("Soyuz TMA-01M", "«Союз ТМА-01М»"),
        ("Soyuz MS-12", "«Союз МС-12»"),
        ("Progress M1-3", "«Прогресс М1-3»"),
        ("Progress M-SO1", "«Прогресс М-СО1»"),
        ("Progress M-MIM2", "«Прогресс М-МИМ2»"),
        ("Progress M-UM", "«Прогресс М-УМ»"),
        ("Progress MS-11", "«Прогресс МС-11»"),
        ("ATV-2 Johannes Kepler", "ATV-2 «Иоганн Кеплер»"),
        ("Endeavour (STS-88)", "«Индевор» (STS-88)"),
        ("Dragon CRS-18", "Dragon CRS-18"),
        ("Cygnus NG-11", "Cygnus NG-11"),
        ("HTV-8", "HTV-8"),
    ],
)
def test_russian_ship_phrases(name: str, russian: str) -> None:
    assert ship_phrase_ru(name) == russian


def test_russian_vehicle_phrases() -> None:
    assert vehicle_phrase_ru("Soyuz-2.1a") == "«Союз-2.1а»"
    assert vehicle_phrase_ru("Soyuz-FG") == "«Союз-ФГ»"
    assert vehicle_phrase_ru("Falcon 9") == "Falcon 9"


def test_shuttle_names() -> None:
    assert parse_shuttle_name("Endeavour (STS-88)") == ("Endeavour", "Индевор", "STS-88")
    assert ship_phrase_en("Endeavour (STS-88)") == "the shuttle Endeavour (STS-88)"
    assert ship_phrase_en("Soyuz MS-12") == "Soyuz MS-12"
    with pytest.raises(ValueError, match="not a Space Shuttle"):
        parse_shuttle_name("Soyuz MS-12")


def test_splashdown_ships() -> None:
    assert splashes_down("Dragon Crew-1")
    assert splashes_down("Crew Dragon Demo-2")
    assert splashes_down("Axiom Ax-1")
    assert not splashes_down("Starliner CFT")
    assert not splashes_down("Soyuz MS-12")


def test_russian_verb_agrees_with_module() -> None:
    assert was_verb_ru(get_module_names("Unity")) == "был"
    assert was_verb_ru(get_module_names("Bishop Airlock")) == "была"
    assert was_verb_ru(get_module_names("Kibo Exposed Facility")) == "была"


def test_launches_have_names_of_pad_and_spacecraft(dataset: Dataset) -> None:
    for launch in dataset.launches.values():
        assert get_pad_names(launch.site, launch.pad)
        assert all(get_module_names(craft.name) for craft in launch.spacecraft[1:])
        name = ship_phrase_ru(launch.main_spacecraft.name)
        assert is_shuttle(launch.main_spacecraft.name) == (launch.vehicle == "Space Shuttle")
        assert ("«" in name) == (
            not launch.main_spacecraft.name.startswith(("Dra", "Cyg", "HTV", *_LATIN))
        )


_LATIN = ("Axiom", "Crew Dragon", "Starliner", "Zarya", "Zvezda", "Nauka")
