"""`zarya export`: write the archive to files."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import console, open_database, progress_counter
from app.db.database import Reader
from app.domain.atomic_file import replace_atomically
from app.resources.exports import csv, ndjson, sqlite

cli = typer.Typer(no_args_is_help=True, help="Write the archive to files.")


@cli.command("ndjson")
def export_ndjson(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Write all records, drafts too, one a line; `zarya import ndjson` reads the file."""
    with (
        open_database() as database,
        progress_counter("Exporting") as progress,
        replace_atomically(file) as path,
        path.open("w", encoding="utf-8", newline="") as target,
        database.snapshot() as reader,
    ):
        count = ndjson.write_ndjson(reader, target, progress)
    console.print(f"{count} lines written to {file}", markup=False, highlight=False)


@cli.command("csv")
def export_csv(
    target: Annotated[Path, typer.Argument(metavar="FOLDER-OR-ZIP")],
    bom: Annotated[
        bool, typer.Option(help="Start each file with a byte order mark, for spreadsheets.")
    ] = True,
) -> None:
    """Write the public data as CSV, one file per table."""
    _run_export(partial(csv.write_csv, bom=bom), target)


@cli.command("sqlite")
def export_sqlite(target: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Write the public data as one SQLite file."""
    _run_export(sqlite.write_sqlite, target)


@cli.command("parquet")
def export_parquet(target: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """Write the public data as Parquet, one file per table; needs the extra `parquet`."""
    try:
        parquet = import_module("app.resources.exports.parquet")
    except ImportError as error:
        console.print("Install the extra first: pip install 'zarya[parquet]'", markup=False)
        raise typer.Exit(2) from error
    _run_export(parquet.write_parquet, target)


def _run_export(write: Callable[[Reader, Path, Callable[[int], None]], int], target: Path) -> None:
    with (
        open_database() as database,
        progress_counter("Exporting") as progress,
        database.snapshot() as reader,
    ):
        count = write(reader, target, progress)
    console.print(f"{count} rows written to {target}", markup=False, highlight=False)
