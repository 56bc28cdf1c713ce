"""Migrations: upgrades and downgrades of a filled database keep all rows and match the models."""

import io
import re
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, MetaData, column, inspect, select, text
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from app.config import Settings
from app.db.database import Database, Reader
from app.db.models import (
    ARTICLE_LINKS,
    Agency,
    Base,
    CrewAssignment,
    Flight,
    ImportOrigin,
    Launch,
    Mission,
    MissionLaunch,
    ModuleOwner,
    Pad,
    Person,
    Site,
    Spacewalk,
    stored_id,
)
from app.db.types import UTCDateTime
from app.domain.dates import ONE_DAY, Precision, period_end
from app.domain.enums import ArticleState, LaunchRelation, LaunchStatus, RecordType, SpacecraftKind
from app.domain.text import slugify
from app.ingest.dataset.load import load_dataset
from app.main import create_app
from app.resources.registry import RECORD_RESOURCES, SEARCH_INDEXER
from app.resources.write_steps import build_database
from migrations.engine import engine_for
from tests.support import factories
from tests.support.databases import CreateDatabase, alembic_config, read_contents
from tests.support.paths import ROOT

FIRST_RELEASE = ROOT / "tests" / "support" / "release_0_1_0.sql"


def count_rows_except(rows: list[tuple[object, ...]], types: set[RecordType]) -> int:
    """Count the rows that do not belong to records of `types`, whose tables a downgrade drops."""
    return sum(
        not any(isinstance(value, RecordType) and value in types for value in row) for row in rows
    )


def test_migrations_have_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config("sqlite://")).get_heads()) == 1


def test_migrations_import_nothing_of_the_app() -> None:
    for path in [*(ROOT / "migrations/versions").glob("*.py"), ROOT / "migrations/columns.py"]:
        code = path.read_text()
        assert "import app" not in code
        assert "from app" not in code


def test_migrations_match_models(create_database: CreateDatabase) -> None:
    config = alembic_config(create_database())
    command.upgrade(config, "head")
    command.check(config)


def test_migrations_create_each_constraint(create_database: CreateDatabase) -> None:
    """Alembic does not compare CHECKs, and batch operations on SQLite can lose constraints."""
    url = create_database()
    command.upgrade(alembic_config(url), "head")
    engine = engine_for(url)
    for table in Base.metadata.sorted_tables:
        created = {check["name"] for check in inspect(engine).get_check_constraints(table.name)}
        expected = {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        assert created == expected, table.name
        if engine.dialect.name == "sqlite" and table.dialect_kwargs.get("sqlite_autoincrement"):
            with engine.connect() as connection:
                definition = text("SELECT sql FROM sqlite_master WHERE name = :name")
                ddl = connection.scalar(definition, {"name": table.name})
            assert "AUTOINCREMENT" in str(ddl), table.name


@pytest.mark.slow
def test_upgrade_downgrade_upgrade_keeps_rows(
    create_database: CreateDatabase, archive_template_url: str
) -> None:
    url = create_database(archive_template_url)
    config = alembic_config(url)
    database = build_database(url)
    before = read_contents(database)
    database.close()

    revisions = [r.revision for r in ScriptDirectory.from_config(config).walk_revisions()]
    if len(revisions) > 1:  # the last step keeps the tables of both revisions
        command.downgrade(config, "-1")
        kept_tables = set(inspect(database.engine).get_table_names())
        database.close()
        command.upgrade(config, "head")
        with database.session() as session:  # as `zarya migrate` does
            if SEARCH_INDEXER.is_index_missing(Reader.from_session(session)):
                SEARCH_INDEXER.rebuild(lambda: nullcontext(session))
        after = read_contents(database)
        kept_tables.remove("spacecraft")  # another table before revision 0025
        types = {
            type_: str(inspect(each.model).local_table) for type_, each in RECORD_RESOURCES.items()
        }
        lost = {type_ for type_, table in types.items() if table not in kept_tables}
        for name in (kept_tables & before.keys()) - {"search_words"}:  # those of all documents
            assert count_rows_except(after[name], lost) == count_rows_except(before[name], lost)
    current = read_contents(database)
    command.upgrade(config, "head")
    assert read_contents(database) == current

    database.close()
    command.downgrade(config, "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.close()
    command.upgrade(config, "head")
    load_dataset(database.session)
    after = read_contents(database)
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    database.close()


FIRST_RELEASE_REVISION = "0009"


def rows_of_first_release(url: str) -> dict[str, list[dict[str, object]]]:
    """The rows of the tables of release 0.1.0 that have fixture rows, by primary key.

    Without the column of the old search, which a downgrade fills with a part of its words.
    """
    names = re.findall(r"^INSERT INTO (\w+)", FIRST_RELEASE.read_text(), re.M)
    metadata, engine = MetaData(), engine_for(url)
    with engine.connect() as connection:
        metadata.reflect(connection, only=names)
        rows = {
            table.name: [
                {name: value for name, value in row.items() if name != "search_text"}
                for row in connection.execute(
                    table.select().order_by(*table.primary_key)
                ).mappings()
            ]
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return rows


@pytest.mark.slow
def test_upgrade_from_the_first_release_and_back(create_database: CreateDatabase) -> None:
    url = create_database()
    config = alembic_config(url)
    command.upgrade(config, FIRST_RELEASE_REVISION)
    engine = engine_for(url)
    with engine.begin() as connection:
        for line in FIRST_RELEASE.read_text().splitlines()[1:]:
            connection.exec_driver_sql(line)
    engine.dispose()
    before = rows_of_first_release(url)
    assert all(before.values())

    command.upgrade(config, "head")
    with TestClient(create_app(Settings(database_url=url))) as client:
        mission = client.get("/v1/missions/iss-59").json()
        assert mission["crew"][0]["person"]["name"] == "Oleg Kononenko"
        assert (mission["ends_at"], mission["ends_at_precision"]) == (
            "2019-06-24T23:25:00Z",
            "minute",
        )
        assert client.get("/v1/people/o-kononenko").url.path == "/v1/people/oleg-kononenko"
        planned = client.get("/v1/launches?launch_at_gte=2031-06-20").json()["items"]
        assert [launch["slug"] for launch in planned] == ["soyuz-of-one-day"]
        articles = client.get("/v1/articles?person=oleg-kononenko").json()["items"]
        assert [article["slug"] for article in articles] == ["a-fine-day"]
        assert client.get("/v1/articles/a-secret").status_code == 404
        archive = client.get("/v1/articles/archive?month=2019-04&tz=UTC").json()
        assert archive["total"] == 1

    command.downgrade(config, FIRST_RELEASE_REVISION)
    assert rows_of_first_release(url) == before


@pytest.mark.slow
def test_sort_keys_are_computed_from_periods_and_back(create_database: CreateDatabase) -> None:
    url = create_database()
    config = alembic_config(url)
    command.upgrade(config, "head")
    database = build_database(url)
    seconds = [
        datetime(1951, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2020, 2, 29, 12, 30, 30, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC),
    ]
    with database.session() as session:
        undated = {"published_at": None, "published_at_precision": None}
        session.add(factories.article(state=ArticleState.DRAFT, **undated))
        for number, (at, precision) in enumerate(product(seconds, Precision), start=1):
            session.add(factories.launch(launch_at=at, launch_at_precision=precision))
            session.add(factories.article(published_at=at, published_at_precision=precision))
            mission = factories.mission(starts_at=at, starts_at_precision=precision, number=number)
            mission.ends_at = None
            session.add(mission)
    before = read_contents(database)
    database.close()

    command.downgrade(config, "0011")
    for table, name in (("articles", "published"), ("launches", "launch"), ("missions", "starts")):
        columns = [
            column(f"{name}_at", UTCDateTime()),
            column(f"{name}_until", UTCDateTime()),
            column(f"{name}_at_precision"),
        ]
        with database.engine.connect() as connection:
            rows = list(map(tuple, connection.execute(select(*columns).select_from(text(table)))))
        assert len(rows) == len(seconds) * len(Precision) + (table == "articles")
        for at, until, precision in rows:
            assert until == (at and period_end(at, Precision(precision)))
    database.close()

    command.upgrade(config, "head")
    after = read_contents(database)
    for table in ("articles", "launches", "missions"):
        assert after[table] == before[table]
    database.close()


@pytest.mark.slow
def test_links_of_articles_get_their_columns(
    create_database: CreateDatabase, archive_template_url: str
) -> None:
    url = create_database(archive_template_url)
    config, database = alembic_config(url), build_database(url)
    before = read_contents(database)
    database.close()
    command.downgrade(config, "0016")
    command.upgrade(config, "0017")
    for link in ARTICLE_LINKS:
        with database.engine.connect() as connection:
            rows = connection.execute(select(link.__table__).order_by(*link.__table__.primary_key))
            assert list(map(tuple, rows)) == before[link.__tablename__] != []
    database.close()


@pytest.mark.slow
def test_imported_satellites_go_elsewhere(create_database: CreateDatabase) -> None:
    url = create_database()
    config = alembic_config(url)
    command.upgrade(config, "head")
    database = build_database(url)
    with database.session() as session:
        mission = factories.mission()
        session.add(mission)
        for slug, kind, owned in (
            ("imported-satellite", SpacecraftKind.SATELLITE, True),
            ("imported-other", SpacecraftKind.OTHER, True),
            ("imported-ship", SpacecraftKind.SC, True),
            ("linked-satellite", SpacecraftKind.SATELLITE, True),
            ("recognised-satellite", SpacecraftKind.SATELLITE, False),
            ("edited-satellite", SpacecraftKind.SATELLITE, None),
        ):
            launch = factories.launch(slug=slug)
            session.add(launch)
            session.flush()
            session.add(factories.payload(launch, ordinal=1, kind=kind))
            session.add(factories.payload(launch, ordinal=2, kind=SpacecraftKind.SATELLITE))
            if owned is not None:
                origin = ImportOrigin(scheme="gcat", key=slug, type=RecordType.LAUNCH, seen=[])
                origin.record_id, origin.owned = stored_id(launch), owned
                session.add(origin)
            if slug == "linked-satellite":
                link = MissionLaunch(mission_id=mission.id, launch_id=launch.id)
                link.relation = LaunchRelation.CARGO
                session.add(link)
    database.close()

    command.downgrade(config, "0015")
    command.upgrade(config, "head")
    with database.session() as session:
        elsewhere = session.scalars(select(Launch.slug).where(Launch.to_station.is_(False)))
        assert sorted(elsewhere) == ["imported-other", "imported-satellite"]
    database.close()


@pytest.mark.slow
def test_names_of_agencies_become_records_and_back(create_database: CreateDatabase) -> None:
    """Also those of a flight, which had no slug, and totals of flights."""
    url = create_database()
    config = alembic_config(url)
    command.upgrade(config, "head")
    database = build_database(url)
    at = datetime(2019, 3, 14, 19, 14, tzinfo=UTC)
    with database.session() as session:
        own, other, far = (
            factories.agency(slug=slug, name=name)
            for slug, name in (("nasa", "NASA"), ("s-p-a-co", "S.P.A. & Co"), ("agency-1", "Ü"))
        )
        person, second = (
            factories.person(slug=slug, agency_id=None, born_on=at.date()) for slug in ("a", "b")
        )
        launch = factories.launch(launch_at=at, status=LaunchStatus.SUCCESS)
        module = factories.module(slug="hub")
        session.add_all([own, other, far, person, second, launch, module])
        session.flush()
        person.agency_id = own.id
        session.add(factories.spacewalk(operator_id=own.id))
        for ordinal, agency in enumerate((own, own), start=1):
            owner = {"module_id": module.id, "ordinal": ordinal, "agency_id": agency.id}
            session.add(ModuleOwner(**owner))
        for flyer, agency in ((person, far), (second, other)):
            flight = factories.flight(flyer, launch, agency_id=agency.id)
            flight.landed_at, flight.landed_at_precision = at + ONE_DAY, Precision.SECOND
            session.add(flight)
    database.close()

    command.downgrade(config, "0022")
    with database.engine.connect() as connection:
        query = text("SELECT agency, agency_slug FROM people ORDER BY slug")
        assert list(map(tuple, connection.execute(query))) == [("NASA", "nasa"), (None, None)]
        flights = connection.execute(text("SELECT agency FROM flights ORDER BY agency"))
        assert list(flights.scalars()) == ["S.P.A. & Co", "Ü"]
    database.close()
    command.upgrade(config, "head")
    with database.session() as session:
        agencies = session.execute(select(Agency.slug, Agency.name).order_by(Agency.slug))
        assert [tuple(row) for row in agencies] == [
            ("agency-1", "Ü"), ("nasa", "NASA"), ("s-p-a-co", "S.P.A. & Co"),
        ]  # fmt: skip
        totals = select(Agency.slug, Person.flights_count, Person.flight_seconds)
        rows = session.execute(totals.select_from(Person).outerjoin(Agency).order_by(Person.slug))
        assert [tuple(row) for row in rows] == [("nasa", 1, 86400), (None, 1, 86400)]
        flown = select(Agency.slug).join(Flight, Flight.agency_id == Agency.id)
        assert list(session.scalars(flown.order_by(Agency.slug))) == ["agency-1", "s-p-a-co"]
        owners = select(ModuleOwner.ordinal, Agency.slug).join(Agency)
        rows = session.execute(owners.order_by(ModuleOwner.ordinal))
        assert [tuple(row) for row in rows] == [(1, "nasa"), (2, "nasa")]
        operators = select(Agency.slug).join(Spacewalk, Spacewalk.operator_id == Agency.id)
        assert list(session.scalars(operators)) == ["nasa"]
    database.close()


@pytest.mark.slow
def test_pads_of_launches_become_records_and_back(create_database: CreateDatabase) -> None:
    url = create_database()
    config = alembic_config(url)
    command.upgrade(config, "head")
    database = build_database(url)
    with database.session() as session:
        sites = factories.site(slug="a", code="GIK-5"), factories.site(slug="b", code="B")
        session.add_all(sites)
        session.flush()
        for site, code in product(sites, ("LC31", "LC (9)")):
            pad = factories.pad(site, code=code)
            session.add(pad)
            session.flush()
            for number in (1, 2):
                slug = f"{pad.slug}-{number}"
                session.add(factories.launch(slug=slug, site_id=site.id, pad_id=pad.id))
        session.add(factories.launch(slug="nowhere"))
    database.close()

    command.downgrade(config, "0022")
    command.upgrade(config, "0024")
    with database.session() as session:
        used = select(Site.slug, Pad.code, Pad.slug, Launch.slug).select_from(Launch)
        used = used.join(Site, Site.id == Launch.site_id).join(Pad, Pad.id == Launch.pad_id)
        found = [tuple(row) for row in session.execute(used.order_by(Launch.id))]
        assert [(site, code) for site, code, *_ in found] == [
            (site, code) for site, code, _ in product("ab", ("LC31", "LC (9)"), (1, 2))
        ]
        assert found[0][2] == "baikonur-site-31-6"
        assert len({pad for _, _, pad, _ in found}) == 4
        for model in (Pad, Site):
            columns = select(model.code, model.slug, model.name_slugs)
            for row in session.execute(columns):
                assert {slugify(row.code or ""), row.slug} <= set(row.name_slugs)
    database.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_upgrade_prints_sql_offline(dialect: str) -> None:
    config = alembic_config(f"{dialect}:///nowhere")
    config.output_buffer = output = io.StringIO()
    command.upgrade(config, "head", sql=True)
    assert "CREATE TABLE missions" in output.getvalue()


def test_batch_alter_keeps_child_rows(tmp_path: Path) -> None:
    """A batch operation on SQLite drops the old table; with foreign keys on, child rows follow."""
    url = f"sqlite:///{tmp_path}/archive.db"
    command.upgrade(alembic_config(url), "head")
    database = build_database(url)
    with database.session() as session:
        mission, person = factories.mission(), factories.person()
        session.add_all([mission, person])
        session.flush()
        session.add(factories.crew_assignment(mission, person))

    def crew_rows() -> int:
        with database.engine.connect() as connection:
            return len(connection.execute(select(CrewAssignment.id)).all())

    def recreate(connection: Connection) -> None:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table(Mission.__tablename__, recreate="always"):
            pass

    with engine_for(url).begin() as connection:
        recreate(connection)
    assert crew_rows() == 1
    with database.engine.begin() as connection:  # the app's own engine: foreign keys are on
        recreate(connection)
    assert crew_rows() == 0, "child rows survive: migrations no longer need a separate engine"


def test_constraints_hold(database: Database) -> None:
    broken = [
        "UPDATE missions SET number = 0",
        "UPDATE missions SET station = ''",
        "UPDATE missions SET ends_at = '1999-01-01 00:00:00'",
        "UPDATE missions SET starts_at = '1949-12-31 23:59:59'",
        "UPDATE missions SET starts_at_precision = 'century'",
        "UPDATE missions SET featured_article_id = 12345",
    ]
    with database.session() as session:
        session.add(factories.mission())
    for statement in broken:
        with pytest.raises(IntegrityError), database.session() as session:
            session.execute(text(statement))
