"""Headlines of launches in both languages."""

import pytest

from app.domain import glossary
from app.domain.enums import LaunchStatus
from app.domain.headlines import build_launch_headline, build_launch_headline_ru
from app.domain.languages import Language, use_language

PROGRESS = {"name": "Progress MS-11", "kind": "CV"}
SOYUZ = {"name": "Soyuz MS-12", "kind": "SC"}
UNITY = {"name": "Unity", "kind": "module"}


@pytest.mark.parametrize(
    ("status", "english", "russian"),
    [
        ("planned", "The launch of {} is planned", "Планируется запуск: {}"),
        ("in_flight", "{} is launched", "{}"),
        ("success", "{} is launched", "{}"),
        ("partial_failure", "The launch of {} failed in part", "Нештатный запуск: {}"),
        ("failure", "The launch of {} failed", "Авария при запуске: {}"),
        ("cancelled", "The launch of {} is cancelled", "Запуск отменён: {}"),
    ],
)
def test_headline_of_each_status(status: str, english: str, russian: str) -> None:
    launch = LaunchStatus(status), "Soyuz-2.1a", [PROGRESS]
    assert build_launch_headline(*launch) == english.format("LV Soyuz-2.1a with CV Progress MS-11")
    with use_language(Language.RU):
        assert build_launch_headline(*launch) == russian.format(
            "РН «Союз-2.1а» с ТГК «Прогресс МС-11»"
        )


@pytest.mark.parametrize(
    ("vehicle", "ships", "headline"),
    [
        ("Soyuz-FG", [SOYUZ], "РН «Союз-ФГ» с ТПК «Союз МС-12»"),
        ("Proton-K", [{"name": "Zarya", "kind": "module"}], "РН «Протон-К» с модулем «Заря»"),
        ("Falcon 9", [{"name": "Dragon CRS-17", "kind": "CV"}],
         "РН Falcon 9 с грузовым кораблём Dragon CRS-17"),
        ("Falcon 9", [{"name": "Axiom Ax-1", "kind": "SC"}], "РН Falcon 9 с кораблём Axiom Ax-1"),
        ("Soyuz-U", [{"name": "Progress M-SO1", "kind": "CV"}, {"name": "Pirs", "kind": "module"}],
         "РН «Союз-У» с ТГК «Прогресс М-СО1» и модулем «Пирс»"),
        ("Space Shuttle", [{"name": "Endeavour (STS-88)", "kind": "SC"}, UNITY],
         "Шаттл «Индевор» (STS-88) с модулем «Юнити»"),
        ("Space Shuttle", [{"name": "Endeavour (STS-97)", "kind": "SC"}],
         "Шаттл «Индевор» (STS-97)"),
        (None, [SOYUZ], "ТПК «Союз МС-12»"),
        (None, [UNITY, {"name": "HTV-X1", "kind": "CV"}],
         "Модуль «Юнити» и грузовой корабль HTV-X1"),
        # Payloads by editors that the archive does not have:
        ("Angara A5", [], "РН Angara A5"),
        ("Angara A5", [{"name": "A Box", "kind": "other"}], "РН Angara A5 с A Box"),
        ("Soyuz-2.1a", [{"name": "Progress Example", "kind": "CV"}],
         "РН «Союз-2.1а» с грузовым кораблём Progress Example"),
        ("Energia", [{"name": "Buran (STS-1)", "kind": "SC"}], "Шаттл «Buran» (STS-1)"),
        (None, [], ""),
    ],
)  # fmt: skip
def test_russian_headline_of_each_payload(
    vehicle: str | None, ships: list[dict[str, str]], headline: str
) -> None:
    assert build_launch_headline_ru(LaunchStatus.SUCCESS, vehicle, ships) == headline


@pytest.mark.parametrize(
    ("name", "russian"),
    [
        ("Soyuz MS-12", "Союз МС-12"),
        ("Endeavour (STS-88)", "Индевор (STS-88)"),
        ("ATV-2 Johannes Kepler", "ATV-2 Иоганн Кеплер"),
        ("Unity", "Юнити"),
        ("Kibo Exposed Facility", "Внешняя платформа «Кибо»"),
        ("European Robotic Arm", "Европейский манипулятор ERA"),
        ("Dragon CRS-17", "Dragon CRS-17"),
        ("Soyuz", "Soyuz"),
    ],
)
def test_spacecraft_names(name: str, russian: str) -> None:
    assert glossary.spacecraft_name(name) == name
    with use_language(Language.RU):
        assert glossary.spacecraft_name(name) == russian
