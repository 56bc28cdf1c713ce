"""Rows into the archive's tables as fast as each database takes them: past SQLAlchemy, not past
its models' names, and with indexes made when all rows are there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select, text

from app.db.database import Database
from app.db.models import Article, ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag, Base
from app.db.timeouts import disable_timeouts
from app.db.tracking.day_counts import rebuild_day_counts
from bench.generator import Generator, Made, World

BATCH = 5_000
SEED = 59

Progress = Callable[[int, int], None]
"""Told how many articles are there, and of how many."""

LINKS: tuple[tuple[Any, str, str], ...] = (
    (ArticleTag, "tag", "tags"),
    (ArticleMission, "mission_id", "missions"),
    (ArticlePerson, "person_id", "people"),
    (ArticleLaunch, "launch_id", "launches"),
)
TABLES = [Base.metadata.tables[m.__tablename__] for m in (Article, *(m for m, _, _ in LINKS))]


def fill(database: Database, number: int, progress: Progress = lambda *_: None) -> None:
    """Add made articles to the embedded archive, until it has `number` of them."""
    with database.snapshot() as reader:
        world = World.read(reader)
        there = reader.scalar(select(func.count()).select_from(Article)) or 0
        last = reader.scalar(select(func.max(Article.id))) or 0
    made = Generator(world, SEED).articles(last + 1, number - there)
    with database.engine.connect() as connection, _loading(connection):
        done = there
        while batch := list(islice(made, BATCH)):
            _write(connection, batch)
            done += len(batch)
            progress(done, number)
    with database.session() as session:
        disable_timeouts(session.connection())
        rebuild_day_counts(session)
    _settle(database)


@contextmanager
def _loading(connection: Connection) -> Iterator[None]:
    """One transaction, the plain indexes away until its end."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        driver = connection.connection.driver_connection
        assert driver is not None
        for pragma in ("synchronous=OFF", "cache_size=-600000"):
            driver.execute(f"PRAGMA {pragma}")
    with connection.begin():
        disable_timeouts(connection)
        indexes = [index for table in TABLES for index in table.indexes]
        for index in indexes:
            index.drop(connection)
        yield
        for index in indexes:
            index.create(connection)
        if not sqlite:
            name = Article.__tablename__
            newest = select(func.max(Article.id)).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), newest)))


def _settle(database: Database) -> None:
    """What time would do to the archive by itself."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            disable_timeouts(connection)
            connection.execute(text("SET statement_timeout = 0"))  # there is no transaction
            connection.execute(text("VACUUM ANALYZE"))
    database.engine.dispose()


def _write(connection: Connection, batch: list[Made]) -> None:
    columns = list(batch[0].article)
    _insert(connection, Article.__tablename__, columns, (made.article.values() for made in batch))
    for model, column, name in LINKS:
        rows = ((made.article["id"], to) for made in batch for to in getattr(made, name))
        _insert(connection, model.__tablename__, ["article_id", column], rows)


def _insert(connection: Connection, table: str, columns: list[str], rows: Iterator[Any]) -> None:
    driver: Any = connection.connection.driver_connection
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        told = ([_sqlite(value) for value in row] for row in rows)
        driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", told)
        return
    copying: AbstractContextManager[Any] = driver.cursor().copy(
        f"COPY {table} ({names}) FROM STDIN"
    )
    with copying as copy:
        for row in rows:
            copy.write_row(list(row))


def _sqlite(value: Any) -> Any:
    """As SQLAlchemy would keep it."""
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
