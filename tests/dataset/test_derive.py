"""Generated relations of launches, tasks and summaries of missions."""

import pytest

from app.domain.enums import LaunchRelation
from app.ingest.dataset.records import Dataset, DatasetMissionLaunch
from tools.chronicle import english_missions, russian_missions
from tools.chronicle.derive import (
    MissionFacts,
    derive_mission_facts,
    find_last_mission,
    group_launches_by_mission,
)

ARRIVAL, DEPARTURE, CARGO, MODULE = (
    LaunchRelation.CREW_ARRIVAL,
    LaunchRelation.CREW_DEPARTURE,
    LaunchRelation.CARGO,
    LaunchRelation.MODULE,
)


def of_mission(found: list[DatasetMissionLaunch], slug: str) -> set[tuple[str, LaunchRelation]]:
    return {(each.launch, each.relation) for each in found if each.mission == slug}


def of_launch(found: list[DatasetMissionLaunch], slug: str) -> set[tuple[str, LaunchRelation]]:
    return {(each.mission, each.relation) for each in found if each.launch == slug}


def test_launches_of_iss_59(launch_relations: list[DatasetMissionLaunch]) -> None:
    """The crew of Soyuz MS-12 belongs to the mission, although launched hours before its start."""
    assert of_mission(launch_relations, "iss-59") == {
        ("soyuz-ms-11", ARRIVAL),
        ("soyuz-ms-12", ARRIVAL),
        ("soyuz-ms-11", DEPARTURE),
        ("progress-ms-11", CARGO),
        ("cygnus-ng-11", CARGO),
        ("dragon-crs-17", CARGO),
    }


@pytest.mark.parametrize(
    ("launch", "expected"),
    [
        # It carried no member of the current mission: it belongs to the missions of its crew only.
        (
            "soyuz-ms-12",
            {("iss-59", ARRIVAL), ("iss-60", ARRIVAL), ("iss-61", ARRIVAL), ("iss-60", DEPARTURE)},
        ),
        # Aborted; intended for the current mission.
        ("soyuz-ms-10", {("iss-57", ARRIVAL)}),
        # Lost; intended for the current mission.
        ("progress-ms-04", {("iss-50", CARGO)}),
        # A visiting crew that landed in another ship; this ship landed members of the mission.
        ("soyuz-tma-1", {("iss-5", ARRIVAL), ("iss-6", DEPARTURE)}),
        # Launched a module and no long-term crew.
        ("sts-98", {("iss-1", MODULE)}),
        # Launched a module and a crew member; landed the crew member that he relieved.
        (
            "sts-120",
            {("iss-16", ARRIVAL), ("iss-16", MODULE), ("iss-16", DEPARTURE)},
        ),
        # Both ship and module: counted as a module.
        ("progress-m-so1", {("iss-3", MODULE)}),
        # Launched without crew; landed the crew of another ship.
        ("soyuz-ms-23", {("iss-68", CARGO), ("iss-69", DEPARTURE)}),
        # Between the undocking of a crew and its landing.
        ("progress-m-45", {("iss-3", CARGO)}),
        # Before the first resident crew.
        ("zarya", set()),
    ],
)
def test_missions_of_launches(
    launch_relations: list[DatasetMissionLaunch],
    launch: str,
    expected: set[tuple[str, LaunchRelation]],
) -> None:
    assert of_launch(launch_relations, launch) == expected


def test_launches_since_first_crew_serve_missions(
    dataset: Dataset, launch_relations: list[DatasetMissionLaunch]
) -> None:
    first = dataset.missions["iss-1"].starts_at
    serving = {each.launch for each in launch_relations}
    unused = [each.slug for each in dataset.launches.values() if each.slug not in serving]
    assert all(dataset.launches[slug].launch_at < first for slug in unused)


def test_last_mission_is_that_of_landing(dataset: Dataset) -> None:
    launch = dataset.launches["soyuz-ms-12"]
    homes = {seat.person: find_last_mission(dataset, launch, seat) for seat in launch.crew}
    assert {person: home and home.slug for person, home in homes.items()} == {
        "aleksey-ovchinin": "iss-60",
        "nick-hague": "iss-60",
        "christina-koch": "iss-61",
    }
    visitor = next(
        seat for seat in dataset.launches["soyuz-ms-15"].crew if seat.person == "hazza-al-mansouri"
    )
    assert find_last_mission(dataset, dataset.launches["soyuz-ms-15"], visitor) is None


@pytest.fixture(scope="module")
def courses(
    dataset: Dataset, launch_relations: list[DatasetMissionLaunch]
) -> dict[str, MissionFacts]:
    served = group_launches_by_mission(dataset, launch_relations)
    return {
        m.slug: derive_mission_facts(dataset, m, served[m.slug]) for m in dataset.missions.values()
    }


def test_derived_tasks(courses: dict[str, MissionFacts]) -> None:
    assert english_missions.describe_tasks(courses["iss-60"]) == [
        "Host the arrival of Soyuz MS-13",
        "Keep the station crewed from 25 June to 3 October 2019 (Moscow time)",
        "Receive the cargo ships Dragon CRS-18 and Progress MS-12",
        "Make a spacewalk: Docking adapter IDA-3 mounted on PMA-3",
        "Hand the station over to Expedition 61 under Luca Parmitano",
        "Return crew members to Earth with Soyuz MS-12",
    ]
    assert (
        "Reach the station with the shuttle Discovery (STS-105)"
        in english_missions.describe_tasks(courses["iss-3"])
    )
    assert (
        "Pass the command from Shannon Walker to Akihiko Hoshide, then to Thomas Pesquet"
        in english_missions.describe_tasks(courses["iss-65"])
    )


def test_tasks_name_spacewalks(courses: dict[str, MissionFacts]) -> None:
    """Up to four with their purposes, more with their number and duration."""
    two = "Make 2 spacewalks: 1) Docking adapter IDA-2 mounted on PMA-2; 2) Spare radiator folded"
    told = "\n".join(english_missions.describe_tasks(courses["iss-48"]))
    assert two in told
    for slug, english, russian in (
        (
            "iss-61",
            "Make 9 spacewalks, 61 hours in all",
            "9 выходов в открытый космос, всего 61 час",
        ),
        (
            "iss-13",
            "Make 8 spacewalks, 54 hours in all",
            "8 выходов в открытый космос, всего 54 часа",
        ),
    ):
        assert english in english_missions.describe_tasks(courses[slug])
        assert f"Выполнить {russian}" in russian_missions.describe_tasks(courses[slug])
    assert "spacewalk" not in "".join(english_missions.describe_tasks(courses["iss-29"]))


def test_lost_cargo_is_not_in_tasks(courses: dict[str, MissionFacts]) -> None:
    for slug in ("iss-28", "iss-41", "iss-43", "iss-44", "iss-50", "iss-57"):
        told = " ".join(english_missions.describe_tasks(courses[slug]))
        for ship in ("M-12M", "Orb-3", "M-27M", "CRS-7", "MS-04", "MS-10 "):
            assert ship not in told.replace("Progress MS-10", "")


def test_missions_have_tasks_and_summaries(courses: dict[str, MissionFacts]) -> None:
    for each in courses.values():
        listed = english_missions.describe_tasks(each)
        assert listed
        assert len(russian_missions.describe_tasks(each)) == len(listed)
        assert all(len(task) <= 500 for task in (*listed, *russian_missions.describe_tasks(each)))
        assert 50 < len(english_missions.summarize_mission(each)) <= 2000
        assert 50 < len(russian_missions.summarize_mission(each)) <= 2000


def test_summaries(courses: dict[str, MissionFacts]) -> None:
    assert english_missions.summarize_mission(courses["iss-59"]) == (
        "Expedition 59 to the International Space Station lasted 101 days, from 15 March to "
        "25 June 2019 (Moscow time), under the command of Oleg Kononenko. Its crew of six came "
        "with Soyuz MS-11 and Soyuz MS-12. In its time the cargo ships Progress MS-11, Cygnus "
        "NG-11 and Dragon CRS-17 were launched to the station."
    )
    assert (
        "from 17 April to 17 October 2021. Shannon Walker was in command at first; the command "
        "later passed to Akihiko Hoshide, then to Thomas Pesquet. Its crew of twelve"
    ) in english_missions.summarize_mission(courses["iss-65"])
    assert (
        "the module Tranquility, the module Cupola and the cargo ship Progress"
        in english_missions.summarize_mission(courses["iss-22"])
    )
    assert "The launch of Soyuz MS-10 failed." in english_missions.summarize_mission(
        courses["iss-57"]
    )


def test_russian_tasks_and_summaries(courses: dict[str, MissionFacts]) -> None:
    assert russian_missions.describe_tasks(courses["iss-60"]) == [
        "Встретить корабль «Союз МС-13»",
        "Обеспечить работу экипажа на станции с 25 июня по 3 октября 2019 года",
        "Принять грузовые корабли Dragon CRS-18 и «Прогресс МС-12»",
        "Выполнить выход в открытый космос: Монтаж стыковочного адаптера IDA-3 на PMA-3",
        "Передать станцию экспедиции МКС-61, командир — Лука Пармитано",
        "Вернуть членов экипажа на Землю на корабле «Союз МС-12»",
    ]
    assert (
        russian_missions.describe_tasks(courses["iss-1"])[3]
        == "Принять на станции: модуль «Дестини»"
    )
    assert "Передать командование станцией: сначала Шеннон Уокер, затем" in "\n".join(
        russian_missions.describe_tasks(courses["iss-65"])
    )
    assert russian_missions.summarize_mission(courses["iss-59"]) == (
        "Экспедиция МКС-59 продлилась 101 день, с 15 марта по 25 июня 2019 года по московскому "
        "времени. Командир — Олег Кононенко. Экипаж из шести человек прибыл на корабле «Союз "
        "МС-11» и на корабле "
        "«Союз МС-12». За это время к станции отправили: грузовые корабли «Прогресс МС-11», "
        "Cygnus NG-11 и Dragon CRS-17."
    )
    assert "с 4 октября по 20 декабря 2018 года. Командир" in russian_missions.summarize_mission(
        courses["iss-57"]
    )
    assert "Запуск корабля «Союз МС-10» закончился неудачей." in russian_missions.summarize_mission(
        courses["iss-57"]
    )
