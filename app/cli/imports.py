"""`zarya import`."""

import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from app.cli import console
from app.cli.terminal import MAX_LISTED_ITEMS, command_line_actor, open_database, progress_counter
from app.config import get_settings
from app.http.client import ForbiddenUrl, RequestFailed
from app.ingest.entries import Input, Reject
from app.ingest.fetching import fetch_url
from app.ingest.pipeline import run_import
from app.ingest.registry import FORMATS

cli = typer.Typer()


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
    inputs = _find_inputs(form, target, language)
    shown = 0

    def told(given: Input, reject: Reject) -> None:
        nonlocal shown
        shown += 1
        if shown <= MAX_LISTED_ITEMS:
            where = f"{given.name}:{reject.line}: {reject.field}"
            console.print(f"{where}: {reject.reason}", markup=False, highlight=False)

    with open_database() as database, progress_counter("Importing") as progress:
        report = run_import(
            database,
            FORMATS[form],
            inputs,
            actor=command_line_actor(f"import {form}"),
            publish=publish,
            dry_run=dry_run,
            rejects=None if dry_run else rejects,
            on_reject=told,
            progress=progress,
        )
    if report.rejected > MAX_LISTED_ITEMS:
        console.print(f"… and {report.rejected - MAX_LISTED_ITEMS} more.")
    if report.rejected and not dry_run:
        console.print(f"What was rejected lies in {rejects}.", markup=False, highlight=False)
    sys.stdout.write(f"{report}\n")
    raise typer.Exit(1 if report.rejected else 0)


def _find_inputs(form: str, target: str, language: str | None) -> list[Input]:
    """What an address answers, the file `target`, or the files in it that may be of the format."""
    if target.startswith(("http://", "https://")):
        return [replace(_fetch_input(target), language=language)]
    suffixes, path = FORMATS[form].suffixes, Path(target)
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    if not files or not files[0].is_file():
        console.print(f"There is no file to import at {target}.", markup=False)
        raise typer.Exit(2)
    return [replace(Input.from_file(file), language=language) for file in files]


def _fetch_input(url: str) -> Input:
    try:
        answer = fetch_url(url, allow_private=get_settings().private_targets)
        if answer.status != 200:
            raise RequestFailed(f"It answered {answer.status}.")
    except (ForbiddenUrl, RequestFailed) as error:
        console.print(f"{url}: {error}", markup=False)
        raise typer.Exit(2) from error
    return Input(url, lambda: BytesIO(answer.body))
