"""Articles of the chronicle: texts, dates and links."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from app.api.patterns import SLUG_PATTERN
from app.domain.dates import Precision
from app.ingest.dataset.records import Dataset, DatasetArticle

Items = dict[str, DatasetArticle]


def text(item: DatasetArticle) -> str:
    return f"{item.title}\n{item.lead}\n{item.body}"


def test_chronicle_has_one_item_per_event(chronicle_by_slug: Items) -> None:
    kinds = Counter(
        "handover" if "change-of-command" in slug else slug.split("-")[0]
        for slug, item in chronicle_by_slug.items()
        if item.language == "en"
    )
    assert kinds == {
        "launch": 309,
        "docking": 298,
        "spacewalk": 277,
        "expedition": 75,
        "handover": 9,
        "landing": 125,
    }


def test_items_have_translations(chronicle_by_slug: Items) -> None:
    for item in chronicle_by_slug.values():
        other = chronicle_by_slug[item.translation_of or f"{item.slug}-ru"]
        assert {item.language, other.language} == {"en", "ru"}
        assert (item.published_at, item.published_at_precision) == (
            other.published_at,
            other.published_at_precision,
        )
        assert (item.tags, item.missions, item.people, item.launches) == (
            other.tags,
            other.missions,
            other.people,
            other.launches,
        )


def test_slugs_titles_and_leads_are_within_limits(
    chronicle_by_slug: Items, dataset: Dataset
) -> None:
    assert not chronicle_by_slug.keys() & dataset.articles.keys()
    for item in chronicle_by_slug.values():
        assert re.fullmatch(SLUG_PATTERN, item.slug)
        assert len(item.slug) <= 120
        assert 10 < len(item.title) <= 120
        assert not item.title.endswith(".")
        assert item.lead.endswith(".")
        assert len(item.lead) <= 300
        assert 1 <= item.body.count("\n\n") + 1 <= 4


def test_sentences_have_no_gaps(chronicle_by_slug: Items) -> None:
    for item in chronicle_by_slug.values():
        for slip in ("None", "  ", " ,", " .", "..", "****", "{", "}", "()", "with as"):
            assert slip not in text(item), item.slug
        assert not re.search(r"\band and\b", text(item)), item.slug
        # An untranslated name would be in Latin script between two Cyrillic words.
        if item.language == "ru":
            assert not re.search(r"\b(Soyuz|Progress|the|with|crew)\b", text(item)), item.slug


def test_items_have_links_and_tags(chronicle_by_slug: Items, dataset: Dataset) -> None:
    tags = {"launch", "crew", "cargo", "module", "landing", "expedition", "command", "failure"}
    tags |= {"docking", "berthing", "spacewalk"}
    for item in chronicle_by_slug.values():
        assert item.missions or item.people or item.launches
        assert set(item.missions) <= dataset.missions.keys()
        assert set(item.people) <= dataset.people.keys()
        assert set(item.launches) <= dataset.launches.keys()
        assert item.tags
        assert set(item.tags) <= tags
        assert item.source.name == "Zarya chronicle"


def test_launch_item_of_progress_ms_11(chronicle_by_slug: Items) -> None:
    english, russian = (
        chronicle_by_slug["launch-progress-ms-11"],
        chronicle_by_slug["launch-progress-ms-11-ru"],
    )
    assert english.title == "LV Soyuz-2.1a with CV Progress MS-11 is launched"
    assert russian.title == "РН «Союз-2.1а» с ТГК «Прогресс МС-11» запущена"
    assert english.published_at == datetime(2019, 4, 4, 11, 1, 35, tzinfo=UTC)
    assert english.published_at_precision is Precision.SECOND
    assert "11:01:35 UTC on 4 April 2019 (14:01:35 Moscow time)" in english.body
    assert "4 апреля 2019 года в 14:01:35 по московскому времени (11:01:35 UTC)" in russian.body
    assert "Site 31/6 at Baikonur Cosmodrome" in english.body
    assert "с площадки № 31/6 космодрома Байконур" in russian.body
    assert english.tags == ["launch", "cargo"]
    assert english.missions == ["iss-59"]
    assert english.launches == ["progress-ms-11"]


def test_launch_item_of_soyuz_ms_10_has_failure_and_crew(chronicle_by_slug: Items) -> None:
    english, russian = (
        chronicle_by_slug["launch-soyuz-ms-10"],
        chronicle_by_slug["launch-soyuz-ms-10-ru"],
    )
    assert english.title == "The launch of LV Soyuz-FG with SC Soyuz MS-10 failed"
    assert russian.title == "Авария при запуске: РН «Союз-ФГ» с ТПК «Союз МС-10»"
    assert "failure" in english.tags
    assert english.people == ["aleksey-ovchinin", "nick-hague"]
    assert "**Aleksey Ovchinin** (commander) and **Nick Hague** (flight engineer)" in english.body
    assert "командир **Алексей Овчинин** и бортинженер **Ник Хейг**" in russian.body
    assert "emergency rescue system" in english.body
    assert "система аварийного спасения" in russian.body
    assert "landing-soyuz-ms-10" not in chronicle_by_slug


@pytest.mark.parametrize(
    ("slug", "title"),
    [
        (
            "launch-sts-88",
            "Space Shuttle Endeavour is launched on flight STS-88 with the module Unity",
        ),
        ("launch-sts-88-ru", "Шаттл «Индевор» (STS-88) стартовал к МКС с модулем «Юнити»"),
        (
            "launch-nauka",
            "LV Proton-M with the module Nauka and the European Robotic Arm is launched",
        ),
        ("launch-zarya-ru", "РН «Протон-К» с модулем «Заря» запущена"),
        ("launch-dragon-crs-17-ru", "РН Falcon 9 с грузовым кораблём Dragon CRS-17 запущена"),
        ("launch-dragon-crew-1-ru", "РН Falcon 9 с кораблём Dragon Crew-1 запущена"),
        (
            "launch-progress-m-so1-ru",
            "РН «Союз-У» с ТГК «Прогресс М-СО1» и модулем «Пирс» запущена",
        ),
        ("launch-progress-m-27m-ru", "Нештатный запуск: РН «Союз-2.1а» с ТГК «Прогресс М-27М»"),
        ("expedition-59-begins", "Expedition 59 begins under Oleg Kononenko"),
        ("expedition-59-begins-ru", "Началась экспедиция МКС-59, командир — Олег Кононенко"),
        ("expedition-70-change-of-command", "Oleg Kononenko takes command of the station"),
        ("expedition-70-change-of-command-ru", "Новый командир МКС — Олег Кононенко"),
        ("landing-soyuz-ms-11", "Soyuz MS-11 returns to Earth with a crew of three"),
        (
            "landing-sts-88-ru",
            "Шаттл «Индевор» (STS-88) вернулся на Землю с экипажем из шести человек",
        ),
    ],
)
def test_titles(chronicle_by_slug: Items, slug: str, title: str) -> None:
    assert chronicle_by_slug[slug].title == title


def test_expedition_start_items_name_commander_and_crew(chronicle_by_slug: Items) -> None:
    stays, passes, leaves = (chronicle_by_slug[f"expedition-{n}-begins"] for n in (59, 60, 5))
    assert stays.lead.startswith("Oleg Kononenko stayed in command")
    assert stays.published_at == datetime(2019, 3, 15, 1, 1, tzinfo=UTC)
    assert stays.tags == ["expedition"]
    assert "- Four spacewalks" in stays.body
    assert "passed from Oleg Kononenko to Aleksey Ovchinin" in passes.lead
    assert passes.tags == ["expedition", "command"]
    assert (
        "joined by **Alexander Skvortsov**, **Luca Parmitano** and **Andrew Morgan**" in passes.body
    )
    assert leaves.lead == (
        "Valery Korzun set out for the International Space Station to command Expedition 5."
    )


def test_handover_item_names_end_of_command(chronicle_by_slug: Items) -> None:
    """Pesquet remained commander in the next expedition; its start is no change of command."""
    first, second = (chronicle_by_slug[f"expedition-65-change-of-command{n}"] for n in ("", "-2"))
    assert first.published_at == datetime(2021, 4, 27, tzinfo=UTC)
    assert first.published_at_precision is Precision.DAY
    assert "**Thomas Pesquet** led it until 6 November 2021" in second.body
    assert second.people == ["akihiko-hoshide", "thomas-pesquet"]
    assert "command" not in chronicle_by_slug["expedition-66-begins"].tags


def test_landing_item_names_flights_and_missions(chronicle_by_slug: Items) -> None:
    """Koch was launched with one ship and landed with another, after the longest of the flights."""
    landing = chronicle_by_slug["landing-soyuz-ms-13"]
    assert landing.published_at == datetime(2020, 2, 6, 9, 12, 21, tzinfo=UTC)
    assert landing.lead.startswith("Christina Koch is back from the International Space Station")
    assert "328 days and 13 hours" in landing.lead
    assert "and Alexander Skvortsov and Luca Parmitano after 200 days" in landing.lead
    assert (
        "**Christina Koch** had set out aboard Soyuz MS-12 on 14 March 2019, and "
        "**Alexander Skvortsov** and **Luca Parmitano** aboard Soyuz MS-13 on 20 July 2019."
    ) in landing.body
    assert landing.missions == ["iss-61"]
    assert (
        "Hazza Al Mansouri** from a short flight" in chronicle_by_slug["landing-soyuz-ms-12"].body
    )
    assert "328 дней 13 часов" in chronicle_by_slug["landing-soyuz-ms-13-ru"].lead


@pytest.mark.parametrize(
    ("slug", "links"),
    [
        # The ship came without an hour on the day on which ISS-59 began with its docking.
        (
            "docking-soyuz-ms-12",
            (
                ["docking", "crew"],
                ["iss-59"],
                ["aleksey-ovchinin", "nick-hague", "christina-koch"],
                ["soyuz-ms-12"],
            ),
        ),
        ("docking-progress-m-so1", (["docking", "cargo", "module"], ["iss-3"], [],
                                    ["progress-m-so1"])),
        ("docking-dragon-crs-17", (["berthing", "cargo"], ["iss-59"], [], ["dragon-crs-17"])),
        ("docking-soyuz-ms-14", (["docking"], ["iss-60"], [], ["soyuz-ms-14"])),
        # From the shuttle, before the first mission.
        ("spacewalk-1", (["spacewalk"], [], ["jerry-ross", "james-newman"], ["sts-88"])),
        ("spacewalk-245", (["spacewalk"], ["iss-66"], ["thomas-marshburn", "kayla-barron"], [])),
    ],
)  # fmt: skip
def test_links_of_station_events(
    chronicle_by_slug: Items, slug: str, links: tuple[list[str], ...]
) -> None:
    item = chronicle_by_slug[slug]
    assert (item.tags, item.missions, item.people, item.launches) == links


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("launch-soyuz-ms-14", "for the International Space Station with the uncrewed ship Soyuz"),
        ("launch-soyuz-ms-14-ru", "с беспилотным кораблём «Союз МС-14»."),
        ("launch-soyuz-ms-12", "flew as part of ISS-59 and ISS-60, and **Christina Koch** as part"),
        ("launch-soyuz-ms-12-ru", "вошли в экипажи МКС-59 и МКС-60; **Кристина Кук** — в экипажи"),
        ("launch-dragon-crew-13", "They joined ISS-75."),
        ("launch-dragon-crew-13-ru", "Они вошли в экипаж МКС-75."),
        ("launch-soyuz-tma-9", "; **Anousheh Ansari** made a short flight."),
        ("launch-soyuz-tma-9-ru", "краткосрочный полёт отправился один человек — **Ануше Ансари**"),
        ("launch-sts-116-ru", "вошёл один человек — **Сунита Уильямс**; остальные отправились в"),
        ("launch-sts-127-ru", "На борту была и внешняя платформа «Кибо»."),
        ("launch-sts-130-ru", "На борту были и модуль «Транквилити», и модуль «Купол»."),
        ("expedition-65-begins", "was in command at first; the command later passed to **Akihiko"),
        ("expedition-65-begins", "aboard Dragon Crew-2, and by **Anton Shkaplerov** aboard Soyuz"),
        ("expedition-65-begins-ru", "(Dragon Crew-2), а также **Антон Шкаплеров** («Союз МС-19»)"),
        ("expedition-17-begins-ru", "ещё один член экипажа — **Грегори Шамитофф** (шаттл «Диск"),
        ("expedition-59-begins", "It lasted 101 days, until 25 June 2019 (Moscow time)."),
        ("expedition-65-change-of-command", "**Shannon Walker** splashed down aboard Dragon"),
        ("expedition-65-change-of-command-ru", "Полёт прежнего командира завершился 2 мая"),
        ("landing-axiom-ax-4", "splashed down at 09:31:41 UTC on 15 July 2025"),
        ("landing-axiom-ax-4-ru", "Корабль приводнился 15 июля 2025 года в 12:31:41"),
        ("landing-dragon-crew-12", "International Space Station after 237 days."),
        ("landing-dragon-crew-12-ru", "Корабль приводнился 8 октября 2026 года."),
        ("landing-soyuz-tm-31", "The crew had set out aboard Soyuz TM-32 on 28 April 2001."),
        ("landing-sts-135", "The crew had set out aboard the same ship on 8 July 2011."),
        (
            "landing-soyuz-ms-13-ru",
            "**Лука Пармитано** — 20 июля 2019 года на корабле «Союз МС-13»",
        ),
        ("landing-sts-135-ru", "Шаттл совершил посадку 21 июля 2011 года"),
        ("landing-soyuz-ms-24-ru", "**Лорал О'Хара** — из экспедиции МКС-70; остальные — из"),
    ],
)
def test_texts_contain_phrases(chronicle_by_slug: Items, slug: str, words: str) -> None:
    assert words in text(chronicle_by_slug[slug])


def test_former_commander_is_named_once(chronicle_by_slug: Items) -> None:
    """The second assignment of a former commander creates no further sentence."""
    start = chronicle_by_slug["expedition-65-begins"]
    assert start.body.count("Shannon Walker") == 1
    assert start.people.count("shannon-walker") == 1


def test_sentences_do_not_begin_alike(chronicle_by_slug: Items) -> None:
    for item in chronicle_by_slug.values():
        for paragraph in item.body.split("\n\n"):
            assert len(re.findall(r"(?:^|\. )Экипаж ", paragraph)) < 2, item.slug
