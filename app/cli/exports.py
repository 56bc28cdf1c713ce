"""`zarya export`."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from app.cli import console
from app.cli.terminal import open_database, progress_counter
from app.db.database import Reader
from app.domain.atomic_file import replace_atomically
from app.resources.exports import csv, ndjson, sqlite

cli = typer.Typer(no_args_is_help=True, help="The archive as files to take away.")


@cli.command("ndjson")
def export_ndjson(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Everything, drafts too, a record a line: what `zarya import ndjson` takes in unchanged."""
    with (
        open_database() as database,
        progress_counter("Exporting") as progress,
        replace_atomically(file) as path,
        path.open("w", encoding="utf-8", newline="") as target,
        database.snapshot() as reader,
    ):
        number = ndjson.write_ndjson(reader, target, progress)
    console.print(f"{number} lines in {file}", markup=False, highlight=False)


@cli.command("csv")
def export_csv(target: Annotated[Path, typer.Argument(metavar="FOLDER-OR-ZIP")]) -> None:
    """What is public, a file a table."""
    _run_export(csv.write_csv, target)


@cli.command("sqlite")
def export_sqlite(target: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """What is public, as one SQLite file."""
    _run_export(sqlite.write_sqlite, target)


@cli.command("parquet")
def export_parquet(target: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """What is public, a file a table; needs the extra `parquet`."""
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
        number = write(reader, target, progress)
    console.print(f"{number} rows in {target}", markup=False, highlight=False)
