"""Invocation of the `zarya` command in process."""

from typer.testing import CliRunner, Result

from app.cli.main import cli


def run_zarya(*arguments: str) -> Result:
    """Run `zarya` with `arguments`; the result has its exit code and output."""
    return CliRunner().invoke(cli, arguments)
