"""`zarya sources`: add, list and poll the feeds that are imported regularly."""

import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from app.api.write_models import validate_write_model
from app.cli.terminal import (
    JsonOption,
    command_line_actor,
    console,
    format_time,
    open_database,
    print_listing,
)
from app.config import current_settings
from app.db.database import Reader
from app.domain.enums import SourceFormat
from app.http.problems import InvalidRequest
from app.ingest.polling import find_due_sources, run_poll
from app.ingest.presets import (
    PRESETS,
    Preset,
    PresetName,
    find_source_of_list,
    load_preset_dates,
)
from app.resources.sources.commands import WRITER
from app.resources.sources.queries import list_all_sources
from app.resources.sources.schemas import SourceRead, SourceWrite

cli = typer.Typer(
    no_args_is_help=True, help="Add, list and poll the feeds that are imported regularly."
)


@cli.command("add")
def add_source(
    url: Annotated[str | None, typer.Argument(metavar="[URL]")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the source.")] = None,
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
    per_hour: Annotated[
        int | None, typer.Option(help="Maximum number of requests per hour to the host.")
    ] = None,
    preset: Annotated[
        PresetName | None,
        typer.Option(help="Add the sources of a preset instead; see `zarya sources presets`."),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="With --preset: another server of the same API."),
    ] = None,
) -> None:
    """Add a source: the service polls URL regularly and imports new entries."""
    if preset is not None and url is None:
        add_preset(PRESETS[preset], server, trusted)
        return
    if preset is not None or server is not None or url is None or name is None:
        console.print("Give a URL and --name, or else --preset.")
        raise typer.Exit(2)
    fields = {
        "name": name,
        "feed_url": url,
        "format": format_,
        "trusted": trusted,
        "language": language,
        "every_minutes": every,
        "requests_per_hour": per_hour,
    }
    with open_database() as database, database.session() as session:
        console.print(_insert_source(session, fields))


def add_preset(preset: Preset, server: str | None, trusted: bool) -> None:
    """Add the sources of a preset that are not there yet."""
    with open_database() as database, database.session() as session:
        reader = Reader.from_session(session)
        dates = load_preset_dates(reader)
        for fields in preset.build_documents(dates, server=server, trusted=trusted):
            if known := find_source_of_list(reader, fields["feed_url"]):
                console.print(f"Source {known} polls this list already: {fields['name']}.")
            else:
                console.print(_insert_source(session, fields))


def _insert_source(session: Session, fields: dict[str, Any]) -> str:
    """Insert a source. Returns a message; exits with status 2 if it is invalid."""
    try:
        document = validate_write_model(SourceWrite, fields)
        source, _ = WRITER.insert(session, command_line_actor("sources add"), document)
    except InvalidRequest as error:
        for problem in error.errors:
            console.print(f"{problem.pointer}: {problem.detail}", markup=False)
        raise typer.Exit(2) from error
    return f"Source {source.id} added, polled every {source.every_minutes} minutes."


@cli.command("presets")
def list_presets(as_json: JsonOption = False) -> None:
    """List the presets: well-known public feeds. Nothing is fetched before they are added."""
    sources = [
        _ListedSource(
            name,
            source.name,
            source.every_minutes,
            preset.requests_per_hour,
            source.brings,
            preset.server + source.path.format(launched_since="DATE", published_since="DATE"),
        )
        for name, preset in PRESETS.items()
        for source in preset.sources
    ]
    columns = ("preset", "source", "every", "limit", "brings", "url")
    print_listing(sources, as_json, columns, _ListedSource.format)


@dataclass(frozen=True)
class _ListedSource:
    preset: str
    name: str
    every_minutes: int
    requests_per_hour: int
    brings: str
    url: str

    def format(self) -> tuple[str, ...]:
        every, limit = f"{self.every_minutes} min", f"{self.requests_per_hour} an hour"
        return self.preset, self.name, every, limit, self.brings, self.url


@cli.command("list")
def list_sources(as_json: JsonOption = False) -> None:
    """List all sources, with the result of their last poll."""
    with open_database() as database, database.snapshot() as reader:
        sources = list_all_sources(reader)
    columns = ("id", "name", "url", "format", "trusted", "last poll", "next poll", "state")
    print_listing(sources, as_json, columns, _format_source)


def _format_source(source: SourceRead) -> tuple[str, ...]:
    state = source.disabled_reason or ("enabled" if source.enabled else "disabled")
    if source.enabled and source.last_error:
        times_failed = f"failed {source.failures} times: " if source.failures else ""
        state = times_failed + source.last_error
    return (
        str(source.id),
        source.name,
        source.feed_url,
        source.format,
        "yes" if source.trusted else "no",
        format_time(source.checked_at),
        format_time(source.next_at),
        state,
    )


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
