"""`python -m tools.manual`: the manual page `app/cli/zarya.1`, from the help of the commands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from app.cli.main import cli

FILE = Path(__file__).parent.parent / "app" / "cli" / "zarya.1"
_HEAD = r""".\" Written by `make manual`.
.TH ZARYA 1 "" "Zarya" "Commands of Zarya"
.SH NAME
zarya \- the open archive behind an ISS mission portal
.SH SYNOPSIS
.B zarya
.RI [ options ] " command " [ arguments ]
.SH DESCRIPTION
Settings are environment variables; docs/settings.md lists them.
The exit status is described in docs/operations.md.
.SH COMMANDS
"""


def render_manual() -> str:
    """The manual page of all commands, in the macros of man(7)."""
    command = typer.main.get_command(cli)
    return _HEAD + "".join(_render_command(command, typer.Context(command, info_name="zarya")))


def _render_command(command: Any, context: typer.Context) -> Iterator[str]:
    """Sections of a command, or of the commands of a group, depth first."""
    if isinstance(command, TyperGroup):
        for name in sorted(command.list_commands(context)):
            child = command.commands[name]
            yield from _render_command(child, typer.Context(child, context, info_name=name))
        return
    parameters: list[Any] = command.get_params(context)
    pieces = [piece for each in parameters for piece in each.get_usage_pieces(context)]
    usage = " ".join(["[OPTIONS]", *pieces])
    yield f".SS {_escape(context.command_path)}\n"
    yield f".B {_escape(context.command_path)}\n{_escape(usage)}\n.PP\n"
    yield _escape(" ".join(command.help.split())) + "\n"
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.name != "help":
            names, text = parameter.get_help_record(context) or ("", "")
            yield f".TP\n.B {_escape(names)}\n{_escape(' '.join(text.split()))}\n"


def _escape(text: str) -> str:
    """Escape what roff would read as its own: backslashes, hyphens, requests."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    FILE.write_text(render_manual())
