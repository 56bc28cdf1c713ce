"""Every command but `serve`: what keeps the archive."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Annotated, TextIO

import typer
from alembic import command
from alembic.config import Config
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app import backups
from app.cli import console
from app.config import get_settings
from app.database import Database, Reader
from app.dataset import check as checks
from app.dataset import load as loading
from app.documents import read_document
from app.errors import Invalid, NotFound
from app.exports import csv_files, ndjson, sqlite
from app.importers.entries import Input, Reject
from app.importers.formats import FORMATS
from app.importers.run import run
from app.indexing.keeping import is_missing, rebuild
from app.keys.queries import create_key as create_one
from app.keys.queries import every_key
from app.keys.queries import revoke_key as revoke_one
from app.keys.schemas import KeyWrite
from app.main import create_app
from app.models import Scope, SourceFormat
from app.models.hours import miscounted, recount
from app.outbound import Failed, Refused
from app.sources.fetching import fetch
from app.sources.polling import due, poll
from app.sources.queries import add_source as add_one
from app.sources.queries import every_source
from app.sources.schemas import SourceWrite
from app.trail import Actor

ALEMBIC = Path(__file__).parent.parent.parent / "alembic.ini"

cli = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="The keys that editors and programs write with.")
cli.add_typer(keys, name="keys")
sources = typer.Typer(no_args_is_help=True, help="Feeds of others, looked at again and again.")
cli.add_typer(sources, name="sources")
exports = typer.Typer(no_args_is_help=True, help="The archive as files to take away.")
cli.add_typer(exports, name="export")


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    with _explained():
        command.upgrade(Config(ALEMBIC), "head")
    with _database() as database, database.session() as session:
        if is_missing(session):
            _rebuild(session)


@cli.command()
def reindex() -> None:
    """Make the search index anew from the records."""
    with _database() as database, database.session() as session:
        number = _rebuild(session)
    console.print(f"{number} records can be found.")


def _rebuild(session: Session) -> int:
    with _steps("Indexing") as progress:
        return rebuild(session, lambda done, total: progress("", done, total))


@cli.command()
def load(
    check: Annotated[bool, typer.Option(help="Only prove the loaded archive sound.")] = False,
) -> None:
    """Load the embedded archive; what is there already stays as it is."""
    with _database() as database:
        if check:
            _check(database)
            return
        with _steps("Loading") as progress, database.session() as session:
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
    with _database() as database, database.session() as session:
        wrong = miscounted(session)
        if wrong and not check:
            recount(session)
    for at, precision, language in wrong[:REJECTS_SHOWN]:
        console.print(f"- the {precision} from {at:%Y-%m-%d %H:%M} UTC, in {language}")
    counted = "not what they should be" if check else "counted anew"
    console.print(f"{len(wrong)} hours are {counted}." if wrong else "The counts are right.")
    raise typer.Exit(1 if wrong and check else 0)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Who or what it is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; can be repeated.")],
    expires: Annotated[
        str | None, typer.Option(help="Until when: a day (in UTC) or an RFC 3339 instant.")
    ] = None,
) -> None:
    """Make an API key, and print it this once."""
    at = f"{expires}T00:00:00Z" if expires and len(expires) == len("2031-01-01") else expires
    try:
        wanted = KeyWrite.model_validate({"name": name, "scopes": scope, "expires_at": at})
    except ValidationError as error:
        for fault in error.errors():
            console.print(f"--{fault['loc'][0]}: {fault['msg']}", markup=False)
        raise typer.Exit(2) from error
    with _database() as database, database.session() as session:
        given = wanted.name, wanted.scopes, wanted.expires_at
        made = create_one(session, _actor("keys create"), *given)
    console.print(f"The key {made.id} may {', '.join(made.scopes)}. It is shown only now:")
    sys.stdout.write(f"{made.key}\n")


@keys.command("list")
def list_keys() -> None:
    """Tell of every key, newest first, but not the secrets."""
    with _database() as database, database.snapshot() as reader:
        found = every_key(reader)
    table = _table("id", "name", "scopes", "created", "expires", "last used", "state")
    for key in found:
        times = (key.created_at, key.expires_at, key.last_used_at)
        told = (f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in times)
        table.add_row(key.id, key.name, ", ".join(key.scopes), *told, key.state)
    Console(soft_wrap=True).print(table)


@keys.command("revoke")
def revoke_key(id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Let a key work no more, from its next request on."""
    with _database() as database, database.session() as session:
        try:
            revoke_one(session, _actor("keys revoke"), id_)
        except NotFound as error:
            console.print(error.detail, markup=False)
            raise typer.Exit(1) from error
    console.print(f"The key {id_} is revoked.")


def _table(*names: str) -> Table:
    """A table that shows all of its cells, however narrow the terminal is."""
    return Table(*(Column(name, overflow="fold") for name in names))


def _actor(command: str) -> Actor:
    return Actor(f"zarya {command}", "command line")


@sources.command("add")
def add_source(
    url: Annotated[str, typer.Argument(metavar="URL")],
    name: Annotated[str, typer.Option(help="What it is called.")],
    form: Annotated[SourceFormat, typer.Option("--format", help="What it publishes in.")] = (
        SourceFormat.FEED
    ),
    trusted: Annotated[bool, typer.Option("--trusted", help="Publish what it brings.")] = False,
    language: Annotated[
        str | None, typer.Option(help="The language of entries that do not tell theirs.")
    ] = None,
    every: Annotated[int, typer.Option(help="Minutes from one look to the next.")] = 60,
) -> None:
    """Look at an address again and again, and take in what it publishes."""
    given = {
        "name": name,
        "feed_url": url,
        "format": form,
        "trusted": trusted,
        "language": language,
        "every_minutes": every,
    }
    with _database() as database, database.session() as session:
        try:
            made = add_one(session, _actor("sources add"), read_document(SourceWrite, given))
        except Invalid as error:
            for problem in error.errors:
                console.print(f"{problem.pointer}: {problem.detail}", markup=False)
            raise typer.Exit(2) from error
    console.print(f"The source {made.id} is looked at every {made.every_minutes} minutes.")


@sources.command("list")
def list_sources() -> None:
    """Tell of every source, and how it fares."""
    with _database() as database, database.snapshot() as reader:
        found = every_source(reader)
    table = _table("id", "name", "url", "format", "trusted", "looked at", "next", "state")
    for each in found:
        times = (f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (each.checked_at, each.next_at))
        trusted = "yes" if each.trusted else "no"
        state = each.disabled_reason or ("enabled" if each.enabled else "disabled")
        if each.enabled and each.last_error:
            times_failed = f"failed {each.failures} times: " if each.failures else ""
            state = times_failed + each.last_error
        told = (each.feed_url, each.format, trusted, *times, state)
        table.add_row(str(each.id), *(escape(text) for text in (each.name, *told)))
    Console(soft_wrap=True).print(table)


@sources.command("poll")
def poll_sources(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]")] = None,
) -> None:
    """Look at the sources that are due, or at these, now."""
    failed = False
    with _database() as database:
        with database.snapshot() as reader:
            wanted = ids or due(reader)
        for id_ in wanted:
            look = poll(database, id_, get_settings().private_targets, at_once=bool(ids))
            if look is None:
                told = "There is no such source, or another process is looking at it."
                failed |= bool(ids)
            else:
                told = "; ".join(str(part) for part in (look.report, look.error) if part)
                failed |= look.error is not None
            sys.stdout.write(f"{id_}: {told}\n")
    raise typer.Exit(1 if failed else 0)


REJECTS_SHOWN = 20


@cli.command("import")
def import_(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    target: Annotated[str, typer.Argument(metavar="FILE-FOLDER-OR-URL")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only try it.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish new articles; otherwise they are drafts.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(help="The language of entries that do not tell theirs.")
    ] = None,
    rejects: Annotated[
        Path, typer.Option(help="The folder for what is rejected, in the format it came in.")
    ] = Path("var/rejects"),
) -> None:
    """Take in what others publish, or an archive's own export."""
    if form not in FORMATS:
        console.print(f"There is no format {form!r}: take {', '.join(FORMATS)}.", markup=False)
        raise typer.Exit(2)
    inputs = _inputs(form, target, language)
    shown = 0

    def told(given: Input, reject: Reject) -> None:
        nonlocal shown
        shown += 1
        if shown <= REJECTS_SHOWN:
            where = f"{given.name}:{reject.line}: {reject.field}"
            console.print(f"{where}: {reject.reason}", markup=False, highlight=False)

    with _database() as database, _counting("Importing") as progress:
        report = run(
            database,
            FORMATS[form],
            inputs,
            actor=_actor(f"import {form}"),
            publish=publish,
            dry_run=dry_run,
            rejects=None if dry_run else rejects,
            told=told,
            progress=progress,
        )
    if report.rejected > REJECTS_SHOWN:
        console.print(f"… and {report.rejected - REJECTS_SHOWN} more.")
    if report.rejected and not dry_run:
        console.print(f"What was rejected lies in {rejects}.", markup=False, highlight=False)
    sys.stdout.write(f"{report}\n")
    raise typer.Exit(1 if report.rejected else 0)


def _inputs(form: str, target: str, language: str | None) -> list[Input]:
    """What an address answers, the file `target`, or the files in it that may be of the format."""
    if target.startswith(("http://", "https://")):
        return [replace(_fetched(target), language=language)]
    suffixes, path = FORMATS[form].suffixes, Path(target)
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    if not files or not files[0].is_file():
        console.print(f"There is no file to import at {target}.", markup=False)
        raise typer.Exit(2)
    return [replace(Input.file(file), language=language) for file in files]


def _fetched(url: str) -> Input:
    try:
        answer = fetch(url, allow_private=get_settings().private_targets)
        if answer.status != 200:
            raise Failed(f"It answered {answer.status}.")
    except (Refused, Failed) as error:
        console.print(f"{url}: {error}", markup=False)
        raise typer.Exit(2) from error
    return Input(url, lambda: BytesIO(answer.body))


@exports.command("ndjson")
def export_ndjson(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Everything, drafts too, a record a line: what `zarya import ndjson` takes in unchanged."""
    with (
        _database() as database,
        _counting("Exporting") as progress,
        _written(file) as target,
        database.snapshot() as reader,
    ):
        number = ndjson.write(reader, target, progress)
    console.print(f"{number} lines in {file}", markup=False, highlight=False)


@exports.command("csv")
def export_csv(target: Annotated[Path, typer.Argument(metavar="FOLDER-OR-ZIP")]) -> None:
    """What is public, a file a table."""
    _export(csv_files.write, target)


@exports.command("sqlite")
def export_sqlite(target: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """What is public, as one SQLite file."""
    _export(sqlite.write, target)


@exports.command("parquet")
def export_parquet(target: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """What is public, a file a table; needs the extra `parquet`."""
    try:
        parquet = import_module("app.exports.parquet")
    except ImportError as error:
        console.print("Install the extra first: pip install 'zarya[parquet]'", markup=False)
        raise typer.Exit(2) from error
    _export(parquet.write, target)


def _export(write: Callable[[Reader, Path, Callable[[int], None]], int], target: Path) -> None:
    with (
        _database() as database,
        _counting("Exporting") as progress,
        database.snapshot() as reader,
    ):
        number = write(reader, target, progress)
    console.print(f"{number} rows in {target}", markup=False, highlight=False)


@cli.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Everything that the database keeps, as one new file, read again and compared."""
    with _database() as database, _counting("Backing up") as progress, _usable():
        number = backups.back_up(database, file, Config(ALEMBIC), progress)
    console.print(f"{number} rows in {file}", markup=False, highlight=False)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Fill a new database, of either kind, with what a backup holds."""
    migrate()
    with _database() as database, _counting("Restoring") as progress, _usable():
        number = backups.restore(database, file, Config(ALEMBIC), progress)
    console.print(f"{number} rows from {file}", markup=False, highlight=False)


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except backups.Unusable as error:
        console.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    """A count on the terminal; nothing where the output is no terminal."""
    columns = SpinnerColumn(), TextColumn(f"{what} {{task.completed:,.0f}}"), TimeElapsedColumn()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda number: bar.update(task, completed=number)


@contextmanager
def _database() -> Iterator[Database]:
    with _explained(), closing(Database(get_settings().database_url, read_threads=1)) as database:
        yield database


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    json.dump(create_app().openapi(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


@contextmanager
def _explained() -> Iterator[None]:
    """A database that cannot be used is told in a line, with exit status 2."""
    try:
        yield
    except (DatabaseError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        url = make_url(get_settings().database_url).render_as_string(hide_password=True)
        console.print(f"The database {url} cannot be used: {cause}", markup=False)
        raise typer.Exit(2) from error


@contextmanager
def _steps(what: str) -> Iterator[loading.Progress]:
    """A progress bar on the terminal; nothing where the output is no terminal."""
    columns = TextColumn(f"{what} {{task.description:<10}}"), BarColumn(), MofNCompleteColumn()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, total: bar.update(
            task, description=step, completed=done, total=total
        )
