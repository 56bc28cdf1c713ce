"""The `zarya` command: `serve`, and the other commands, imported only when one of them is run.

The server imports nothing that only other commands need: every worker would hold it in memory.
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

from app.config import Settings, use_settings
from app.http.logging import build_logging_config
from app.http.metrics import MULTIPROC_DIR_ENV
from app.http.protocol import raise_file_limit


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
    add_completion=False,
    pretty_exceptions_enable=False,
)

_SWITCH_INTERVAL_SECONDS = 0.0005
"""Time for which a thread keeps the interpreter while others wait for it: a tenth of Python's
default, since the event loop waits for it at each request while threads render or read."""

console = Console(stderr=True, soft_wrap=True)


@cli.callback()
def main(context: typer.Context) -> None:
    """Zarya: the open archive behind an ISS mission portal."""
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = f"ZARYA_{problem['loc'][0]}".upper()
            console.print(f"{name}: {problem['msg']}", markup=False)
        raise typer.Exit(2) from error
    context.with_resource(use_settings(settings))


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
    os.environ.setdefault("ZARYA_PUBLIC_URL", f"http://127.0.0.1:{port}")
    settings = Settings()
    if prepare:
        _prepare_in_subprocess(settings, workers)
    base_url = settings.base_url
    console.print(f"Mission page    {base_url}/v1/missions/iss-59/page?month=2019-04")
    console.print(f"News calendar   {base_url}/v1/articles/archive?month=2019-04")
    console.print(f"Documentation   {base_url}/docs")
    raise_file_limit(settings.max_connections)
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
            # By then every request has been answered or has reached its own timeout.
            timeout_graceful_shutdown=ceil(settings.request_seconds) + 1,
        )


def create_served_app() -> ASGIApp:
    """Create the application in a server process, with the settings of the environment."""
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    app: ASGIApp = _import_app_module().create_app()
    return app


def _import_app_module() -> Any:
    """Import `app.main` without garbage collection, which takes a fifth less time."""
    gc.disable()  # until the application has started
    return import_module("app.main")


def _prepare_in_subprocess(settings: Settings, workers: int) -> None:
    """Migrate and load in a child process, so that its imports do not stay in memory.

    Raises typer.Exit with the status of the child process if that fails.
    """
    process = get_context("fork").Process(target=_migrate_and_load, args=[settings])
    process.start()
    if workers == 1:  # this process is the server: meanwhile import what it needs
        _import_app_module()
    process.join()
    if process.exitcode:
        raise typer.Exit(process.exitcode)


def _migrate_and_load(settings: Settings) -> None:
    commands = import_module("app.cli.database")
    try:
        with use_settings(settings):
            commands.migrate()
            commands.load()
    except typer.Exit as end:
        sys.exit(end.exit_code)


@contextmanager
def _shared_metrics_directory(workers: int) -> Iterator[None]:
    """Directory where all workers store their metrics, so that each can report the sum."""
    if workers == 1 or MULTIPROC_DIR_ENV in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="zarya-metrics-") as directory:
        os.environ[MULTIPROC_DIR_ENV] = directory
        yield
