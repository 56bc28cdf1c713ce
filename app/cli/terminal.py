"""Shared parts of the commands: the database, error messages, tables and progress bars."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from pydantic_core import to_jsonable_python
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
from sqlalchemy.exc import DatabaseError

from app.api.audit_log import Actor
from app.cli.start_checks import describe_database_error, is_database_file
from app.config import current_settings
from app.db.database import Database
from app.http.problems import Unavailable
from app.resources.media.store_failures import describe_store_error, find_store_failure_reason
from app.resources.write_steps import build_database

T = TypeVar("T")

console = Console(stderr=True, soft_wrap=True)

MAX_LISTED_ITEMS = 20
"""Number of items of a long list that are printed."""


def command_line_actor(command: str) -> Actor:
    """Actor of the writes of `command`, for the audit log."""
    return Actor(f"zarya {command}", "command line")


@contextmanager
def open_database() -> Iterator[Database]:
    """Open the database of the settings; exit with a status of its own if it cannot be used."""
    with (
        exit_on_database_error(),
        closing(build_database(current_settings().database_url)) as database,
    ):
        yield database


@contextmanager
def exit_on_database_error() -> Iterator[None]:
    """Turn errors of the database, or of other files, into one line of output and an exit status.

    The database and the picture store have a status of their own, other files have 2. Raises
    typer.Exit.
    """
    url = current_settings().database_url
    try:
        yield
    except (DatabaseError, OSError) as error:
        if isinstance(error, OSError) and not is_database_file(url, error.filename):
            status, line = 2, str(error)
        else:
            status, line = describe_database_error(url, error)
        console.print(line, markup=False, highlight=False)
        raise typer.Exit(status) from error
    except Unavailable as error:  # the picture store
        line = f"Picture store: {find_store_failure_reason(error)}: {describe_store_error(error)}"
        console.print(line, markup=False, highlight=False)
        raise typer.Exit(os.EX_UNAVAILABLE) from error


def print_wait() -> None:
    """Print that a long write waits for the lock of SQLite."""
    console.print("Waiting: another process is writing to the database.")


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_listing(
    items: Sequence[T],
    as_json: bool,
    columns: Sequence[str],
    format_row: Callable[[T], Iterable[str]],
) -> None:
    """Print `items`, models or dataclasses, as a table, or all their fields as a JSON array.

    The table wraps the text of its cells instead of truncating it.
    """
    if as_json:
        json.dump(to_jsonable_python(list(items)), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    table = Table(*(Column(name, overflow="fold") for name in columns))
    for item in items:
        table.add_row(*map(escape, format_row(item)))
    Console(soft_wrap=True).print(table)


def format_time(at: datetime | None) -> str:
    """A time for a cell, in UTC."""
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"


@contextmanager
def progress_counter(label: str) -> Iterator[Callable[[int], None]]:
    """Counter on the terminal; shows nothing if the output is not a terminal."""
    columns = SpinnerColumn(), TextColumn(f"{label} {{task.completed:,.0f}}"), TimeElapsedColumn()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda number: bar.update(task, completed=number)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[str, int, int], None]]:
    """Progress bar on the terminal; shows nothing if the output is not a terminal."""
    columns = TextColumn(f"{label} {{task.description:<10}}"), BarColumn(), MofNCompleteColumn()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, total: bar.update(
            task, description=step, completed=done, total=total
        )
