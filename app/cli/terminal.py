"""What the commands have in common: the database, and what they show of their work."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import typer
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

from app.api.audit_log import Actor
from app.cli import console
from app.config import get_settings
from app.db.database import Database
from app.resources.write_steps import build_database

MAX_LISTED_ITEMS = 20
"""How many of many are told one by one."""


def command_line_actor(command: str) -> Actor:
    """Who writes, where `command` does."""
    return Actor(f"zarya {command}", "command line")


@contextmanager
def open_database() -> Iterator[Database]:
    """The database that the settings name."""
    with (
        exit_on_database_error(),
        closing(build_database(get_settings().database_url)) as database,
    ):
        yield database


@contextmanager
def exit_on_database_error() -> Iterator[None]:
    """A database that cannot be used is told in a line, with exit status 2."""
    try:
        yield
    except (DatabaseError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        url = make_url(get_settings().database_url).render_as_string(hide_password=True)
        console.print(f"The database {url} cannot be used: {cause}", markup=False)
        raise typer.Exit(2) from error


def new_table(*names: str) -> Table:
    """A table that shows all of its cells, however narrow the terminal is."""
    return Table(*(Column(name, overflow="fold") for name in names))


@contextmanager
def progress_counter(what: str) -> Iterator[Callable[[int], None]]:
    """A count on the terminal; nothing where the output is no terminal."""
    columns = SpinnerColumn(), TextColumn(f"{what} {{task.completed:,.0f}}"), TimeElapsedColumn()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda number: bar.update(task, completed=number)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on the terminal; nothing where the output is no terminal."""
    columns = TextColumn(f"{what} {{task.description:<10}}"), BarColumn(), MofNCompleteColumn()
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, total: bar.update(
            task, description=step, completed=done, total=total
        )
