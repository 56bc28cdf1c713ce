"""Backups: everything that the database keeps, of either kind, as one file.

All but the search index, which is made of the rest, and anew where it is restored.

The file is an SQLite database of the service itself, and one table more that says what each of the
others has to hold. It is made from one snapshot while the service goes on, and goes back into
either kind of database. In both directions, what was written is read again and compared.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Table, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from app.db.database import Database, Reader, Row, continue_after, last_number
from app.db.models import Base, Change, Restoration, SearchDocument, SearchWord, Webhook
from app.db.timeouts import unhurried
from app.search.indexer import rebuild
from migrations.engine import engine_for

BATCH = 1000
"""How many rows are held at once."""

MANIFEST = "backup"

INDEX = {SearchDocument.__tablename__, SearchWord.__tablename__}
KEPT = [table for table in Base.metadata.sorted_tables if table.name not in INDEX]
"""The tables that a backup has, those first that others refer to."""

Digests = Mapping[str, tuple[int, str]]
"""By table: how many rows it has, and the SHA-256 of all of them."""

Progress = Callable[[int], None]


class Unusable(Exception):
    """What is to be restored, or the place for it or for a backup, does not serve."""


def back_up(database: Database, target: Path, config: Config, progress: Progress) -> int:
    """Write all of `database` into the new file `target`. Returns how many rows that makes.

    `config` is Alembic's. Raises `Unusable` where `target` exists, or does not read as written.
    """
    if target.exists():
        raise Unusable(f"{target} is there already: no backup is written over another.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        _migrate(config, part)
        with database.snapshot() as reader, engine_for(_url(part)).begin() as file:
            copied = _copy(reader, file, progress)
            if _read(Reader(file)) != copied:
                raise Unusable("The file does not read as it was written. It is not kept.")
        _sign(part)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return sum(rows for rows, _ in copied.values())


def restore(database: Database, source: Path, config: Config, progress: Progress) -> int:
    """Fill the empty `database` with what the file `source` holds. Returns how many rows that is.

    A file of an earlier version is first brought up to date, in a copy. Raises `Unusable` where the
    file is no backup or not what it was, and where the database has something in it.
    """
    if not source.is_file():
        raise Unusable(f"There is no file {source}.")
    with TemporaryDirectory(dir=source.parent) as folder:
        copy = Path(shutil.copy(source, folder))
        _check(copy)
        _migrate(config, copy)
        with (
            closing(Database(_url(copy), read_threads=1)) as file,
            file.snapshot() as reader,
            database.engine.begin() as connection,
        ):
            unhurried(connection)
            if found := _count(Reader(connection)):
                raise Unusable(
                    f"The database has {found} rows already, and they would be mixed with the "
                    "backup's. Name a new one in ZARYA_DATABASE_URL, and migrate it."
                )
            copied = _copy(reader, connection, progress)
            if _read(Reader(connection)) != copied:
                raise Unusable("The database does not read as it was written. It stays empty.")
            _forget_transactions(connection)
            connection.execute(insert(Restoration))
            with Session(connection) as session:
                rebuild(session)
    return sum(rows for rows, _ in copied.values())


def _copy(source: Reader, target: Connection, progress: Progress) -> Digests:
    """Copy every table; what was copied."""
    number = 0

    def keep(table: Table, rows: list[Row]) -> None:
        nonlocal number
        target.execute(insert(table), rows)
        number += len(rows)
        progress(number)

    digests = _read(source, keep)
    for table in KEPT:
        if (column := table.autoincrement_column) is not None:
            continue_after(target, column, last_number(source, column))
    return digests


def _read(reader: Reader, keep: Callable[[Table, list[Row]], None] | None = None) -> Digests:
    """What every table holds; `keep` is given all of it on the way."""
    digests: dict[str, tuple[int, str]] = {}
    for table in KEPT:
        digest, count, rows = sha256(), 0, list[Row]()
        for row in reader.stream(select(table).order_by(*table.primary_key), BATCH):
            digest.update(repr(list(row.values())).encode())
            count += 1
            if keep:
                rows.append(row)
            if keep and len(rows) == BATCH:
                keep(table, rows)
                rows = []
        if keep and rows:
            keep(table, rows)
        digests[table.name] = count, digest.hexdigest()
    return digests


def _forget_transactions(connection: Connection) -> None:
    """Let what was written count as written before everything that will be.

    Numbers of transactions mean nothing in another database. A webhook that had not been told of
    everything may be told something again.
    """
    told = tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    untold = select(func.min(Change.seq) - 1).where(
        tuple_(Change.transaction_id, Change.seq) > told
    )
    newest = select(func.coalesce(func.max(Change.seq), 0))
    behind = func.coalesce(untold.scalar_subquery(), newest.scalar_subquery())
    connection.execute(update(Webhook).values(told_seq=behind, told_transaction_id=0))
    connection.execute(update(Change).values(transaction_id=0))


def _count(reader: Reader) -> int:
    """How many rows all tables have together."""
    tables = Base.metadata.sorted_tables
    return sum(reader.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def _contents(file: sqlite.Connection) -> dict[str, tuple[int, str]]:
    """What each table of a file holds, whatever version of the service made it."""
    tables = file.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name <> ? ORDER BY name",
        [MANIFEST],
    ).fetchall()
    contents: dict[str, tuple[int, str]] = {}
    for (name,) in tables:
        digest, count = sha256(), 0
        for row in file.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own name
            digest.update(repr(row).encode())
            count += 1
        contents[name] = count, digest.hexdigest()
    return contents


def _sign(path: Path) -> None:
    """Let a file say what it has to hold."""
    with closing(sqlite.connect(str(path), isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
        rows = [(name, *content) for name, content in _contents(file).items()]
        file.execute(f"CREATE TABLE {MANIFEST} (name TEXT PRIMARY KEY, rows INTEGER, sha256 TEXT)")
        file.executemany(f"INSERT INTO {MANIFEST} VALUES (?, ?, ?)", rows)  # noqa: S608 - ours


def _check(path: Path) -> None:
    """Refuse a file that does not hold what it says it has to."""
    try:
        with closing(sqlite.connect(str(path))) as file:
            said = {name: content for name, *content in file.execute(f"SELECT * FROM {MANIFEST}")}  # noqa: S608 - ours
            found = {name: list(content) for name, content in _contents(file).items()}
            sound = file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite.DatabaseError as error:
        raise Unusable(f"It is no backup of this service: {error}.") from error
    differing = sorted(name for name in said.keys() | found if said.get(name) != found.get(name))
    if differing or not sound:
        what = f" in {', '.join(differing)}" if differing else ""
        raise Unusable(f"The backup is damaged{what}: it is not what was written.")


def _migrate(config: Config, path: Path) -> None:
    config.attributes["url"] = _url(path)
    command.upgrade(config, "head")


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
