"""SQLite export of the public archive, for offline use in apps.

The file is reproducible: rows are in a fixed order, and nothing depends on the time or the
database, except the cursor in the table `meta`. Its digest therefore changes only if the archive
or the cursor does.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import inspect, select

from app.db.database import Reader
from app.domain.atomic_file import replace_atomically
from app.domain.enums import RecordType
from app.resources.export_tables import EXPORT_BATCH_ROWS, ExportTable
from app.resources.exports.meta import META_TABLE, iter_meta
from app.resources.exports.tables import (
    EXPORT_SCHEMA_VERSION,
    EXPORT_TABLES,
    format_export_value,
)
from app.resources.registry import RECORD_RESOURCES

_APPLICATION_ID = 0x5A415259
"""`ZARY`, for `PRAGMA application_id`."""

_SQLITE_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "number": "REAL"}


def write_sqlite(
    reader: Reader, target: Path, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the archive to the file `target`. Returns the number of rows.

    Raises OSError if `target` cannot be written.
    """
    with replace_atomically(target) as path:
        return _write_tables(reader, path, progress)


def _write_tables(reader: Reader, path: Path, progress: Callable[[int], None]) -> int:
    number = 0
    connection = sqlite.connect(str(path), isolation_level=None)
    try:
        for pragma in ("page_size=4096", "journal_mode=OFF", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={EXPORT_SCHEMA_VERSION}")
        connection.execute("BEGIN")
        for table in EXPORT_TABLES:
            connection.execute(_create_table_sql(table))
            names = [column.name for column in table.columns]
            placeholders = ", ".join("?" * len(names))
            for row in table.stream_rows(reader):
                values = [_convert_value(row[name]) for name in names]
                connection.execute(f"INSERT INTO {table.name} VALUES ({placeholders})", values)  # noqa: S608 - our own names
                number += 1
                if number % 1000 == 0:
                    progress(number)
        for statement in _iter_index_sql():
            connection.execute(statement)
        connection.execute(
            "CREATE TABLE credits (name TEXT NOT NULL, url TEXT, licence TEXT) STRICT"
        )
        connection.executemany("INSERT INTO credits VALUES (?, ?, ?)", _read_credits(reader))
        connection.execute(
            f"CREATE TABLE {META_TABLE} (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"
        )
        connection.executemany(f"INSERT INTO {META_TABLE} VALUES (?, ?)", iter_meta(reader))  # noqa: S608 - our own name
        connection.execute("COMMIT")
    finally:
        connection.close()
    return number


def _create_table_sql(table: ExportTable) -> str:
    columns = []
    for column in table.columns:
        null = "" if column.nullable else " NOT NULL"
        references = f" REFERENCES {column.references_table}(id)" if column.references_table else ""
        columns.append(
            f"{column.name} {_SQLITE_TYPES.get(column.value_type, 'TEXT')}{null}{references}"
        )
    key = ", ".join(column.name for column in table.columns[: table.key_column_count])
    return f"CREATE TABLE {table.name} ({', '.join(columns)}, PRIMARY KEY ({key})) STRICT"


def _iter_index_sql() -> Iterator[str]:
    """Indexes of tables of records, then of their parts: the order is part of the file's bytes."""
    record_tables = [str(inspect(RECORD_RESOURCES[each].model).local_table) for each in RecordType]
    for name in record_tables:
        yield f"CREATE UNIQUE INDEX {name}_slug ON {name} (slug)"
    for table in sorted(EXPORT_TABLES, key=lambda each: each.name not in record_tables):
        for column in table.indexes:
            yield f"CREATE INDEX {table.name}_{column} ON {table.name} ({column})"


def _convert_value(value: Any) -> Any:
    value = format_export_value(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return int(value) if isinstance(value, bool) else value


def _read_credits(reader: Reader) -> list[tuple[str, str | None, str | None]]:
    """Distinct sources of all records, sorted."""
    columns = (inspect(each.model).columns for each in RECORD_RESOURCES.values())
    sources = {
        (source["name"], source.get("url"), source.get("licence"))
        for column in (each["sources"] for each in columns if "sources" in each)
        for row in reader.stream(select(column), EXPORT_BATCH_ROWS)
        for source in row["sources"]
    }
    return sorted(sources, key=lambda source: tuple(part or "" for part in source))
