"""Arrivals of ships and spacewalks in both languages."""

import re

import pytest

from app.domain.dates import PRECISIONS_WITH_TIME
from app.ingest.dataset.records import DatasetFacts, read_facts
from tools.chronicle import english_station, russian_station
from tools.chronicle.grammar import NewsText
from tools.chronicle.station_events import (
    ChronicleArrival,
    ChronicleSpacewalk,
    generate_arrivals,
    generate_spacewalks,
)

_CLOCK = re.compile(r"\d\d:\d\d")


@pytest.fixture(scope="module")
def facts() -> DatasetFacts:
    return read_facts()


@pytest.fixture(scope="module")
def arrivals(facts: DatasetFacts) -> dict[str, ChronicleArrival]:
    return {event.launch.slug: event for event in generate_arrivals(facts)}


@pytest.fixture(scope="module")
def spacewalks(facts: DatasetFacts) -> dict[int, ChronicleSpacewalk]:
    return {event.walk.number: event for event in generate_spacewalks(facts)}


def sentences(text: NewsText) -> str:
    return "\n".join([text.title, text.lead, text.body])


@pytest.mark.parametrize(
    ("launch", "english", "russian"),
    [
        # A crew, with the hour.
        ("dragon-crew-13", "Dragon Crew-13 docks at Harmony\n",
         "Корабль Dragon Crew-13 пристыковался к модулю «Гармония»\n"),
        ("dragon-crew-13", "with a crew of four, 7 hours and 55 minutes after launch.",
         "через 7 часов 55 минут после старта прибыл корабль Dragon Crew-13 с экипажем из "
         "четырёх человек."),
        ("dragon-crew-13", "The docking at the forward port of Harmony took place at 23:05 UTC on "
         "1 October 2026 (02:05 on 2 October Moscow time).",
         "Стыковка к переднему узлу модуля «Гармония» состоялась 2 октября 2026 года в 02:05 по "
         "московскому времени (1 октября, 23:05 UTC)."),
        ("dragon-crew-13", "The crew of ISS-75 was on the station, with **Jessica Meir** in",
         "На станции работала экспедиция МКС-75, командир — **Джессика Меир**."),
        # The first crew to live there.
        ("soyuz-tm-31", "The crew of ISS-1 moved in, with **William Shepherd** in command.",
         "На станции начала работу экспедиция МКС-1, командир — **Уильям Шеперд**."),
        ("sts-96", "Nobody lived on the station yet", "Постоянного экипажа на станции ещё не было"),
        # Shuttles, adapters, modules carried.
        ("sts-97", "The shuttle Endeavour (STS-97) docks at PMA-3\n",
         "Шаттл «Индевор» (STS-97) пристыковался к гермоадаптеру PMA-3\n"),
        ("sts-97", "nadir port of PMA-3", "к надирному узлу гермоадаптера PMA-3 состоялась"),
        ("sts-130", "Endeavour carried the module Tranquility and the module Cupola.",
         "На борту были и модуль «Транквилити», и модуль «Купол»."),
        ("sts-88", "The shuttle Endeavour (STS-88) reaches the station with the module Unity\n",
         "Шаттл «Индевор» (STS-88) прибыл к станции с модулем «Юнити»\n"),
        ("sts-88", "The cargo became part of the station at 02:07 UTC on 7 December 1998",
         "Груз стал частью станции 7 декабря 1998 года в 05:07"),
        # By the arm.
        ("htv-1", "HTV-1 is berthed at Harmony\n",
         "Грузовой корабль HTV-1 пристыкован к модулю «Гармония»\n"),
        ("htv-1", "The arm of the station berthed the ship at the nadir port of Harmony at 22:26",
         "Манипулятор станции пристыковал корабль к надирному узлу модуля «Гармония» 18 сентября"),
        ("dragon-crs-17", "The arm of the station captures Dragon CRS-17\n",
         "Манипулятор станции захватил грузовой корабль Dragon CRS-17\n"),
        ("dragon-crs-17", "(14:01 Moscow time); then the ship was berthed at the nadir port",
         "(11:01 UTC); затем корабль был пристыкован к надирному узлу модуля «Гармония»."),
        # Days alone.
        ("progress-ms-11", "Space Station on the day of its launch.\n",
         "станции в день старта прибыл грузовой корабль «Прогресс МС-11».\n"),
        ("soyuz-ms-12", "with a crew of three, the day after its launch.\n",
         "станции на следующий день после старта прибыл корабль «Союз МС-12» с экипажем"),
        ("soyuz-ms-14", "The uncrewed ship Soyuz MS-14 reached the International Space Station "
         "five days after its launch.",
         "через 5 дней после старта прибыл беспилотный корабль «Союз МС-14»."),
        ("progress-m-57", "The cargo ship Progress M-57 reached the International Space Station.\n"
         "The docking at the nadir port of Pirs took place about 26 June 2006.",
         "К Международной космической станции прибыл грузовой корабль «Прогресс М-57».\n"
         "Стыковка к надирному узлу модуля «Пирс» состоялась около 26 июня 2006 года."),
    ],
)  # fmt: skip
def test_sentences_of_arrivals(
    arrivals: dict[str, ChronicleArrival], launch: str, english: str, russian: str
) -> None:
    assert english in sentences(english_station.render_arrival(arrivals[launch]))
    assert russian in sentences(russian_station.render_arrival(arrivals[launch]))


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (217, "Oleg Kononenko and Aleksey Ovchinin make spacewalk 217\n",
         "Олег Кононенко и Алексей Овчинин вышли в открытый космос\n"),
        (217, "made a spacewalk of 6 hours and 1 minute at the International Space Station.",
         "Выход в открытый космос у Международной космической станции продлился 6 часов 1 минуту; "
         "его совершили Олег Кононенко и Алексей Овчинин."),
        (217, "Spacewalk 217 took place on 29 May 2019 from the Pirs airlock, during ISS-59.",
         "217-й выход у станции состоялся 29 мая 2019 года из модуля «Пирс», во время экспедиции "
         "МКС-59."),
        (217, "It was the fifth spacewalk at the station for **Oleg Kononenko** and the first for "
         "**Aleksey Ovchinin**.",
         "Личный счёт выходов у станции: **Олег Кононенко** — 5 и **Алексей Овчинин** — 1."),
        (217, "The work:\n\n- Experiments retrieved", "Содержание выхода:\n\n- Снятие научной"),
        (1, "Spacewalk 1 began at 22:10 UTC on 7 December 1998 (01:10 on 8 December Moscow time) "
         "from the shuttle Endeavour (STS-88).",
         "1-й выход у станции начался 8 декабря 1998 года в 01:10 по московскому времени "
         "(7 декабря, 22:10 UTC) с шаттла «Индевор» (STS-88)."),
        (1, "For both **Jerry Ross** and **James Newman** it was the first spacewalk",
         "**Джерри Росс** — 1 и **Джеймс Ньюман** — 1."),
        (21, "inside the Zvezda module, during ISS-2.", "внутри модуля «Звезда», во время"),
    ],
)  # fmt: skip
def test_sentences_of_spacewalks(
    spacewalks: dict[int, ChronicleSpacewalk], number: int, english: str, russian: str
) -> None:
    assert english in sentences(english_station.render_spacewalk(spacewalks[number]))
    assert russian in sentences(russian_station.render_spacewalk(spacewalks[number]))


def test_texts_have_hours_only_where_the_archive_has_them(
    arrivals: dict[str, ChronicleArrival], spacewalks: dict[int, ChronicleSpacewalk]
) -> None:
    for arrival in arrivals.values():
        stay = arrival.stay
        for render, about in ((english_station, "about"), (russian_station, "около")):
            text = sentences(render.render_arrival(arrival))
            timed = stay.arrived_at_precision in PRECISIONS_WITH_TIME
            assert bool(_CLOCK.search(text)) is timed, stay.slug
            assert (about in text) is stay.arrived_at_uncertain, stay.slug
    for spacewalk in spacewalks.values():
        for render in (english_station, russian_station):
            text = sentences(render.render_spacewalk(spacewalk))
            timed = spacewalk.walk.starts_at_precision in PRECISIONS_WITH_TIME
            assert bool(_CLOCK.search(text)) is timed, spacewalk.walk.slug


def test_counts_of_spacewalks_equal_those_of_crews(
    facts: DatasetFacts, spacewalks: dict[int, ChronicleSpacewalk]
) -> None:
    """The last count of each person is the number of crews that they are in."""
    last = {person.slug: count for event in spacewalks.values() for person, count in event.crew}
    assert len(last) > 100
    for slug, count in last.items():
        assert count == sum(slug in walk.crew for walk in facts.spacewalks.values())
