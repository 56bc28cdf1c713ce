"""`zarya import`: import entries from a file, a directory or a URL."""

import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import (
    MAX_LISTED_ITEMS,
    command_line_actor,
    console,
    open_database,
    print_wait,
    progress_counter,
)
from app.config import current_settings
from app.http.client import ForbiddenUrl, RequestFailed, check_url
from app.ingest.entries import Input, Reject
from app.ingest.fetching import fetch_url
from app.ingest.pipeline import run_import
from app.ingest.registry import FORMATS
from app.ingest.report import EntryResult, ImportOutcome, label_of_entry

cli = typer.Typer()

_SOURCE_FORMATS = ("feed", "snapi")
"""Formats whose entries have ids of their source, unlike those of a catalogue."""


@cli.command("import")
def import_(
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    target: Annotated[str, typer.Argument(metavar="FILE-FOLDER-OR-URL")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Validate and report, change nothing.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish new articles instead of saving drafts.")
    ] = False,
    all_launches: Annotated[
        bool, typer.Option("--all", help="Import launches that do not go to the station, too.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(help="Language of entries that do not name one.")
    ] = None,
    source_url: Annotated[
        str | None,
        typer.Option(
            "--source", metavar="URL", help="Address that a file of a feed or of snapi comes from."
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Tell for each entry why it is, or is not, a known record."),
    ] = False,
    rejects: Annotated[
        Path, typer.Option(help="Directory for rejected entries, in their original format.")
    ] = Path("var/rejects"),
) -> None:
    """Import entries from a feed, a data file, or an NDJSON export."""
    if format_ not in FORMATS:
        console.print(
            f"Unknown format {format_!r}. Choose one of {', '.join(FORMATS)}.", markup=False
        )
        raise typer.Exit(2)
    inputs = _find_inputs(format_, target, language, source_url)
    reject_count = 0

    def print_reject(source: Input, reject: Reject) -> None:
        nonlocal reject_count
        reject_count += reject.is_error
        if _is_listed(reject, reject_count, explain):
            place = _describe_place(source, reject.line, reject.index, reject.label)
            text = f"{place}: {reject.field if reject.is_error else 'skipped'}: {reject.reason}"
            console.print(text, markup=False, highlight=False)

    def print_result(source: Input, result: EntryResult) -> None:
        entry = result.entry
        place = _describe_place(source, entry.line, result.index, label_of_entry(entry))
        if explain or result.outcome is ImportOutcome.PROPOSED:
            text = f"{place}: {result.outcome}: {result.explanation}"
            console.print(text, markup=False, highlight=False)
        for note in entry.notes if result.outcome is not ImportOutcome.SKIPPED else ():
            console.print(f"{place}: note: {note}", markup=False, highlight=False)

    with open_database() as database, progress_counter("Importing") as progress:
        report = run_import(
            database,
            FORMATS[format_],
            inputs,
            actor=command_line_actor(f"import {format_}"),
            publish=publish,
            all_launches=all_launches,
            dry_run=dry_run,
            rejects=None if dry_run else rejects,
            on_reject=print_reject,
            on_result=print_result,
            progress=progress,
            on_wait=print_wait,
        )
    if report.rejected > MAX_LISTED_ITEMS:
        console.print(f"… and {report.rejected - MAX_LISTED_ITEMS} more.")
    if report.rejected and not dry_run:
        named = format_ in _SOURCE_FORMATS and inputs[0].source
        hint = f" Import them with --source {named}." if named else ""
        text = f"Rejected entries were written to {rejects}.{hint}"
        console.print(text, markup=False, highlight=False)
    sys.stdout.write(f"{report}\n")
    raise typer.Exit(1 if report.rejected else 0)


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _is_listed(reject: Reject, number: int, explain: bool) -> bool:
    """True if a reject is printed: the first ones by `number`, and with `explain` also skips."""
    return number <= MAX_LISTED_ITEMS if reject.is_error else explain


def _describe_place(source: Input, line: int, index: int, label: str) -> str:
    """Place of an entry: file, line, number of the entry from 0, and its title or name."""
    return f"{source.name}:{line}: [{index}]" + (f" {label}" if label else "")


def _find_inputs(
    format_: str, target: str, language: str | None, source_url: str | None
) -> list[Input]:
    """Inputs at `target`: a URL, a file, or the files in a directory with a suffix of the format.

    Raises typer.Exit if there are none, or `source_url` is not allowed.
    """
    if source_url is not None and (format_ not in _SOURCE_FORMATS or not _is_url(source_url)):
        formats = " and ".join(_SOURCE_FORMATS)
        console.print(f"--source takes a URL, and only with the formats {formats}.")
        raise typer.Exit(2)
    if source_url is not None:
        try:
            check_url(source_url, current_settings().private_targets)
        except ForbiddenUrl as error:
            console.print(f"--source {source_url}: {error}", markup=False)
            raise typer.Exit(2) from error
    if _is_url(target):
        fetched = _fetch_input(target)
        return [replace(fetched, language=language, source=source_url or target)]
    suffixes, path = FORMATS[format_].suffixes, Path(target)
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    if not files or not files[0].is_file():
        console.print(f"No file to import at {target}.", markup=False)
        raise typer.Exit(2)
    return [
        replace(Input.from_file(file), language=language, source=source_url, base_url=source_url)
        for file in files
    ]


def _fetch_input(url: str) -> Input:
    try:
        response = fetch_url(url, allow_private=current_settings().private_targets)
        if response.status != 200:
            raise RequestFailed(f"The server responded with status {response.status}.")
    except (ForbiddenUrl, RequestFailed) as error:
        console.print(f"{url}: {error}", markup=False)
        raise typer.Exit(2) from error
    return Input(url, lambda: BytesIO(response.body), base_url=response.url)
