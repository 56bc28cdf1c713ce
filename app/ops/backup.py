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

from app.db.database import Database, Reader, Row
from app.db.models import Base, RecordChange, Restoration, SearchDocument, SearchWord, Webhook
from app.db.sequences import get_last_sequence_value, set_sequence_value
from app.db.timeouts import disable_timeouts
from app.resources.registry import SEARCH_INDEXER
from app.resources.write_steps import build_database
from migrations.engine import engine_for

_BATCH_ROWS = 1000
"""How many rows are held at once."""

_MANIFEST_TABLE = "backup"

_SEARCH_INDEX_TABLES = {SearchDocument.__tablename__, SearchWord.__tablename__}
_BACKUP_TABLES = [
    table for table in Base.metadata.sorted_tables if table.name not in _SEARCH_INDEX_TABLES
]
"""The tables that a backup has, those first that others refer to."""

TableDigests = Mapping[str, tuple[int, str]]
"""By table: how many rows it has, and the SHA-256 of all of them."""

_ProgressCallback = Callable[[int], None]


class BackupError(Exception):
    """What is to be restored, or the place for it or for a backup, does not serve."""


def write_backup(
    database: Database, target: Path, config: Config, progress: _ProgressCallback
) -> int:
    """Write all of `database` into the new file `target`. Returns how many rows that makes.

    `config` is Alembic's. Raises `BackupError` where `target` exists, or does not read as written.
    """
    if target.exists():
        raise BackupError(f"{target} is there already: no backup is written over another.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        _migrate_file(config, part)
        with database.snapshot() as reader, engine_for(_sqlite_url(part)).begin() as file:
            copied = _copy_tables(reader, file, progress)
            if _digest_tables(Reader(file)) != copied:
                raise BackupError("The file does not read as it was written. It is not kept.")
        _write_manifest(part)
        _fsync(part)
        part.replace(target)
        _fsync(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return sum(rows for rows, _ in copied.values())


def restore_backup(
    database: Database, source: Path, config: Config, progress: _ProgressCallback
) -> int:
    """Fill the empty `database` with what the file `source` holds. Returns how many rows that is.

    A file of an earlier version is first brought up to date, in a copy. Raises `BackupError` where
    the file is no backup or not what it was, and where the database has something in it.
    """
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    with TemporaryDirectory(dir=source.parent) as folder:
        copy = Path(shutil.copy(source, folder))
        _verify_manifest(copy)
        _migrate_file(config, copy)
        with (
            closing(build_database(_sqlite_url(copy))) as file,
            file.snapshot() as reader,
            database.engine.begin() as connection,
        ):
            disable_timeouts(connection)
            if found := _count_rows(Reader(connection)):
                raise BackupError(
                    f"The database has {found} rows already, and they would be mixed with the "
                    "backup's. Name a new one in ZARYA_DATABASE_URL, and migrate it."
                )
            copied = _copy_tables(reader, connection, progress)
            if _digest_tables(Reader(connection)) != copied:
                raise BackupError("The database does not read as it was written. It stays empty.")
            _reset_transaction_ids(connection)
            connection.execute(insert(Restoration))
            with Session(connection) as session:
                SEARCH_INDEXER.rebuild(session)
    return sum(rows for rows, _ in copied.values())


def _copy_tables(source: Reader, target: Connection, progress: _ProgressCallback) -> TableDigests:
    """Copy every table; what was copied."""
    number = 0

    def keep(table: Table, rows: list[Row]) -> None:
        nonlocal number
        target.execute(insert(table), rows)
        number += len(rows)
        progress(number)

    digests = _digest_tables(source, keep)
    for table in _BACKUP_TABLES:
        if (column := table.autoincrement_column) is not None:
            set_sequence_value(target, column, get_last_sequence_value(source, column))
    return digests


def _digest_tables(
    reader: Reader, keep: Callable[[Table, list[Row]], None] | None = None
) -> TableDigests:
    """What every table holds; `keep` is given all of it on the way."""
    digests: dict[str, tuple[int, str]] = {}
    for table in _BACKUP_TABLES:
        digest, count, rows = sha256(), 0, list[Row]()
        for row in reader.stream(select(table).order_by(*table.primary_key), _BATCH_ROWS):
            digest.update(repr(list(row.values())).encode())
            count += 1
            if keep:
                rows.append(row)
            if keep and len(rows) == _BATCH_ROWS:
                keep(table, rows)
                rows = []
        if keep and rows:
            keep(table, rows)
        digests[table.name] = count, digest.hexdigest()
    return digests


def _reset_transaction_ids(connection: Connection) -> None:
    """Let what was written count as written before everything that will be.

    Numbers of transactions mean nothing in another database. A webhook that had not been told of
    everything may be told something again.
    """
    told = tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    untold = select(func.min(RecordChange.seq) - 1).where(
        tuple_(RecordChange.transaction_id, RecordChange.seq) > told
    )
    newest = select(func.coalesce(func.max(RecordChange.seq), 0))
    behind = func.coalesce(untold.scalar_subquery(), newest.scalar_subquery())
    connection.execute(update(Webhook).values(told_seq=behind, told_transaction_id=0))
    connection.execute(update(RecordChange).values(transaction_id=0))


def _count_rows(reader: Reader) -> int:
    """How many rows all tables have together."""
    tables = Base.metadata.sorted_tables
    return sum(reader.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def _digest_sqlite_tables(file: sqlite.Connection) -> dict[str, tuple[int, str]]:
    """What each table of a file holds, whatever version of the service made it."""
    tables = file.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name <> ? ORDER BY name",
        [_MANIFEST_TABLE],
    ).fetchall()
    contents: dict[str, tuple[int, str]] = {}
    for (name,) in tables:
        digest, count = sha256(), 0
        for row in file.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own name
            digest.update(repr(row).encode())
            count += 1
        contents[name] = count, digest.hexdigest()
    return contents


def _write_manifest(path: Path) -> None:
    """Let a file say what it has to hold."""
    with closing(sqlite.connect(str(path), isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
        rows = [(name, *content) for name, content in _digest_sqlite_tables(file).items()]
        file.execute(
            f"CREATE TABLE {_MANIFEST_TABLE} (name TEXT PRIMARY KEY, rows INTEGER, sha256 TEXT)"
        )
        file.executemany(f"INSERT INTO {_MANIFEST_TABLE} VALUES (?, ?, ?)", rows)  # noqa: S608 - ours


def _verify_manifest(path: Path) -> None:
    """Refuse a file that does not hold what it says it has to."""
    try:
        with closing(sqlite.connect(str(path))) as file:
            rows = file.execute(f"SELECT * FROM {_MANIFEST_TABLE}")  # noqa: S608 - ours
            said = {name: content for name, *content in rows}
            found = {name: list(content) for name, content in _digest_sqlite_tables(file).items()}
            sound = file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite.DatabaseError as error:
        raise BackupError(f"It is no backup of this service: {error}.") from error
    differing = sorted(name for name in said.keys() | found if said.get(name) != found.get(name))
    if differing or not sound:
        what = f" in {', '.join(differing)}" if differing else ""
        raise BackupError(f"The backup is damaged{what}: it is not what was written.")


def _migrate_file(config: Config, path: Path) -> None:
    config.attributes["url"] = _sqlite_url(path)
    command.upgrade(config, "head")


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _fsync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
