"""Entity linking by name, and its precision and recall in texts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import Person
from app.ingest.entity_linking import AmbiguousName, EntityLinker, EntityLinks
from app.search.synonyms import fold_words
from tests.support import documents
from tests.support.clients import database_of

Named = list[tuple[str, str, set[str]]]
Matcher = Callable[[str, str], set[str]]


def marked() -> Named:
    """Titles and leads with hand-labelled links."""
    lines = (Path(__file__).parent / "named.psv").read_text("utf-8").splitlines()
    rows = [line.split("|") for line in lines if not line.startswith("#")]
    return [(title.strip(), lead.strip(), set(named.split())) for title, lead, named in rows]


@pytest.fixture(scope="module")
def names(archive_client: TestClient) -> EntityLinker:
    with database_of(archive_client).snapshot() as reader:
        return EntityLinker.load(reader)


def slugs(links: EntityLinks) -> set[str]:
    return {*links.missions, *links.launches, *links.people}


def quality(matcher: Matcher) -> tuple[float, float]:
    """Precision and recall of a matcher."""
    found = [(matcher(title, lead), right) for title, lead, right in marked()]
    hits = sum(len(links & right) for links, right in found)
    return (
        hits / sum(len(links) for links, _ in found),
        hits / sum(len(right) for _, right in found),
    )


def test_links_have_95_percent_precision_and_recall(names: EntityLinker) -> None:
    assert len(marked()) == 100
    precision, recall = quality(lambda title, lead: slugs(names.find_links(title, lead)))
    assert precision >= 0.95
    assert recall >= 0.95


def test_family_names_alone_have_lower_precision(archive: TestClient) -> None:
    """Positive control: a matcher by family name alone."""
    with database_of(archive).snapshot() as reader:
        rows = reader.all(select(Person.slug, Person.name, Person.name_ru))
    families = [
        (row["slug"], fold_words(name)[-1])
        for row in rows
        for name in (row["name"], row["name_ru"])
    ]

    def naive(title: str, lead: str) -> set[str]:
        spoken = set(fold_words(f"{title} {lead}"))
        return {slug for slug, family in families if family in spoken}

    assert quality(naive)[0] < 0.95


@pytest.mark.parametrize(
    ("title", "lead", "named"),
    [
        ("Soyuz MS-11", "", ["soyuz-ms-11"]),
        ("SOYUZ MS1 and soyuz ms-02", "", ["soyuz-ms-01", "soyuz-ms-02"]),
        ("Soyuz MS-111", "", []),
        ("Koch", "Christina went home", []),
        ("Christina", "Koch went home", []),
        ("Expedition 59", "to the source of the Nile", []),
        ("Экспедиции 58 и 59", "экипаж станции", ["iss-58", "iss-59"]),
        ("Endeavour", "the ship flew again", []),
    ],
)
def test_names_in_text_are_linked(
    names: EntityLinker, title: str, lead: str, named: list[str]
) -> None:
    assert sorted(slugs(names.find_links(title, lead))) == named


def test_people_are_found_by_every_name(names: EntityLinker, archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        people = reader.all(select(Person.slug, Person.name, Person.name_ru, Person.aliases))
    for row in people:
        for name in (row["name"], row["name_ru"], *row["aliases"]):
            assert names.find_person(name) == row["slug"], name


def test_ambiguous_name_is_not_linked(editor: TestClient, database: Database) -> None:
    for _ in range(2):
        document = documents.person(aliases=["The Same Name"])
        assert editor.post("/v1/people", json=document).status_code == 201
    with database.snapshot() as reader:
        names = EntityLinker.load(reader)
    with pytest.raises(AmbiguousName) as raised:
        names.find_person("the same  NAME")
    assert len(raised.value.candidates) == 2
    assert names.find_person("Nobody") is None
    assert names.find_links("The Same Name flew", "") == EntityLinks()


def test_ordinary_words_are_not_linked_to_ships(editor: TestClient, database: Database) -> None:
    """Many satellites have ordinary words as names: Hope, Explorer, 1, Unity."""
    for name in ("Hope", "Explorer", "1", "Unity", "The Station"):
        ship = {"name": name, "kind": "satellite"}
        assert editor.post("/v1/launches", json=documents.launch(spacecraft=[ship])).is_success
    with database.snapshot() as reader:
        names = EntityLinker.load(reader)
    assert names.find_links("Hope for the station", "Explorer 1 and Unity") == EntityLinks()


def test_linker_loads_with_five_statements(archive: TestClient, statements: list[str]) -> None:
    with database_of(archive).snapshot() as reader:
        EntityLinker.load(reader)
    assert len(statements) == 5
