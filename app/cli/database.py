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
from app.cli.terminal import SHOWN, counting, explained, opened, steps
from app.db.database import Database
from app.db.models.days import miscounted, recount
from app.ingest.dataset import check as checks
from app.ingest.dataset import load as loading
from app.ops import backup as backups
from app.search.fulltext import sweep
from app.search.indexer import is_missing, rebuild

ALEMBIC = Path(__file__).parent.parent.parent / "alembic.ini"

cli = typer.Typer()


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    with explained():
        command.upgrade(Config(ALEMBIC), "head")
    with opened() as database, database.session() as session:
        if is_missing(session):
            _rebuild(session)


@cli.command()
def reindex() -> None:
    """Make the search index anew from the records."""
    with opened() as database:
        with database.session() as session:
            number = _rebuild(session)
        sweep(database.engine)
    console.print(f"{number} records can be found.")


def _rebuild(session: Session) -> int:
    with steps("Indexing") as progress:
        return rebuild(session, lambda done, total: progress("", done, total))


@cli.command()
def load(
    check: Annotated[bool, typer.Option(help="Only prove the loaded archive sound.")] = False,
) -> None:
    """Load the embedded archive; what is there already stays as it is."""
    with opened() as database:
        if check:
            _check(database)
            return
        with steps("Loading") as progress, database.session() as session:
            report = loading.load(session, progress)
    console.print(
        f"The archive: {report.created} records created, {report.updated} updated, "
        f"{report.unchanged} unchanged"
    )


def _check(database: Database) -> None:
    with database.snapshot() as reader:
        problems = checks.check(reader)
    for problem in problems:
        console.print(f"- {problem}", markup=False)
    console.print(f"{len(problems)} problems." if problems else "The archive is sound.")
    raise typer.Exit(1 if problems else 0)


@cli.command("recount")
def recount_(
    check: Annotated[bool, typer.Option("--check", help="Only compare.")] = False,
) -> None:
    """Count anew what the calendar of the news is read from; after writing to its tables by SQL."""
    with opened() as database, database.session() as session:
        wrong = miscounted(session)
        if wrong and not check:
            recount(session)
    for at, language in wrong[:SHOWN]:
        console.print(f"- {at:%Y-%m-%d} in UTC, in {language}")
    counted = "not what they should be" if check else "counted anew"
    console.print(f"{len(wrong)} days are {counted}." if wrong else "The counts are right.")
    raise typer.Exit(1 if wrong and check else 0)


@cli.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Everything that the database keeps, as one new file, read again and compared."""
    with opened() as database, counting("Backing up") as progress, _usable():
        number = backups.back_up(database, file, Config(ALEMBIC), progress)
    console.print(f"{number} rows in {file}", markup=False, highlight=False)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Fill a new database, of either kind, with what a backup holds."""
    migrate()
    with opened() as database, counting("Restoring") as progress, _usable():
        number = backups.restore(database, file, Config(ALEMBIC), progress)
    console.print(f"{number} rows from {file}", markup=False, highlight=False)


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except backups.Unusable as error:
        console.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error
