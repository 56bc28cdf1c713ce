"""All commands except `serve`."""

import json
import sys

import typer

from app.cli import database, doctor, exports, imports, keys, mcp, proposals, sources
from app.config import current_settings
from app.main import create_app

cli = typer.Typer()
cli.add_typer(database.cli)
cli.add_typer(doctor.cli)
cli.add_typer(mcp.cli)
cli.add_typer(imports.cli)
cli.add_typer(keys.cli, name="keys")
cli.add_typer(sources.cli, name="sources")
cli.add_typer(proposals.cli, name="proposals")
cli.add_typer(exports.cli, name="export")


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    json.dump(create_app(current_settings()).openapi(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
