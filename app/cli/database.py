"""The commands that make the database, and keep it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from sqlalchemy.orm import Session

from app.cli import console
from app.cli.terminal import (
    MAX_LISTED_ITEMS,
    exit_on_database_error,
    open_database,
    progress_bar,
    progress_counter,
)
from app.db.database import Database
from app.db.tracking.day_counts import find_wrong_day_counts, rebuild_day_counts
from app.ingest.dataset import check as checks
from app.ingest.dataset import load as loading
from app.ops import backup as backups
from app.resources.registry import SEARCH_INDEXER
from app.search.fulltext import vacuum_search_index

_ALEMBIC_CONFIG_PATH = Path(__file__).parent.parent.parent / "alembic.ini"

cli = typer.Typer()


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    with exit_on_database_error():
        command.upgrade(Config(_ALEMBIC_CONFIG_PATH), "head")
    with open_database() as database, database.session() as session:
        if SEARCH_INDEXER.is_index_missing(session):
            _rebuild_index(session)


@cli.command()
def reindex() -> None:
    """Make the search index anew from the records."""
    with open_database() as database:
        with database.session() as session:
            number = _rebuild_index(session)
        vacuum_search_index(database.engine)
    console.print(f"{number} records can be found.")


def _rebuild_index(session: Session) -> int:
    with progress_bar("Indexing") as progress:
        return SEARCH_INDEXER.rebuild(session, lambda done, total: progress("", done, total))


@cli.command()
def load(
    check: Annotated[bool, typer.Option(help="Only prove the loaded archive sound.")] = False,
) -> None:
    """Load the embedded archive; what is there already stays as it is."""
    with open_database() as database:
        if check:
            _run_archive_check(database)
            return
        with progress_bar("Loading") as progress, database.session() as session:
            report = loading.load_dataset(session, progress)
    console.print(
        f"The archive: {report.created} records created, {report.updated} updated, "
        f"{report.unchanged} unchanged"
    )


def _run_archive_check(database: Database) -> None:
    with database.snapshot() as reader:
        problems = checks.check_archive(reader)
    for problem in problems:
        console.print(f"- {problem}", markup=False)
    console.print(f"{len(problems)} problems." if problems else "The archive is sound.")
    raise typer.Exit(1 if problems else 0)


@cli.command("recount")
def recount_command(
    check: Annotated[bool, typer.Option("--check", help="Only compare.")] = False,
) -> None:
    """Count anew what the calendar of the news is read from; after writing to its tables by SQL."""
    with open_database() as database, database.session() as session:
        wrong = find_wrong_day_counts(session)
        if wrong and not check:
            rebuild_day_counts(session)
    for at, language in wrong[:MAX_LISTED_ITEMS]:
        console.print(f"- {at:%Y-%m-%d} in UTC, in {language}")
    counted = "not what they should be" if check else "counted anew"
    console.print(f"{len(wrong)} days are {counted}." if wrong else "The counts are right.")
    raise typer.Exit(1 if wrong and check else 0)


@cli.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Everything that the database keeps, as one new file, read again and compared."""
    with (
        open_database() as database,
        progress_counter("Backing up") as progress,
        _exit_on_backup_error(),
    ):
        number = backups.write_backup(database, file, Config(_ALEMBIC_CONFIG_PATH), progress)
    console.print(f"{number} rows in {file}", markup=False, highlight=False)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Fill a new database, of either kind, with what a backup holds."""
    migrate()
    with (
        open_database() as database,
        progress_counter("Restoring") as progress,
        _exit_on_backup_error(),
    ):
        number = backups.restore_backup(database, file, Config(_ALEMBIC_CONFIG_PATH), progress)
    console.print(f"{number} rows from {file}", markup=False, highlight=False)


@contextmanager
def _exit_on_backup_error() -> Iterator[None]:
    try:
        yield
    except backups.BackupError as error:
        console.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error
