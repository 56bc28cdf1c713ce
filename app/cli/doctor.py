"""`zarya doctor`: check the installation."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from app.cli.settings import find_setting_problems
from app.cli.terminal import JsonOption, print_listing
from app.config import Settings, use_settings
from app.ops.doctor import Finding, Level, diagnose
from app.resources.write_steps import build_database

cli = typer.Typer()


@cli.command("doctor")
def check_installation(
    backups: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder of the backups, instead of ZARYA_BACKUPS."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check settings, database, disk, clock, sources and backups, and say what to do."""
    findings = _find(backups)
    print_listing(
        findings,
        as_json,
        ("check", "result", "detail", "what to do"),
        lambda each: (each.check, each.level, each.detail, each.action),
    )
    raise typer.Exit(1 if any(each.level is Level.ERROR for each in findings) else 0)


def _find(backups: Path | None) -> list[Finding]:
    if problems := find_setting_problems():
        action = "Correct it; see docs/settings.md."
        return [Finding("settings", Level.ERROR, problem, action) for problem in problems]
    settings = Settings()
    if backups is not None:
        settings = settings.model_copy(update={"backups": str(backups)})
    with use_settings(settings):
        try:
            with closing(build_database(settings.database_url)) as database:
                return list(diagnose(settings, database))
        except OSError as error:
            action = "Correct ZARYA_DATABASE_URL, or the rights of the folder."
            return [Finding("database", Level.ERROR, str(error), action)]
