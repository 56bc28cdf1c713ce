"""Server processes, started by `zarya serve`."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import randrange
from time import monotonic, sleep

import httpx2 as httpx

DEV_NULL = Path(os.devnull)
ZARYA_COMMAND = str(Path(sys.executable).parent / "zarya")


@contextmanager
def run_server(database_url: str, workers: int = 1, **settings: object) -> Iterator[str]:
    """Run the service over a migrated database on a free port; yields its origin."""
    with run_server_process(database_url, workers, DEV_NULL, **settings) as (origin, _):
        yield origin


@contextmanager
def run_server_process(
    database_url: str,
    workers: int = 1,
    log: Path = DEV_NULL,
    port: object = None,
    **settings: object,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the service over a migrated database; yields its origin and process.

    `settings` are fields of `Settings`, such as `rate_limit`; `log` receives stdout and stderr.
    `port` is a free one by default.
    """
    port = port or free_port()
    origin = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "ZARYA_DATABASE_URL": database_url,
        "ZARYA_PUBLIC_URL": origin,
        "ZARYA_PRIVATE_TARGETS": "true",
        "ZARYA_DRAIN_SECONDS": "0",
        "ZARYA_WRONG_KEYS": "0",
        "ZARYA_EMPTY": "true",
    }
    env |= {f"ZARYA_{name.upper()}": str(value) for name, value in settings.items()}
    command = [ZARYA_COMMAND, "serve", "--port", str(port), "--workers", str(workers)]
    with (
        log.open("ab") as output,
        subprocess.Popen(command, env=env, stdout=output, stderr=output) as process,
    ):
        try:
            wait_for(lambda: is_up(origin) or process.poll() is not None, 60)
            assert process.poll() is None, "the server has exited"
            yield origin, process
        finally:
            process.terminate()
            process.wait(60)


def free_port() -> int:
    """Unused port outside of the ephemeral range, so that no outgoing connection takes it."""
    while is_listening(port := randrange(20_000, 32_000)):  # random: another test run may be active
        pass
    return port


def is_listening(port: int) -> bool:
    """True if `port` accepts connections."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def is_up(origin: str) -> bool:
    """True if the service at `origin` is ready."""
    try:
        return httpx.get(f"{origin}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def wait_for(
    condition: Callable[[], object], seconds: float, interval_seconds: float = 0.05
) -> None:
    """Poll until `condition()` is true; fail after `seconds`."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, f"condition not met within {seconds} s"
        sleep(interval_seconds)


def peer_pid(connection: socket.socket) -> str:
    """Process id, as text, of the local process at the other end of `connection`."""
    port = f":{connection.getsockname()[1]:04X}"
    rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    # A closed socket stays in the table for a minute, with inode 0.
    inode = next(row[9] for row in rows if row[2].endswith(port) and row[9] != "0")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # closed in the meantime
            if str(link.readlink()) == f"socket:[{inode}]":
                return link.parts[2]
    raise LookupError(inode)
