"""`zarya sources`: add, list and poll the feeds that are imported regularly."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.api.write_models import validate_write_model
from app.cli import console
from app.cli.terminal import command_line_actor, new_table, open_database
from app.config import current_settings
from app.domain.enums import SourceFormat
from app.http.problems import InvalidRequest
from app.ingest.polling import find_due_sources, run_poll
from app.resources.sources.commands import WRITER
from app.resources.sources.queries import list_all_sources
from app.resources.sources.schemas import SourceWrite

cli = typer.Typer(
    no_args_is_help=True, help="Add, list and poll the feeds that are imported regularly."
)


@cli.command("add")
def add_source(
    url: Annotated[str, typer.Argument(metavar="URL")],
    name: Annotated[str, typer.Option(help="Name of the source.")],
    format_: Annotated[
        SourceFormat, typer.Option("--format", help="Format of the source.")
    ] = SourceFormat.FEED,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Publish new articles instead of saving drafts.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(help="Language of entries that do not name one.")
    ] = None,
    every: Annotated[int, typer.Option(help="Minutes between polls.")] = 60,
) -> None:
    """Add a source: the service polls URL regularly and imports new entries."""
    fields = {
        "name": name,
        "feed_url": url,
        "format": format_,
        "trusted": trusted,
        "language": language,
        "every_minutes": every,
    }
    with open_database() as database, database.session() as session:
        try:
            document = validate_write_model(SourceWrite, fields)
            source, _ = WRITER.insert(session, command_line_actor("sources add"), document)
        except InvalidRequest as error:
            for problem in error.errors:
                console.print(f"{problem.pointer}: {problem.detail}", markup=False)
            raise typer.Exit(2) from error
        message = f"Source {source.id} added, polled every {source.every_minutes} minutes."
    console.print(message)


@cli.command("list")
def list_sources() -> None:
    """List all sources, with the result of their last poll."""
    with open_database() as database, database.snapshot() as reader:
        sources = list_all_sources(reader)
    table = new_table("id", "name", "url", "format", "trusted", "last poll", "next poll", "state")
    for source in sources:
        times = (
            f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (source.checked_at, source.next_at)
        )
        trusted = "yes" if source.trusted else "no"
        state = source.disabled_reason or ("enabled" if source.enabled else "disabled")
        if source.enabled and source.last_error:
            times_failed = f"failed {source.failures} times: " if source.failures else ""
            state = times_failed + source.last_error
        cells = (source.name, source.feed_url, source.format, trusted, *times, state)
        table.add_row(str(source.id), *map(escape, cells))
    Console(soft_wrap=True).print(table)


@cli.command("poll")
def poll_sources(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]")] = None,
) -> None:
    """Poll the sources with these ids now; without ids, those that are due."""
    failed = False
    with open_database() as database:
        with database.snapshot() as reader:
            source_ids = ids or find_due_sources(reader)
        for id_ in source_ids:
            poll = run_poll(database, id_, current_settings().private_targets, force=bool(ids))
            if poll is None:
                result = "No such source, or another process is polling it."
                failed |= bool(ids)
            else:
                result = "; ".join(str(part) for part in (poll.report, poll.error) if part)
                failed |= poll.error is not None
            sys.stdout.write(f"{id_}: {result}\n")
    raise typer.Exit(1 if failed else 0)
