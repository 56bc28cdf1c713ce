"""Format of the dataset files, and references between them."""

import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.domain.dates import Precision
from app.domain.enums import CrewRole, HorizonKind
from app.ingest.dataset.records import (
    DATASET_PATH,
    Dataset,
    DatasetCrewRole,
    DatasetPerson,
    read_dataset,
)


def test_dataset_record_counts(dataset: Dataset) -> None:
    assert len(dataset.missions) == 75
    assert len(dataset.launches) == 309
    assert len(dataset.people) == 298
    assert len(dataset.spacewalks) == 277
    assert len(dataset.articles) == 26
    assert len(dataset.stays) == 331
    ends = [launch.main_spacecraft.flight_ended_at for launch in dataset.launches.values()]
    assert len(list(filter(None, ends))) == 296
    assert sum(len(launch.crew) for launch in dataset.launches.values()) == 528
    assert sum(len(mission.crew) for mission in dataset.missions.values()) == 500


def test_launches_and_missions_are_in_order_of_time(dataset: Dataset) -> None:
    launched = [launch.launch_at for launch in dataset.launches.values()]
    assert launched == sorted(launched)
    assert [m.number for m in dataset.missions.values()] == list(range(1, 76))


def test_crews_are_in_display_order(dataset: Dataset) -> None:
    """Commanders in the order of command, then engineers by position, unknown positions last."""
    for mission in dataset.missions.values():
        order = [_place(row) for row in mission.crew]
        assert order == sorted(order)


def _place(row: DatasetCrewRole) -> tuple[bool, bool, int, str]:
    if row.role is CrewRole.COMMANDER:
        return False, False, 0, str(row.from_on or "")
    return True, row.position is None, int((row.position or "FE-0").removeprefix("FE-")), ""


def test_references_between_records_resolve(dataset: Dataset) -> None:
    for launch in dataset.launches.values():
        assert launch.vehicle in dataset.vehicles
        assert launch.site in dataset.sites
        assert dataset.resolve_citations(launch.sources)
        for seat in launch.crew:
            assert seat.person in dataset.people
            assert seat.landed_with is None or seat.landed_with in dataset.launches
            assert (seat.landed_with is None) == (seat.landed_at is None)
    ports = {port.slug for module in dataset.modules.values() for port in module.ports}
    for stay in dataset.stays.values():
        assert stay.launch in dataset.launches
        assert stay.port in ports
        is_certain = not (stay.arrived_at_uncertain and stay.departed_at_uncertain)
        assert dataset.resolve_citations(stay.sources) or not is_certain
    for mission in dataset.missions.values():
        assert dataset.resolve_citations(mission.sources)
        for person, up in mission.launch_by_person.items():
            assert person in [seat.person for seat in dataset.launches[up].crew]
    for walk in dataset.spacewalks.values():
        assert dataset.resolve_citations(walk.sources)
        assert walk.airlock is None or walk.airlock in dataset.modules
        assert walk.mission is None or walk.mission in dataset.missions
        assert len(set(walk.crew) & dataset.people.keys()) == len(walk.crew) == 2
    for article in dataset.articles.values():
        assert set(article.missions) <= dataset.missions.keys()
        assert set(article.people) <= dataset.people.keys()
        assert set(article.launches) <= dataset.launches.keys()


def test_notes_and_tasks_are_bilingual(dataset: Dataset) -> None:
    for launch in dataset.launches.values():
        assert (launch.outcome_note is None) == (launch.outcome_note_ru is None)
    for mission in dataset.missions.values():
        assert len(mission.tasks) == len(mission.tasks_ru)


def test_spacewalks_of_each_year(dataset: Dataset) -> None:
    """Numbers of spacewalks from 1998 to 2025, as NASA counts them."""
    years = Counter(walk.starts_at.year for walk in dataset.spacewalks.values())
    counts = "3 1 9 18 18 2 5 7 14 23 19 17 15 10 5 11 7 7 4 10 8 11 8 13 12 12 3 5"
    assert years == dict(enumerate(map(int, counts.split()), start=1998))


def test_spacewalks_have_consistent_times(dataset: Dataset) -> None:
    for number, walk in enumerate(dataset.spacewalks.values(), start=1):
        assert walk.slug == f"spacewalk-{walk.number}" == f"spacewalk-{number}"
        assert (walk.starts_at_precision is Precision.DAY) == (walk.ends_at is None)
        if walk.ends_at:
            elapsed = (walk.ends_at - walk.starts_at).total_seconds()
            assert elapsed == walk.duration_seconds, walk.slug
        assert walk.purpose != walk.purpose_ru
        assert max(len(walk.purpose), len(walk.purpose_ru)) <= 160


def find_inexactly_dated(dataset: Dataset) -> list[DatasetPerson]:
    """People of whom a source has the year or month of birth but not the day."""
    return [who for who in dataset.people.values() if who.born_on and who.born_on_precision]


def test_dates_of_birth_are_plausible(dataset: Dataset) -> None:
    """A source that knows only the year states the first of January, which is not a date."""
    dates = {slug: born for slug, who in dataset.people.items() if (born := who.born_on)}
    assert len(dates) == 290
    inexact = {who.slug: who.born_on_precision for who in find_inexactly_dated(dataset)}
    assert Counter(inexact.values()) == {Precision.YEAR: 6, Precision.MONTH: 1}
    for slug, born in dates.items():
        is_first_of_year = (born.month, born.day) == (1, 1)
        assert is_first_of_year is (inexact.get(slug) == Precision.YEAR), slug
        assert born.day == 1 or slug not in inexact, slug
    for launch in dataset.launches.values():
        for seat in launch.crew:
            if born := dates.get(seat.person):
                age = (launch.launch_at.date() - born).days / 365.25
                assert 25 < age < 75, (seat.person, launch.slug)


def test_dates_of_birth_have_a_source(dataset: Dataset) -> None:
    """Launch Library 2 is the source of all days but one, which it has wrong.

    Wikidata is the source of the years and months.
    """
    cited = {slug for slug, who in dataset.people.items() if "launch-library" in who.sources}
    inexact = find_inexactly_dated(dataset)
    assert all("wikidata" in who.sources for who in inexact)
    dated = {slug for slug, who in dataset.people.items() if who.born_on}
    dated -= {who.slug for who in inexact}
    assert dated - cited == {"nikolai-budarin"}
    assert cited - dated == set()


def test_unknown_field_is_rejected(tmp_path: Path) -> None:
    shutil.copytree(DATASET_PATH, tmp_path, dirs_exist_ok=True)
    sites = tmp_path / "sites.jsonl"
    sites.write_text(sites.read_text("utf-8").replace('"country"', '"county"'), "utf-8")
    with pytest.raises(ValidationError, match="county"):
        read_dataset(tmp_path)


def test_people_in_space_at_the_horizon(dataset: Dataset) -> None:
    """At noon on 8 October 2026, hours after the splashdown of Crew-12."""
    at = datetime(2026, 10, 8, 12, tzinfo=UTC)
    in_space = {
        seat.person
        for launch in dataset.launches.values()
        for seat in launch.crew
        if launch.launch_at <= at and (seat.landed_at is None or seat.landed_at > at)
    }
    assert in_space == {
        "pyotr-dubrov",
        "anna-kikina",
        "anil-menon",
        "jessica-watkins",
        "luke-delaney",
        "joshua-kutryk",
        "sergey-teteryatnikov",
    }
    assert dataset.missions["iss-75"].commanders[0].person == "jessica-meir"


def test_names_have_their_diacritics(dataset: Dataset) -> None:
    for slug, name, former in (
        ("andre-kuipers", "André Kuipers", "Andre Kuipers"),
        ("michael-lopez-alegria", "Michael López-Alegría", "Michael Lopez-Alegria"),
        ("serena-aunon-chancellor", "Serena Auñón-Chancellor", "Serena Aunon-Chancellor"),
    ):
        assert dataset.people[slug].name == name
        assert former in dataset.people[slug].aliases


def test_horizon_has_the_kinds_that_the_dataset_has(dataset: Dataset) -> None:
    assert set(dataset.horizon) == {
        HorizonKind.CREWS,
        HorizonKind.LAUNCHES,
        HorizonKind.DOCKINGS,
        HorizonKind.SPACEWALKS,
        HorizonKind.NEWS,
    }
