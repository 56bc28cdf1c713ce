"""Commands that maintain the database: migrate, load, reindex, recount, backup, restore."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from sqlalchemy.orm import Session

from app.cli.terminal import (
    MAX_LISTED_ITEMS,
    console,
    exit_on_database_error,
    open_database,
    print_wait,
    progress_bar,
    progress_counter,
)
from app.config import current_settings
from app.db.database import Database
from app.db.long_writes import LongWriter
from app.db.tracking.article_links import copy_to_links, find_stale_links
from app.db.tracking.day_counts import find_wrong_day_counts, recount_days
from app.db.tracking.person_totals import find_wrong_person_totals, recount_person_totals
from app.domain.batching import batched
from app.ingest.dataset import check as checks
from app.ingest.dataset import load as loading
from app.ops import backup as backups
from app.resources.registry import SEARCH_INDEXER
from app.search.fulltext import vacuum_search_index

_ALEMBIC_CONFIG_PATH = Path(__file__).parent.parent.parent / "alembic.ini"

_RECOUNTED_DAYS = 50
"""Days in one transaction of a recount."""
_COPIED_ROWS = 200
"""Articles in one transaction of a recount."""

cli = typer.Typer()


@cli.command()
def migrate() -> None:
    """Migrate the tables to the current version; build the search index if it is empty."""
    config = Config(_ALEMBIC_CONFIG_PATH)
    config.attributes["url"] = current_settings().database_url
    with exit_on_database_error():
        command.upgrade(config, "head")
    with open_database() as database:
        with database.snapshot() as reader:
            is_missing = SEARCH_INDEXER.is_index_missing(reader)
        if is_missing:  # in one transaction, so that an interrupted rebuild is noticed
            with LongWriter(database, print_wait).transaction() as session:
                _rebuild_index(lambda: nullcontext(session))


@cli.command()
def reindex() -> None:
    """Rebuild the search index from the records. The service can run meanwhile."""
    with open_database() as database:
        count = _rebuild_index(LongWriter(database, print_wait).transaction)
        vacuum_search_index(database.engine)
    console.print(f"{count} records indexed.")


def _rebuild_index(open_session: Callable[[], AbstractContextManager[Session]]) -> int:
    with progress_bar("Indexing") as progress:
        return SEARCH_INDEXER.rebuild(open_session, lambda done, total: progress("", done, total))


@cli.command()
def load(
    check: Annotated[bool, typer.Option(help="Only check the loaded archive for errors.")] = False,
) -> None:
    """Load the embedded archive; records that exist already are not changed."""
    with open_database() as database:
        if check:
            _run_archive_check(database)
            return
        with progress_bar("Loading") as progress:
            report = loading.load_dataset(LongWriter(database, print_wait).transaction, progress)
    console.print(
        f"The archive: {report.created} records created, {report.updated} updated, "
        f"{report.unchanged} unchanged"
    )


def _run_archive_check(database: Database) -> None:
    with database.snapshot(time_limited=False) as reader:
        problems = list(checks.check_archive(reader))
    for problem in problems:
        console.print(f"- {problem}", markup=False)
    console.print(f"{len(problems)} problems." if problems else "No problems found.")
    raise typer.Exit(1 if problems else 0)


@cli.command("recount")
def recount_command(
    check: Annotated[bool, typer.Option("--check", help="Only compare, change nothing.")] = False,
) -> None:
    """Recalculate day counts, links of articles and totals of people, as needed after SQL."""
    with open_database() as database:
        with database.snapshot(time_limited=False) as reader:
            wrong, stale = find_wrong_day_counts(reader), find_stale_links(reader)
            people = find_wrong_person_totals(reader)
        if not check:
            writer = LongWriter(database, print_wait)
            if people:
                with writer.transaction() as session:
                    recount_person_totals(session, people)
            for days in batched(wrong, _RECOUNTED_DAYS):
                with writer.transaction() as session:
                    recount_days(session, days)
            for ids in batched(stale, _COPIED_ROWS):
                with writer.transaction() as session:
                    copy_to_links(session, ids)
    for at, language in wrong[:MAX_LISTED_ITEMS]:
        console.print(f"- {at:%Y-%m-%d} in UTC, in {language}")
    outcome = "wrong" if check else "corrected"
    console.print(f"{len(wrong)} day counts {outcome}." if wrong else "All day counts are right.")
    articles = f"Links of {len(stale)} articles {outcome}."
    console.print(articles if stale else "All links of articles are right.")
    totals = f"Totals of {len(people)} people {outcome}."
    console.print(totals if people else "All totals of people are right.")
    raise typer.Exit(1 if (wrong or stale or people) and check else 0)


@cli.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Write all data to a new file, then read the file back and compare."""
    with (
        open_database() as database,
        progress_counter("Backing up") as progress,
        _exit_on_backup_error(),
    ):
        count = backups.write_backup(database, file, Config(_ALEMBIC_CONFIG_PATH), progress)
    console.print(f"{count} rows written to {file}", markup=False, highlight=False)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Restore a backup into a new, empty database: SQLite or PostgreSQL."""
    migrate()
    with (
        open_database() as database,
        progress_counter("Restoring") as progress,
        _exit_on_backup_error(),
    ):
        count = backups.restore_backup(database, file, Config(_ALEMBIC_CONFIG_PATH), progress)
    console.print(f"{count} rows restored from {file}", markup=False, highlight=False)


@contextmanager
def _exit_on_backup_error() -> Iterator[None]:
    try:
        yield
    except backups.BackupError as error:
        console.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error
