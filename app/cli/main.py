"""The `zarya` command: `serve`, and the other commands, imported only when one of them is run."""

import sys
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.cli.processes import replace_process


@cache
def _load_other_commands() -> Any:
    return typer.main.get_command(import_module("app.cli.commands").cli)


class _LazyCommandGroup(TyperGroup):
    """Command group that imports the commands of `app.cli.commands` when it needs them."""

    def list_commands(self, ctx: Any) -> list[str]:
        self.commands |= _load_other_commands().commands
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self.commands |= _load_other_commands().commands
        return super().get_command(ctx, cmd_name)


cli = typer.Typer(
    cls=_LazyCommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        from importlib.metadata import version  # noqa: PLC0415 - half of the imports of `serve`

        sys.stdout.write(f"zarya {version('zarya')}\n")
        raise typer.Exit


@cli.callback()
def main(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Zarya: the open archive behind an ISS mission portal."""
    if context.invoked_subcommand in {"serve", "doctor"}:
        return  # they read the settings
    from app.cli.settings import read_settings  # noqa: PLC0415 - imports Pydantic
    from app.config import use_settings  # noqa: PLC0415 - imports Pydantic

    context.with_resource(use_settings(read_settings()))


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of processes.")] = 1,
    prepare: Annotated[
        bool, typer.Option(help="Migrate the database and load the embedded archive first.")
    ] = False,
) -> None:
    """Serve the API and the portal over HTTP."""
    replace_process("app.cli.startup", host=host, port=port, workers=workers, prepare=prepare)
