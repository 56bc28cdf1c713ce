"""`zarya sources`."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.api.write_models import validate_write_model
from app.cli import console
from app.cli.terminal import command_line_actor, new_table, open_database
from app.config import get_settings
from app.domain.enums import SourceFormat
from app.http.problems import InvalidRequest
from app.ingest.polling import find_due_sources, run_poll
from app.resources.sources.commands import WRITER
from app.resources.sources.queries import list_all_sources
from app.resources.sources.schemas import SourceWrite

cli = typer.Typer(no_args_is_help=True, help="Feeds of others, looked at again and again.")


@cli.command("add")
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
    with open_database() as database, database.session() as session:
        try:
            source, _ = WRITER.insert(
                session, command_line_actor("sources add"), validate_write_model(SourceWrite, given)
            )
            added = f"The source {source.id} is looked at every {source.every_minutes} minutes."
        except InvalidRequest as error:
            for problem in error.errors:
                console.print(f"{problem.pointer}: {problem.detail}", markup=False)
            raise typer.Exit(2) from error
    console.print(added)


@cli.command("list")
def list_sources() -> None:
    """Tell of every source, and how it fares."""
    with open_database() as database, database.snapshot() as reader:
        found = list_all_sources(reader)
    table = new_table("id", "name", "url", "format", "trusted", "looked at", "next", "state")
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


@cli.command("poll")
def poll_sources(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]")] = None,
) -> None:
    """Look at the sources that are due, or at these, now."""
    failed = False
    with open_database() as database:
        with database.snapshot() as reader:
            wanted = ids or find_due_sources(reader)
        for id_ in wanted:
            look = run_poll(database, id_, get_settings().private_targets, force=bool(ids))
            if look is None:
                told = "There is no such source, or another process is looking at it."
                failed |= bool(ids)
            else:
                told = "; ".join(str(part) for part in (look.report, look.error) if part)
                failed |= look.error is not None
            sys.stdout.write(f"{id_}: {told}\n")
    raise typer.Exit(1 if failed else 0)
