"""Loading the embedded archive, again and again."""

from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.database import Database
from app.dataset.check import check
from app.dataset.load import LoadReport, load
from app.models import (
    Article,
    ArticleTag,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionAlias,
    MissionTask,
    Person,
    Vehicle,
)
from tests import factories
from tests.conftest import database_of

RECORDS = 18 + 6 + 294 + 303 + 74 + 26 + 1018
"""Vehicles, sites, people, launches, missions, articles, and the chronicle."""


def loaded(database: Database) -> LoadReport:
    with database.session() as session:
        return load(session)


def test_a_first_load_creates_and_a_second_one_writes_nothing(database: Database) -> None:
    told: list[tuple[str, int, int]] = []
    with database.session() as session:
        first = load(session, lambda *step: told.append(step))
    assert first == LoadReport(created=RECORDS, updated=0, unchanged=0)
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert told[-1][1] == told[-1][2]
    with database.snapshot() as reader:
        before = {
            model: reader.all(select(model.id, model.updated_at, model.version))
            for model in (Person, Launch, Mission, Article)
        }
    assert loaded(database) == LoadReport(created=0, updated=0, unchanged=RECORDS)
    with database.snapshot() as reader:
        for model, rows in before.items():
            assert reader.all(select(model.id, model.updated_at, model.version)) == rows
        assert check(reader) == []


def test_what_the_page_of_iss_59_is_made_of(archive: TestClient) -> None:
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
            "Oleg Kononenko",
            "David Saint-Jaques",
            "Ann McClain",
            "Ovchinin Alexey",
            "Nick Hague",
            "Christina Koch",
        ]
        derived = select(MissionTask.derived).where(MissionTask.mission_id == mission["id"])
        assert {row["derived"] for row in reader.all(derived)} == {False}
        text = reader.scalar(select(Launch.search_text).where(Launch.slug == "progress-ms-11"))
        assert text == "soyuz-2.1a\nsoyuz\nprogress ms-11\nbaikonur cosmodrome\nlc31"


def test_a_changed_record_is_set_right_and_gets_a_version(database: Database) -> None:
    loaded(database)
    with database.session() as session:
        article = session.scalars(
            select(Article).where(Article.slug == "launch-progress-ms-11")
        ).one()
        article.title = "Another title"
        launch = session.scalars(select(Launch).where(Launch.slug == "soyuz-ms-12")).one()
        flights = session.scalars(select(Flight).where(Flight.launch_id == launch.id)).all()
        session.delete(flights[0])
        session.add(ArticleTag(article_id=article.id, tag="stray"))
        person = session.scalars(select(Person).where(Person.slug == "oleg-kononenko")).one()
        person.sources = []
        seen = launch.version
    assert loaded(database) == LoadReport(created=0, updated=5, unchanged=RECORDS - 5)
    with database.snapshot() as reader:
        assert check(reader) == []
        title = select(Article.title, Article.version).where(
            Article.slug == "launch-progress-ms-11"
        )
        assert reader.all(title) == [
            {"title": "LV Soyuz-2.1a with CV Progress MS-11 is launched", "version": 3}
        ]
        # Its flights are parts of it: what it shows has changed, and its version tells.
        version = reader.scalar(select(Launch.version).where(Launch.slug == "soyuz-ms-12"))
        assert version == seen + 1
        assert reader.all(select(ArticleTag.tag).where(ArticleTag.tag == "stray")) == []
    assert loaded(database).updated == 0


def test_records_of_others_are_left_alone(database: Database) -> None:
    with database.session() as session:
        session.add(factories.person(slug="somebody-else"))
        article = factories.article(slug="other-news")
        session.add(article)
        session.flush()
        session.add(ArticleTag(article_id=article.id, tag="own"))
    report = loaded(database)
    assert report.created == RECORDS
    with database.snapshot() as reader:
        assert reader.scalar(select(func.count(Person.id))) == 294 + 1
        assert reader.scalar(select(ArticleTag.article_id).where(ArticleTag.tag == "own"))
    assert loaded(database) == LoadReport(created=0, updated=0, unchanged=RECORDS)


def test_vehicles_of_like_names_stay_apart(archive: TestClient) -> None:
    """Antares 230 and Antares 230+ are two rockets."""
    with database_of(archive).snapshot() as reader:
        flown = select(Vehicle.name, func.count(Launch.id).label("launches")).join(
            Launch, Launch.vehicle_id == Vehicle.id
        )
        rows = reader.all(flown.where(Vehicle.family == "Antares").group_by(Vehicle.name))
    counts = {row["name"]: row["launches"] for row in rows}
    assert (counts["Antares 230"], counts["Antares 230+"]) == (5, 8)
