"""Bulk insertion of generated articles: driver-level inserts, with indexes created afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select, text

from app.db.database import Database
from app.db.models import Article, ArticleLaunch, ArticleMission, ArticlePerson, ArticleTag, Base
from app.db.models.articles import COPIED_COLUMNS
from app.db.timeouts import disable_timeouts
from app.db.tracking.day_counts import rebuild_day_counts
from bench.generator import GeneratedArticle, Generator, World

BATCH_ROWS = 5_000
SEED = 59

Progress = Callable[[int, int], None]
"""Callback with the number of articles inserted so far, and their total."""

LINKS: tuple[tuple[Any, str, str], ...] = (
    (ArticleTag, "tag", "tags"),
    (ArticleMission, "mission_id", "missions"),
    (ArticlePerson, "person_id", "people"),
    (ArticleLaunch, "launch_id", "launches"),
)
TABLES = [Base.metadata.tables[m.__tablename__] for m in (Article, *(m for m, _, _ in LINKS))]


def fill(database: Database, number: int, progress: Progress = lambda *_: None) -> None:
    """Add generated articles to the embedded archive until it has `number` of them."""
    with database.snapshot() as reader:
        world = World.read(reader)
        existing = reader.scalar(select(func.count()).select_from(Article)) or 0
        last = reader.scalar(select(func.max(Article.id))) or 0
    articles = Generator(world, SEED).articles(last + 1, number - existing)
    with database.engine.connect() as connection, _without_indexes(connection):
        done = existing
        while batch := list(islice(articles, BATCH_ROWS)):
            _write(connection, batch)
            done += len(batch)
            progress(done, number)
    with database.session() as session:
        disable_timeouts(session.connection())
        rebuild_day_counts(session)
    optimize(database)


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Run the block in one transaction; drop the indexes first, recreate them at the end."""
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


def optimize(database: Database) -> None:
    """Checkpoint (SQLite) or vacuum and analyze (PostgreSQL), as a database in use would have."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            disable_timeouts(connection)
            connection.execute(text("SET statement_timeout = 0"))  # no transaction to limit it to
            connection.execute(text("VACUUM ANALYZE"))
    database.engine.dispose()


def _write(connection: Connection, batch: list[GeneratedArticle]) -> None:
    columns = list(batch[0].article)
    _insert(connection, Article.__tablename__, columns, (row.article.values() for row in batch))
    for model, column, name in LINKS:
        rows = (
            (row.article["id"], target, *(row.article[copied] for copied in COPIED_COLUMNS))
            for row in batch
            for target in getattr(row, name)
        )
        _insert(connection, model.__tablename__, ["article_id", column, *COPIED_COLUMNS], rows)


def _insert(connection: Connection, table: str, columns: list[str], rows: Iterator[Any]) -> None:
    driver: Any = connection.connection.driver_connection
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        values = ([_sqlite(value) for value in row] for row in rows)
        driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
        return
    copy_context: AbstractContextManager[Any] = driver.cursor().copy(
        f"COPY {table} ({names}) FROM STDIN"
    )
    with copy_context as copy:
        for row in rows:
            copy.write_row(list(row))


def _sqlite(value: Any) -> Any:
    """Convert a value to SQLAlchemy's storage format for SQLite."""
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
