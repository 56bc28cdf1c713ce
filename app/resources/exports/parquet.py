"""The public archive as Parquet, a file a table; needs the extra `zarya[parquet]`."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from app.db.database import Reader
from app.resources.exports.tables import BATCH, TABLES, Column, Table

_KINDS = {
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "instant": pa.timestamp("s", tz="UTC"),
    "json": pa.string(),
    "text": pa.string(),
}


def write(reader: Reader, target: Path, progress: Callable[[int], None] = lambda _: None) -> int:
    """Write every table into the folder `target`. Returns how many rows that makes."""
    target.mkdir(parents=True, exist_ok=True)
    number = 0
    for table in TABLES:
        fields = [pa.field(c.name, _KINDS[c.kind], c.nullable) for c in table.columns]
        schema = pa.schema(fields)
        with parquet.ParquetWriter(target / f"{table.name}.parquet", schema) as file:
            rows = table.read(reader)
            while batch := list(islice(rows, BATCH)):
                file.write_table(pa.table(_arrays(table, batch), schema))
                number += len(batch)
                progress(number)
    return number


def _arrays(table: Table, batch: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        column.name: [_value(column, row[column.name]) for row in batch] for column in table.columns
    }


def _value(column: Column, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if column.kind == "json" else value
