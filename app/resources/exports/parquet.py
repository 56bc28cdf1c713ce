"""Parquet export of the public archive, one file a table. Needs the extra `zarya[parquet]`."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from app.db.database import Reader
from app.resources.export_tables import EXPORT_BATCH_ROWS, ExportColumn, ExportTable
from app.resources.exports.meta import META_COLUMNS, META_TABLE, iter_meta
from app.resources.exports.tables import EXPORT_TABLES

_ARROW_TYPES = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "instant": pa.timestamp("s", tz="UTC"),
    "json": pa.string(),
    "text": pa.string(),
}


def write_parquet(
    reader: Reader, target: Path, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write every table to the folder `target`. Returns the number of rows."""
    target.mkdir(parents=True, exist_ok=True)
    number = 0
    for table in EXPORT_TABLES:
        fields = [pa.field(c.name, _ARROW_TYPES[c.value_type], c.nullable) for c in table.columns]
        schema = pa.schema(fields)
        with parquet.ParquetWriter(target / f"{table.name}.parquet", schema) as file:
            rows = table.stream_rows(reader)
            while batch := list(islice(rows, EXPORT_BATCH_ROWS)):
                file.write_table(pa.table(_build_columns(table, batch), schema))
                number += len(batch)
                progress(number)
    names, values = zip(*iter_meta(reader), strict=True)
    parquet.write_table(
        pa.table(dict(zip(META_COLUMNS, (names, values), strict=True))),
        target / f"{META_TABLE}.parquet",
    )
    return number


def _build_columns(table: ExportTable, batch: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        column.name: [_convert_value(column, row[column.name]) for row in batch]
        for column in table.columns
    }


def _convert_value(column: ExportColumn, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if column.value_type == "json" else value
