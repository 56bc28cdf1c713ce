"""Backup and restore of the whole database, SQLite or PostgreSQL, as one file.

The search index is left out, and rebuilt after a restore.

A backup is an SQLite database with the schema of the service, a table of the files of pictures, and
a manifest table of row counts and digests. It is written from one snapshot while the service runs,
and can be restored to either kind of database. Both directions read the rows back and compare their
digests.
"""

import logging
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, Table, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from app.db.database import Database, Reader, Row
from app.db.models import (
    Base,
    Media,
    RecordChange,
    Restoration,
    SearchDocument,
    SearchWord,
    UserSession,
    Webhook,
)
from app.db.planner_statistics import analyze_tables
from app.db.sequences import get_last_sequence_value, set_sequence_value
from app.db.timeouts import disable_timeouts
from app.domain.atomic_file import replace_atomically
from app.resources.media.current_store import current_store
from app.resources.media.drawings import find_drawing
from app.resources.registry import SEARCH_INDEXER
from app.resources.write_steps import build_database
from migrations.engine import engine_for

logger = logging.getLogger("zarya")

_BATCH_ROWS = 1000
"""Rows held in memory."""

_MANIFEST_TABLE = "backup"

_PICTURES_TABLE = "picture_files"
"""Table of a backup file with the files of the pictures, which are not in the database."""

_LEFT_OUT_TABLES = {each.__tablename__ for each in (SearchDocument, SearchWord, UserSession)}
"""The search index, which is rebuilt, and sessions: one that was ended must not come back."""

_BACKUP_TABLES = [
    table for table in Base.metadata.sorted_tables if table.name not in _LEFT_OUT_TABLES
]
"""Tables of a backup; a table precedes the tables that refer to it."""

TableDigests = Mapping[str, tuple[int, str]]
"""Number of rows and SHA-256 of all rows, by table."""

_ProgressCallback = Callable[[int], None]


class BackupError(Exception):
    """A backup cannot be written or restored. The message is the reason."""


def write_backup(
    database: Database, target: Path, config: Config, progress: _ProgressCallback
) -> int:
    """Write `database` to the new file `target`. Returns the number of rows.

    `config` is the configuration of Alembic. Raises `BackupError` if `target` exists, or does not
    read back as it was written.
    """
    if target.exists():
        raise BackupError(f"{target} exists already. A backup never overwrites a file.")
    with replace_atomically(target, durable=True) as path:
        _migrate_file(config, path)
        with database.snapshot() as reader:
            with engine_for(_sqlite_url(path)).begin() as connection:
                copied = _copy_tables(reader, connection, progress)
                if _digest_tables(Reader(connection)) != copied:
                    raise BackupError("The file differs from the database. It is discarded.")
            _copy_pictures(reader, path)
        _write_manifest(path)
    return sum(rows for rows, _ in copied.values())


def restore_backup(
    database: Database, source: Path, config: Config, progress: _ProgressCallback
) -> int:
    """Restore the file `source` to the empty `database`. Returns the number of rows.

    A backup of an earlier version is migrated first, in a copy. Raises `BackupError` if the file is
    not an intact backup, or the database is not empty.
    """
    if not source.is_file():
        raise BackupError(f"{source} is not a file.")
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
                    f"The database is not empty: it has {found} rows. Set ZARYA_DATABASE_URL to a "
                    "new database, and migrate it."
                )
            copied = _copy_tables(reader, connection, progress)
            if _digest_tables(Reader(connection)) != copied:
                raise BackupError(
                    "The database differs from the backup. The restore is rolled back."
                )
            _restore_pictures(copy)
            _reset_transaction_ids(connection)
            connection.execute(insert(Restoration))
            with Session(connection) as session:
                SEARCH_INDEXER.rebuild(lambda: nullcontext(session))
            analyze_tables(connection)
    return sum(rows for rows, _ in copied.values())


def _copy_tables(source: Reader, target: Connection, progress: _ProgressCallback) -> TableDigests:
    """Copy every table and its sequence. Returns the digests of the source."""
    number = 0

    def write_rows(table: Table, rows: list[Row]) -> None:
        nonlocal number
        target.execute(insert(table), rows)
        number += len(rows)
        progress(number)

    digests = _digest_tables(source, write_rows)
    for table in _BACKUP_TABLES:
        if (column := table.autoincrement_column) is not None:
            set_sequence_value(target, column, get_last_sequence_value(source, column))
    return digests


def _digest_tables(
    reader: Reader, on_rows: Callable[[Table, list[Row]], None] | None = None
) -> TableDigests:
    """Digest every table, and pass its rows to `on_rows` in batches."""
    digests: dict[str, tuple[int, str]] = {}
    for table in _BACKUP_TABLES:
        digest, count, rows = sha256(), 0, list[Row]()
        for row in reader.stream(select(table).order_by(*table.primary_key), _BATCH_ROWS):
            digest.update(repr(list(row.values())).encode())
            count += 1
            if on_rows:
                rows.append(row)
                if len(rows) == _BATCH_ROWS:
                    on_rows(table, rows)
                    rows = []
        if on_rows and rows:
            on_rows(table, rows)
        digests[table.name] = count, digest.hexdigest()
    return digests


def _copy_pictures(reader: Reader, path: Path) -> None:
    """Copy the files of all pictures with a record to a table of the file."""
    store = current_store()
    with closing(sqlite.connect(str(path))) as file, file:
        file.execute(f"CREATE TABLE {_PICTURES_TABLE} (content TEXT, name TEXT, data BLOB)")
        for row in reader.stream(select(Media.content).order_by(Media.content), _BATCH_ROWS):
            if find_drawing(row["content"]):  # in the package
                continue
            try:
                files = store.read_files(row["content"])
            except FileNotFoundError:
                logger.warning("The files of picture %s are missing", row["content"])
                continue
            rows = [(row["content"], name, data) for name, data in files.items()]
            file.executemany(f"INSERT INTO {_PICTURES_TABLE} VALUES (?, ?, ?)", rows)  # noqa: S608 - ours


def _restore_pictures(path: Path) -> None:
    """Store the pictures of a verified file; a file of an earlier version has none."""
    store = current_store()
    with closing(sqlite.connect(str(path))) as file:
        found = file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [_PICTURES_TABLE])
        if found.fetchone() is None:
            return
        rows = file.execute(f"SELECT * FROM {_PICTURES_TABLE} ORDER BY content")  # noqa: S608 - ours
        for content, group in groupby(rows, key=itemgetter(0)):
            store.import_files(content, {name: data for _, name, data in group})


def _reset_transaction_ids(connection: Connection) -> None:
    """Sort restored changes before all future ones, and update webhook positions accordingly.

    Transaction ids have no meaning in another database. A webhook with undelivered changes may
    receive some changes again.
    """
    delivered = tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    before_undelivered = select(func.min(RecordChange.seq) - 1).where(
        tuple_(RecordChange.transaction_id, RecordChange.seq) > delivered
    )
    newest = select(func.coalesce(func.max(RecordChange.seq), 0))
    seq = func.coalesce(before_undelivered.scalar_subquery(), newest.scalar_subquery())
    connection.execute(update(Webhook).values(told_seq=seq, told_transaction_id=0))
    connection.execute(update(RecordChange).values(transaction_id=0))


def _count_rows(reader: Reader) -> int:
    """Count the rows of all tables."""
    tables = Base.metadata.sorted_tables
    return sum(reader.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def _digest_sqlite_tables(file: sqlite.Connection) -> dict[str, tuple[int, str]]:
    """Digest every table of a file of any version."""
    tables = file.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name <> ? ORDER BY name",
        [_MANIFEST_TABLE],
    ).fetchall()
    contents: dict[str, tuple[int, str]] = {}
    for (name,) in tables:
        digest, count = sha256(), 0
        for row in file.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - a name of the file itself
            digest.update(repr(row).encode())
            count += 1
        contents[name] = count, digest.hexdigest()
    return contents


def _write_manifest(path: Path) -> None:
    """Write the row counts and digests of all tables to the file."""
    with closing(sqlite.connect(str(path), isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=DELETE")  # a single file without WAL
        rows = [(name, *content) for name, content in _digest_sqlite_tables(file).items()]
        file.execute(
            f"CREATE TABLE {_MANIFEST_TABLE} (name TEXT PRIMARY KEY, rows INTEGER, sha256 TEXT)"
        )
        file.executemany(f"INSERT INTO {_MANIFEST_TABLE} VALUES (?, ?, ?)", rows)  # noqa: S608 - ours


def _verify_manifest(path: Path) -> None:
    """Raise `BackupError` if a file differs from its manifest."""
    try:
        with closing(sqlite.connect(str(path))) as file:
            rows = file.execute(f"SELECT * FROM {_MANIFEST_TABLE}")  # noqa: S608 - ours
            expected = {name: content for name, *content in rows}
            found = {name: list(content) for name, content in _digest_sqlite_tables(file).items()}
            is_intact = file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite.DatabaseError as error:
        raise BackupError(f"Not a backup of this service: {error}.") from error
    differing = sorted(
        name for name in expected.keys() | found if expected.get(name) != found.get(name)
    )
    if differing or not is_intact:
        tables = f" in {', '.join(differing)}" if differing else ""
        raise BackupError(f"The backup is damaged{tables}.")


def _migrate_file(config: Config, path: Path) -> None:
    config.attributes["url"] = _sqlite_url(path)
    command.upgrade(config, "head")


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"
