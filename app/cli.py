"""The `zarya` command."""

import typer
from rich.console import Console

cli = typer.Typer(
    help="Zarya: the open archive behind an ISS mission portal.",
    no_args_is_help=True,
    add_completion=False,
)
console = Console(stderr=True)
