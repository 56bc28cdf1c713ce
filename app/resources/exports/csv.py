"""CSV export of the public archive: one file a table, safe against formula injection."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from app.api.lists.csv import CSV_BOM, escape_formulas
from app.db.database import Reader
from app.domain.atomic_file import replace_atomically
from app.resources.exports.meta import META_COLUMNS, META_TABLE, iter_meta
from app.resources.exports.tables import EXPORT_TABLES, format_export_value

_ProgressCallback = Callable[[int], None]


def write_csv(
    reader: Reader, target: Path, progress: _ProgressCallback = lambda _: None, bom: bool = True
) -> int:
    """Write every table to the folder `target`, or to a ZIP file if its name ends in .zip.

    `bom`: each file starts with a byte order mark, by which spreadsheets recognise UTF-8.
    Returns the number of rows. Raises OSError if `target` cannot be written.
    """
    number = 0
    with _open_target(target) as open_file:
        for table in EXPORT_TABLES:
            names = [column.name for column in table.columns]
            with open_file(f"{table.name}.csv") as file:
                file.write(CSV_BOM if bom else "")
                rows = csv.writer(file)
                rows.writerow(names)
                for row in table.stream_rows(reader):
                    rows.writerow([_format_cell(row[name]) for name in names])
                    number += 1
                    if number % 1000 == 0:
                        progress(number)
        with open_file(f"{META_TABLE}.csv") as file:
            file.write(CSV_BOM if bom else "")
            csv.writer(file).writerows([META_COLUMNS, *iter_meta(reader)])
    progress(number)
    return number


def _format_cell(value: Any) -> Any:
    value = format_export_value(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return escape_formulas(value) if isinstance(value, str) else value


@contextmanager
def _open_target(target: Path) -> Iterator[Callable[[str], Any]]:
    """Yield a function that opens a text file by name, in a folder or a ZIP file."""
    if target.suffix.lower() != ".zip":
        target.mkdir(parents=True, exist_ok=True)
        yield lambda name: (target / name).open("w", encoding="utf-8", newline="")
        return
    with replace_atomically(target) as path, ZipFile(path, "w", ZIP_DEFLATED) as archive:

        @contextmanager
        def open_member(name: str) -> Iterator[TextIO]:
            with (
                archive.open(ZipInfo(name), "w", force_zip64=True) as binary,
                TextIOWrapper(binary, "utf-8", newline="") as file,
            ):
                yield file

        yield open_member
