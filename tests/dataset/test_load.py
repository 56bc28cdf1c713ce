"""Loading the embedded archive, once and repeatedly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import (
    Article,
    ArticleTag,
    AuditEntry,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionAlias,
    MissionTask,
    Module,
    Person,
    Stay,
    Vehicle,
    stored_id,
)
from app.domain.enums import AuditTarget, HorizonKind
from app.ingest.dataset.check import check_archive
from app.ingest.dataset.load import LoadReport, load_dataset
from app.ingest.dataset.records import read_dataset
from app.ingest.dataset.upsert import MISSING_ID, DatasetUpsert
from app.resources.horizon.commands import move_horizon
from app.resources.horizon.queries import get_horizons
from tests.support import factories
from tests.support.clients import database_of, open_client
from tests.support.databases import CreateDatabase, find_tables_without_statistics
from tests.support.documents import IF_MATCH_ANY
from tests.support.horizons import EDITOR

pytestmark = pytest.mark.slow

RECORDS = 137 + 18 + 6 + 32 + 20 + 238 + 298 + 309 + 42 + 331 + 75 + 277 + 26 + 2186
"""Drawings, vehicles, sites, agencies, types of spacecraft, spacecraft, people, launches, modules,
stays, missions, spacewalks, articles and the chronicle."""


def load_again(database: Database) -> LoadReport:
    return load_dataset(database.session)


@dataclass
class First:
    """A first load into a database with other records."""

    database: Database
    report: LoadReport
    told: list[tuple[str, int, int]]
    without_statistics: set[str]
    """Tables without statistics before the load."""


@pytest.fixture(scope="module")
def first(create_database: CreateDatabase) -> Iterator[First]:
    """Result of a first load; tests may load again, and write nothing."""
    with open_client(create_database()) as client:
        database, told = database_of(client), list[tuple[str, int, int]]()
        with database.session() as session:
            session.add(factories.person(slug="somebody-else"))
            article = factories.article(slug="other-news")
            session.add(article)
            session.flush()
            session.add(ArticleTag(article_id=article.id, tag="own"))
        without_statistics = find_tables_without_statistics(database)
        report = load_dataset(database.session, lambda *step: told.append(step))
        yield First(database, report, told, without_statistics)


def test_load_twice_creates_then_writes_nothing(first: First) -> None:
    assert first.report == LoadReport(created=RECORDS, updated=0, unchanged=0)
    assert [done for _, done, _ in first.told] == list(range(len(first.told)))
    assert first.told[-1][1] == first.told[-1][2]
    with first.database.snapshot() as reader:
        before = {
            model: reader.all(select(model.id, model.updated_at, model.version))
            for model in (Person, Launch, Module, Stay, Mission, Article)
        }
    assert load_again(first.database) == LoadReport(created=0, updated=0, unchanged=RECORDS)
    with first.database.snapshot() as reader:
        for model, rows in before.items():
            assert reader.all(select(model.id, model.updated_at, model.version)) == rows
        assert list(check_archive(reader)) == []


def test_load_updates_the_statistics_of_the_planner(first: First) -> None:
    if first.database.engine.dialect.name == "postgresql":
        assert {"articles", "launches", "search_index"} <= first.without_statistics
    assert find_tables_without_statistics(first.database) == set()


def test_new_record_that_refers_to_a_deleted_one_is_not_created(database: Database) -> None:
    merge = DatasetUpsert(database.session)
    with merge.transaction():
        stay = {"launch_id": MISSING_ID, "port_id": 1}
        assert merge.upsert_records(Stay, "slug", {"new": stay}) == {"new": MISSING_ID}
    assert (merge.total, merge.created) == (1, set())


def test_interrupted_load_continues(create_database: CreateDatabase) -> None:
    """Records and their child rows are written together, so that nothing is counted twice."""

    def interrupt(step: str, _done: int, _total: int) -> None:
        if step == "missions":
            raise KeyboardInterrupt

    with open_client(create_database()) as client:
        database = database_of(client)
        with pytest.raises(KeyboardInterrupt):
            load_dataset(database.session, interrupt)
        done = 137 + 18 + 6 + 32 + 20 + 238 + 298 + 309 + 42 + 331
        assert load_again(database) == LoadReport(created=RECORDS - done, updated=0, unchanged=done)
        with database.snapshot() as reader:
            assert list(check_archive(reader)) == []
            versions = reader.all(select(Launch.version).distinct())
            assert versions == [{"version": 1}]
            loads = select(AuditEntry.after).where(AuditEntry.type == AuditTarget.ARCHIVE)
            counts = [row["after"] for row in reader.all(loads)]
        assert sum(each["created"] for each in counts) == RECORDS


def test_load_moves_the_horizon_forwards_only(own: TestClient) -> None:
    database = database_of(own)
    ahead = datetime(2026, 11, 1, tzinfo=UTC)
    with database.session() as session:
        move_horizon(session, EDITOR, [HorizonKind.CREWS], ahead)
    load_again(database)
    with database.snapshot() as reader:
        moved = {each.kind: each.known_until for each in get_horizons(reader).items}
    dataset = read_dataset().horizon
    assert moved == {kind: dataset[kind].known_until for kind in dataset} | {
        HorizonKind.CREWS: ahead
    }


def test_loaded_mission_iss_59(archive: TestClient) -> None:
    with database_of(archive).snapshot() as reader:
        mission = reader.first(
            select(Mission.id, Mission.alternative_names, Article.slug, Mission.station)
            .join(Article, Article.id == Mission.featured_article_id)
            .where(Mission.slug == "iss-59")
        )
        assert mission is not None
        assert mission["slug"] == "monument-to-soyuz-apollo-restored-in-korolev"
        assert mission["alternative_names"] == ["Expedition 59"]
        assert mission["station"] == "ISS"
        alias = select(MissionAlias.mission_id).where(MissionAlias.slug == "expedition-59")
        assert reader.scalar(alias) == mission["id"]
        crew = reader.all(
            select(CrewAssignment.credited_as)
            .where(CrewAssignment.mission_id == mission["id"])
            .order_by(CrewAssignment.ordinal)
        )
        assert [row["credited_as"] for row in crew] == [
            None,
            "David Saint-Jaques",
            "Ann McClain",
            "Ovchinin Alexey",
            None,
            None,
        ]
        derived = select(MissionTask.derived).where(MissionTask.mission_id == mission["id"])
        assert {row["derived"] for row in reader.all(derived)} == {False}


def test_load_updates_changed_records_and_versions(own: TestClient) -> None:
    database = database_of(own)
    with database.session() as session:
        article = session.scalars(
            select(Article).where(Article.slug == "launch-progress-ms-11")
        ).one()
        article.title = "Another title"
        launch = session.scalars(select(Launch).where(Launch.slug == "soyuz-ms-12")).one()
        flights = session.scalars(select(Flight).where(Flight.launch_id == stored_id(launch))).all()
        session.delete(flights[0])
        session.add(ArticleTag(article_id=article.id, tag="stray"))
        person = session.scalars(select(Person).where(Person.slug == "oleg-kononenko")).one()
        person.sources = []
        person.born_on = None
        seen = launch.version
    assert load_again(database) == LoadReport(created=0, updated=5, unchanged=RECORDS - 5)
    with database.snapshot() as reader:
        assert list(check_archive(reader)) == []
        title = select(Article.title, Article.version).where(
            Article.slug == "launch-progress-ms-11"
        )
        assert reader.all(title) == [
            {"title": "LV Soyuz-2.1a with CV Progress MS-11 is launched", "version": 3}
        ]
        # Flights are parts of a launch, so its version increases.
        version = reader.scalar(select(Launch.version).where(Launch.slug == "soyuz-ms-12"))
        assert version == seen + 1
        assert reader.all(select(ArticleTag.tag).where(ArticleTag.tag == "stray")) == []
        born_on = select(Person.born_on).where(Person.slug == "oleg-kononenko")
        assert reader.scalar(born_on) == date(1964, 6, 21)
    assert load_again(database).updated == 0


def test_load_leaves_other_records_unchanged(first: First) -> None:
    with first.database.snapshot() as reader:
        assert reader.scalar(select(func.count(Person.id))) == 298 + 1
        assert reader.scalar(select(ArticleTag.article_id).where(ArticleTag.tag == "own"))


def test_vehicles_with_similar_names_are_distinct(archive: TestClient) -> None:
    """Antares 230 and Antares 230+ are two rockets."""
    with database_of(archive).snapshot() as reader:
        flown = select(Vehicle.name, func.count(Launch.id).label("launches")).join(
            Launch, Launch.vehicle_id == Vehicle.id
        )
        rows = reader.all(flown.where(Vehicle.family == "Antares").group_by(Vehicle.name))
    counts = {row["name"]: row["launches"] for row in rows}
    assert (counts["Antares 230"], counts["Antares 230+"]) == (5, 8)


def test_load_leaves_edited_records_unchanged(own: TestClient) -> None:
    """Changed records stay changed; deleted and renamed records are not created again."""
    aged = {"name": "Somebody Else", "slug": "somebody-else", "born_on": None}
    assert own.patch("/v1/people/anne-mcclain", json=aged, headers=IF_MATCH_ANY).status_code == 200
    tasks = {"items": ["Only this"]}
    assert own.put("/v1/missions/iss-59/tasks", json=tasks, headers=IF_MATCH_ANY).status_code == 200
    assert (
        own.put("/v1/missions/iss-70/crew", json={"items": []}, headers=IF_MATCH_ANY).status_code
        == 200
    )
    launch = {"outcome_note": "A note.", "pad": None}
    assert (
        own.patch("/v1/launches/progress-ms-11", json=launch, headers=IF_MATCH_ANY).status_code
        == 200
    )
    gone = "launch-progress-ms-11"
    assert own.delete(f"/v1/articles/{gone}", headers=IF_MATCH_ANY).status_code == 204
    seat = own.get("/v1/launches", params={"vehicle": "Proton-K"}).json()["items"][0]["slug"]
    free(own, seat)
    assert own.delete(f"/v1/launches/{seat}", headers=IF_MATCH_ANY).status_code == 204
    moved = {"number": 9000, "slug": "iss-75-b"}
    assert own.patch("/v1/missions/iss-75", json=moved, headers=IF_MATCH_ANY).status_code == 200

    def shown() -> list[str]:
        addresses = [
            "/v1/people/somebody-else",
            "/v1/missions/iss-59",
            "/v1/missions/iss-70",
            "/v1/missions/iss-75-b",
            "/v1/launches/progress-ms-11",
            f"/v1/articles/{gone}/preview",
            "/v1/changes?types=person&limit=1",
        ]
        return [own.get(address).text for address in addresses]

    before = shown()
    assert '"born_on":null' in before[0]
    report = load_again(database_of(own))
    assert (report.created, report.updated) == (0, 0)
    assert shown() == before
    assert own.get("/v1/people/anne-mcclain").status_code == 308
    assert own.get(f"/v1/articles/{gone}").status_code == 410
    assert own.get(f"/v1/launches/{seat}").status_code == 410
    assert own.get("/v1/missions/iss-75").status_code == 308


def free(editor: TestClient, slug: str) -> None:
    """Remove all references to a launch."""
    launch = editor.get(f"/v1/launches/{slug}").json()
    for link in launch["missions"]:
        address = f"/v1/missions/{link['mission']['slug']}"
        kept = [
            {"relation": each["relation"], "launch": each["launch"]["slug"]}
            for each in editor.get(address).json()["launches"]
            if each["launch"]["slug"] != slug
        ]
        assert (
            editor.patch(address, json={"launches": kept}, headers=IF_MATCH_ANY).status_code == 200
        )
    about = editor.get("/v1/articles", params={"launch": slug, "view": "full", "limit": 100})
    for article in about.json()["items"]:
        kept = [each["slug"] for each in article["launches"] if each["slug"] != slug]
        address = f"/v1/articles/{article['slug']}"
        assert (
            editor.patch(address, json={"launches": kept}, headers=IF_MATCH_ANY).status_code == 200
        )
