"""Running services with an API key, and direct access to their databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alembic import command
from sqlalchemy import text

from app.api.api_key_format import generate_api_key
from app.domain.enums import Scope
from app.resources.write_steps import build_database
from tests.support.databases import alembic_config
from tests.support.servers import DEV_NULL, free_port, is_up, wait_for

LOAD_DIVISOR = 5 if os.environ.get("FAULTS") == "quick" else 1
"""Divisor of the numbers of requests and writes: `FAULTS=quick` makes a fifth of them."""


@dataclass(frozen=True)
class Service:
    """Running service, and a key with all scopes."""

    origin: str
    key: str
    database_url: str
    process: subprocess.Popen[bytes]
    log: Path = DEV_NULL

    @property
    def memory_mb(self) -> float:
        """Resident memory of the main process."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise LookupError(self.process.pid)


class Start(Protocol):
    """Start a service over a database that holds the embedded archive."""

    def __call__(self, workers: int = 1, **settings: object) -> AbstractContextManager[Service]: ...


class Note(Protocol):
    """Record a row of the table in `docs/reliability.md`."""

    def __call__(self, fault: str, load: str, counts: str, times: str = "") -> None: ...


def worker_pids(pid: int) -> list[int]:
    """Process ids of the workers that the process `pid` has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    command_lines = {child: Path(f"/proc/{child}/cmdline") for child in children}
    return [
        int(child)
        for child, line in command_lines.items()
        if line.exists() and b"spawn_main" in line.read_bytes()
    ]


def migrate_with_key(url: str) -> str:
    """Migrate the database at `url` and create a key with all scopes."""
    command.upgrade(alembic_config(url), "head")
    return create_key(url)


def create_key(url: str) -> str:
    """Create a key with all scopes in the database at `url`."""
    with closing(build_database(url)) as database, database.session() as session:
        stored, key = generate_api_key("Faults", list(Scope))
        session.add(stored)
    return key


def execute_directly(url: str, statement: str) -> None:
    """Execute a statement in the database at `url`, bypassing the service."""
    with closing(build_database(url)) as database, database.session() as session:
        session.execute(text(statement))


@contextmanager
def run_uvicorn(
    database_url: str, key: str, workers: int = 1, **settings: object
) -> Iterator[Service]:
    """Run the application with plain uvicorn, in one process and with default settings.

    `workers` and `settings` are ignored; they make the signature that of `Start`.
    """
    port = free_port()
    arguments = ["app.main:create_app", "--factory", "--http=httptools", f"--port={port}"]
    env = os.environ | {"ZARYA_DATABASE_URL": database_url, "ZARYA_LOG_REQUESTS": "false"}
    with subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *arguments],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            origin = f"http://127.0.0.1:{port}"
            wait_for(lambda: is_up(origin), 60)
            yield Service(origin, key, database_url, process)
        finally:
            process.kill()
