"""The `zarya` command: `serve`, and the others where one of them is asked for.

What serves loads nothing that only they need: it stays for as long as the process does, and in each
worker anew.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from math import ceil
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from starlette.types import ASGIApp
from typer.core import TyperGroup

from app.config import Settings, get_settings
from app.http.logging import build_logging_config
from app.http.metrics import MULTIPROC_DIR_ENV
from app.http.protocol import raise_file_limit


@cache
def _load_other_commands() -> Any:
    """The other commands."""
    return typer.main.get_command(import_module("app.cli.commands").cli)


class _LazyCommandGroup(TyperGroup):
    """The commands defined here, and behind them the others."""

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
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True, soft_wrap=True)


@cli.callback()
def main() -> None:
    """Zarya: the open archive behind an ISS mission portal."""
    try:
        Settings()
    except ValidationError as error:
        for fault in error.errors():
            name, problem = f"ZARYA_{fault['loc'][0]}".upper(), fault["msg"]
            console.print(f"{name}: {problem}", markup=False)
        raise typer.Exit(2) from error


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes.")] = 1,
    prepare: Annotated[bool, typer.Option(help="Migrate and load first.")] = False,
) -> None:
    """Serve the archive over HTTP."""
    os.environ.setdefault("ZARYA_PUBLIC_URL", f"http://127.0.0.1:{port}")
    if prepare:
        _prepare_in_subprocess(workers)
    origin = get_settings().base_url
    console.print(f"A mission's page   {origin}/v1/missions/iss-59/page?month=2019-04")
    console.print(f"The news calendar  {origin}/v1/articles/archive?month=2019-04")
    console.print(f"The documentation  {origin}/docs")
    raise_file_limit()
    with _shared_metrics_directory(workers):
        uvicorn.run(
            "app.cli:create_served_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="app.http.protocol:LimitedHttpProtocol",
            ws="none",
            proxy_headers=False,
            access_log=False,
            server_header=False,
            log_config=build_logging_config(),
            timeout_worker_healthcheck=30,  # a new worker may be slow; a stuck one ends itself
            # What is being answered then has been given up by its own limit before.
            timeout_graceful_shutdown=ceil(get_settings().request_seconds) + 1,
        )


def create_served_app() -> ASGIApp:
    """The application."""
    app: ASGIApp = _import_app_module().create_app()
    return app


def _import_app_module() -> Any:
    """The application's module, in a fifth less time: what is made is made to stay."""
    gc.disable()  # until the application has started
    return import_module("app.main")


def _prepare_in_subprocess(workers: int) -> None:
    """Migrate and load in a process of its own: what only that needs ends with it."""
    process = get_context("fork").Process(target=_migrate_and_load)
    process.start()
    if workers == 1:  # who serves is this process: it need not wait to load what it serves with
        _import_app_module()
    process.join()
    if process.exitcode:
        raise typer.Exit(process.exitcode)


def _migrate_and_load() -> None:
    upkeep = import_module("app.cli.database")
    try:
        upkeep.migrate()
        upkeep.load()
    except typer.Exit as end:
        sys.exit(end.exit_code)


@contextmanager
def _shared_metrics_directory(workers: int) -> Iterator[None]:
    """A folder where several processes leave their figures, so that any of them knows all."""
    if workers == 1 or MULTIPROC_DIR_ENV in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="zarya-metrics-") as folder:
        os.environ[MULTIPROC_DIR_ENV] = folder
        yield
